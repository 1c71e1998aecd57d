import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { PathInfo } from "../base/path.ts";
import type { Transport } from "../base/transport.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { Connection } from "./connection.ts";
import { lastLook } from "./last_look.ts";

/** How a transport looks into its live socket. */
export interface Inspector {
  paths(): readonly PathInfo[];
  isMultipath(): boolean;
  setCongestion(name: string): void;
}

/** What a {@linkcode StreamConnection} is made of. */
export interface StreamConnectionParts {
  readonly transport: Transport;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly connectMs: number | null;
  readonly stream: ByteStream;
  readonly inspector: Inspector;
  /** True while the inspector may look: the descriptor is open and ours. */
  readonly inspectable: () => boolean;
  /** Takes what to call before the inspector can no longer look. */
  readonly onClosing?: (lastLook: () => void) => void;
  /** Resets the connection when it aborts. */
  readonly signal?: AbortSignal;
}

/** A connection whose one stream is the whole connection: TCP and MPTCP. */
export class StreamConnection implements Connection {
  readonly transport: Transport;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly connectMs: number | null;
  readonly closed: Promise<void>;
  readonly #parts: StreamConnectionParts;
  #taken = false;
  #lastPaths: readonly PathInfo[] = [];
  #lastMultipath = false;

  constructor(parts: StreamConnectionParts) {
    this.transport = parts.transport;
    this.local = parts.local;
    this.remote = parts.remote;
    this.connectMs = parts.connectMs;
    this.#parts = parts;
    const { signal, stream } = parts;
    parts.onClosing?.(() => this.#lastLook());
    const abort = (): void => this.abort();
    signal?.addEventListener("abort", abort, { once: true });
    // Aborted between the end of the connect and this moment: its event has been and gone.
    if (signal?.aborted) abort();
    this.closed = stream.closed.finally(() => signal?.removeEventListener("abort", abort));
  }

  transportInForce(): Transport {
    return this.transport === "mptcp" && !this.isMultipath() ? "tcp" : this.transport;
  }

  isMultipath(): boolean {
    if (this.#parts.inspectable()) this.#lastMultipath = this.#parts.inspector.isMultipath();
    return this.#lastMultipath;
  }

  paths(): readonly PathInfo[] {
    if (this.#parts.inspectable()) this.#lastPaths = this.#parts.inspector.paths();
    return this.#lastPaths;
  }

  setCongestion(name: string): void {
    if (!this.#parts.inspectable()) {
      throw new MptError("ERR_CLOSED", "Cannot set the congestion control: the connection is closed");
    }
    this.#parts.inspector.setCongestion(name);
  }

  openStream(): Promise<ByteStream> {
    if (this.#taken) {
      return Promise.reject(
        new MptError("ERR_LIMIT", `Cannot open a stream: a ${this.transport} connection has just one`),
      );
    }
    this.#taken = true;
    return Promise.resolve(this.#parts.stream);
  }

  acceptStream(): Promise<ByteStream | null> {
    if (this.#taken) return this.closed.then(() => null);
    this.#taken = true;
    return Promise.resolve(this.#parts.stream);
  }

  async close(): Promise<void> {
    this.#lastLook();
    await this.#parts.stream.close();
    await this.closed;
  }

  abort(): void {
    this.#lastLook();
    this.#parts.stream.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #lastLook(): void {
    const before = this.#lastPaths;
    this.#lastPaths = lastLook(before, this.paths());
    this.isMultipath();
  }
}
