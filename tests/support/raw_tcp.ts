import { Buffer } from "node:buffer";
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";

/** One end of a TCP connection that does byte for byte what a test says. */
export class RawPeer implements AsyncDisposable {
  /** Resolves when the connection is over, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #waiters = new Set<() => void>();
  #received = "";
  #discarded = 0;
  #keep = true;
  #ended = false;
  #reset = false;

  /** Use {@linkcode rawServer} or {@linkcode rawClient}. */
  constructor(socket: Socket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => this.#wake(() => this.#ended = true));
    socket.on("error", () => this.#wake(() => this.#reset = true));
    socket.on("close", () => {
      this.#wake(() => this.#ended = true);
      resolve();
    });
  }

  /** How many bytes were received and thrown away. */
  get discarded(): number {
    return this.#discarded;
  }

  /** From now on throws away what is received. */
  discard(): void {
    this.#keep = false;
  }

  /** Everything received so far, a character a byte. */
  get received(): string {
    return this.#received;
  }

  /** Whether the other end broke the connection off. */
  get wasReset(): boolean {
    return this.#reset;
  }

  /** Sends text, a byte a character, or bytes. Resolves when the kernel has them, or the connection is over. */
  send(data: string | Uint8Array): Promise<void> {
    if (this.#socket.destroyed) return this.closed;
    return new Promise((resolve) => {
      const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : Buffer.from(data);
      this.#socket.write(bytes, () => resolve());
    });
  }

  /** Sends the same again and again until the connection is over. */
  async repeat(text: string, everyMs: number): Promise<void> {
    const timer = setInterval(() => void this.send(text), everyMs);
    await this.closed;
    clearInterval(timer);
  }

  /** Ends the own side; the other end can still send. */
  end(): void {
    this.#socket.end();
  }

  /** Stops reading, so that the kernel's buffers fill. */
  pause(): void {
    this.#socket.pause();
  }

  /** Breaks the connection off. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Waits until what was received matches; throws when the connection ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#received);
      if (match !== null) return match;
      if (this.#ended) {
        throw new Error(`Cannot find ${pattern}: the connection ended after ${this.#received.slice(-2000)}`);
      }
      await this.#change();
    }
  }

  /** Everything received, once the other end has closed its side or broken off. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#change();
    return this.#received;
  }

  /** Destroys the connection and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.closed;
  }

  #take(chunk: Buffer): void {
    this.#wake(() => {
      if (this.#keep) this.#received += chunk.toString("latin1");
      else this.#discarded += chunk.length;
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.add(resolve));
  }

  #wake(change: () => void): void {
    change();
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}

/** A TCP server on the loopback address with the manners of a test. */
export interface RawServer extends AsyncDisposable {
  readonly port: number;
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** How many connections there were so far. */
  readonly connections: number;
}

/**
 * Starts a server.
 *
 * @param handle What to do with each connection; when it returns, the connection stays as it is until the
 * server is disposed of.
 * @param host The address to listen on.
 */
export async function rawServer(
  handle: (peer: RawPeer, index: number) => void | Promise<void>,
  host: string = "127.0.0.1",
): Promise<RawServer> {
  const peers: RawPeer[] = [];
  const handlers: Promise<void>[] = [];
  let failure: unknown;
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new RawPeer(socket);
    peers.push(peer);
    const handling = Promise.resolve(handle(peer, peers.length - 1));
    handlers.push(handling.catch((error: unknown) => void (failure ??= error)));
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot listen");
  return {
    port: address.port,
    address: `${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    get connections(): number {
      return peers.length;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      const closed = once(server, "close");
      server.close();
      await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
      await Promise.all(handlers);
      await closed;
      if (failure !== undefined) throw failure;
    },
  };
}

/** Connects to a port of the loopback address, from another of its addresses if need be. */
export async function rawClient(
  port: number,
  host: string | undefined = undefined,
  localAddress: string | undefined = undefined,
): Promise<RawPeer> {
  const from = localAddress === undefined ? {} : { localAddress };
  const socket = connect({ port, host: host ?? "127.0.0.1", allowHalfOpen: true, ...from });
  await once(socket, "connect");
  return new RawPeer(socket);
}

/** A port of the loopback address on which nobody listens: it was free a moment ago. */
export function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
