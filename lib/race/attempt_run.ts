import { Endpoint } from "../base/endpoint.ts";
import { MptError, toMptError } from "../base/errors.ts";
import type { CancelReason, Candidate } from "./engine/values.ts";
import type { RacedConnection, RaceEnvironment } from "./environment.ts";

/** What an attempt tells. It tells at most one result, and nothing once it was given up. */
export interface AttemptListener<C> {
  progress(): void;
  connected(connection: C): void;
  failed(error: MptError): void;
}

/** An attempt on its way: the dial, and what has to be cleaned up behind it. */
export class AttemptRun<C extends RacedConnection> {
  /** Its place in the result. */
  readonly index: number;
  readonly candidate: Candidate;
  /** The address it leaves from, without a zone; null where that is not known. */
  readonly source: string | null;
  /** Resolves when nothing of it goes on by itself any more. Never rejects. */
  readonly done: Promise<void>;
  readonly #controller = new AbortController();
  #connection: C | null = null;
  #over = false;

  /** Starts to connect. */
  constructor(
    index: number,
    candidate: Candidate,
    source: string | null,
    environment: Pick<RaceEnvironment<C>, "dial">,
    listener: AttemptListener<C>,
  ) {
    this.index = index;
    this.candidate = candidate;
    this.source = source;
    this.done = this.#dial(environment, listener);
  }

  /** The connection; null before there is one. */
  get connection(): C | null {
    return this.#connection;
  }

  /** Whether it was given up. */
  get over(): boolean {
    return this.#over;
  }

  /** Where it leads to, for messages. */
  get remote(): string {
    return Endpoint.of(this.candidate.connectTo, this.candidate.port).address;
  }

  /** Gives it up: a dial is ended, a connection is reset. */
  cancel(reason: CancelReason): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.abort(
      new MptError("ERR_ABORTED", `Cannot connect to ${this.remote}: ${REASONS[reason]}`),
    );
    this.#connection?.abort();
  }

  /** Closes a connection that came second. */
  async close(): Promise<void> {
    this.#over = true;
    await this.#connection?.close();
  }

  /** Leaves the connection to the caller, whose signal resets it. */
  handOver(signal: AbortSignal | undefined): C | null {
    const connection = this.#connection;
    if (connection === null || signal === undefined) return connection;
    const reset = (): void => this.#controller.abort(signal.reason);
    if (signal.aborted) reset();
    else {
      signal.addEventListener("abort", reset, { once: true });
      connection.closed.then(() => signal.removeEventListener("abort", reset));
    }
    return connection;
  }

  async #dial(
    environment: Pick<RaceEnvironment<C>, "dial">,
    listener: AttemptListener<C>,
  ): Promise<void> {
    const onProgress = (): void => {
      if (!this.#over && this.#connection === null) listener.progress();
    };
    try {
      const connection = await environment.dial(this.candidate, {
        signal: this.#controller.signal,
        onProgress,
      });
      this.#connection = connection;
      if (!this.#over) return listener.connected(connection);
      // It came through in the same moment in which it was given up
      connection.abort();
      await connection.closed;
    } catch (error) {
      if (!this.#over) listener.failed(toMptError(error, `Cannot connect to ${this.remote}`));
    }
  }
}

const REASONS: Readonly<Record<CancelReason, string>> = {
  "lost": "another attempt has won",
  "timed-out": "there was no answer in time",
  "overtaken": "the next attempt has started",
  "aborted": "the race was cancelled",
  "deadline": "the race took too long",
  "service-lookup-failed": "its service records could not be had",
};
