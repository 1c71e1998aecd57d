import { errnoNamed } from "../../ffi/mod.ts";
import type { DatagramReport } from "./datagram_socket.ts";
import { reportOf, sendOutcome } from "./udp_errno.ts";

/** What may wait for the runtime, in bytes: about what a buffer of the kernel holds. */
const MAX_BYTES = 262_144;

/** Sends one datagram by the runtime. */
export type Transmit = (bytes: Uint8Array<ArrayBuffer>, address: string, port: number) => Promise<unknown>;

interface Waiting {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly address: string;
  readonly port: number;
}

/**
 * The datagrams that the runtime has not sent yet. It gets them one after the other: several at once may leave
 * in the opposite order, which a receiver would take for loss.
 */
export class DatagramOutbox {
  /** What came of the last datagram that was not sent. */
  report: DatagramReport | null = null;
  readonly #transmit: Transmit;
  readonly #onSent: () => void;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;

  /** Takes what sends, and what to call whenever there is more room or a report. */
  constructor(transmit: Transmit, onSent: () => void) {
    this.#transmit = transmit;
    this.#onSent = onSent;
  }

  /** Whether there is room for a datagram: always for one, whatever its size. */
  hasRoom(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= MAX_BYTES;
  }

  /** Sends a datagram when those before it are sent. The bytes must not change any more. */
  add(bytes: Uint8Array<ArrayBuffer>, address: string, port: number): void {
    this.#waiting.push({ bytes, address, port });
    this.#bytes += bytes.length;
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // So that the promise is kept before anything can end it.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      for (const { bytes, address, port } of batch) {
        try {
          await this.#transmit(bytes, address, port);
        } catch (error) {
          this.report = reportIn(error);
        }
        this.#bytes -= bytes.length;
        this.#onSent();
      }
    }
    this.#running = undefined;
  }
}

function reportIn(error: unknown): DatagramReport | null {
  const name = error instanceof Error && "code" in error ? String(error.code) : "";
  const errno = errnoNamed(name);
  if (errno === null) return null;
  const outcome = sendOutcome(errno);
  return reportOf(errno) ?? (outcome === "unreachable" || outcome === "denied" ? outcome : null);
}
