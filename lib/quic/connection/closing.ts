import type { ConnectionClose } from "../wire/frames.ts";
import type { CloseReason } from "./events.ts";

/** How a connection ends (RFC 9000 10.2), in the order of progress. */
export type CloseState = "open" | "closing" | "draining" | "closed";

/** The end of a connection: what is said to the peer, how often, and when it is forgotten. */
export class Closing {
  #state: CloseState = "open";
  #frame: ConnectionClose | null = null;
  #reason: CloseReason | null = null;
  #deadlineUs = Infinity;
  #due = false;
  #received = 0;
  #answerAt = 1;

  get state(): CloseState {
    return this.#state;
  }

  /** Whether anything but closing can still be done. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Why it is over; null while it is not. */
  get reason(): CloseReason | null {
    return this.#reason;
  }

  /** What to say to the peer; null for nothing. */
  get frame(): ConnectionClose | null {
    return this.#frame;
  }

  /** Whether the frame has to be sent (again). */
  get due(): boolean {
    return this.#due && this.#frame !== null;
  }

  /** When the connection can be forgotten. */
  get timeoutUs(): number {
    return this.#deadlineUs;
  }

  /**
   * Closes from this end.
   *
   * @param untilUs Three probe timeouts from now (RFC 9000 10.2).
   * @returns False if it was closed before.
   */
  close(frame: ConnectionClose, reason: CloseReason, untilUs: number): boolean {
    if (this.#state !== "open") return false;
    this.#state = "closing";
    this.#frame = frame;
    this.#reason = reason;
    this.#deadlineUs = untilUs;
    this.#due = true;
    return true;
  }

  /** The peer has closed, or lost its state: nothing more is sent (RFC 9000 10.2.2). */
  drain(reason: CloseReason, untilUs: number): boolean {
    const first = this.#state === "open";
    if (this.#state === "draining" || this.#state === "closed") return false;
    this.#state = "draining";
    this.#due = false;
    this.#reason ??= reason;
    this.#deadlineUs = Math.min(this.#deadlineUs, untilUs);
    return first;
  }

  /** Ends without a word (RFC 9000 10.1). */
  forget(reason: CloseReason): boolean {
    const first = this.#state === "open";
    this.#state = "closed";
    this.#due = false;
    this.#reason ??= reason;
    this.#deadlineUs = Infinity;
    return first;
  }

  /** The frame was sent. */
  onSent(): void {
    this.#due = false;
  }

  /** RFC 9000 10.2.1: what still comes is answered, but less and less often. */
  onReceived(): void {
    if (this.#state !== "closing" || ++this.#received < this.#answerAt) return;
    this.#answerAt *= 2;
    this.#received = 0;
    this.#due = true;
  }

  /** @returns Whether it can be forgotten as of now. */
  handleTimeout(nowUs: number): boolean {
    if (nowUs < this.#deadlineUs) return false;
    this.#state = "closed";
    this.#deadlineUs = Infinity;
    this.#due = false;
    return true;
  }
}
