import { IPPROTO_TCP } from "../../ffi/mod.ts";
import { Ip } from "../base/ip.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import { type ConnectedSocket, connectSocket, ListeningSocket } from "../io/kernel_socket.ts";
import { NodeStream } from "../io/node_stream.ts";
import { originalDestination } from "../io/original_destination.ts";
import { systemError } from "../io/system_error.ts";

/** What one read of a relayed connection may take. */
const READ_BUFFER_BYTES = 262_144;

/** How long the connection to the server may take: as long as the kernel waits with its SYNs. */
const CONNECT_TIMEOUT_MS = 130_000;

const BACKLOG = 1024;

const EVERY_ADDRESS = { 4: Ip.parse("0.0.0.0"), 6: Ip.parse("::") } as const;

/**
 * A TCP proxy for redirected connections of one address family: it ends each connection here and opens one
 * of its own to where the client wanted to go. Needs the right to make system calls.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #listening: ListeningSocket;
  readonly #family: 4 | 6;
  readonly #relays = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #accepting: Promise<void>;

  /**
   * Listens on a free port of every address.
   *
   * @param family The address family.
   * @param destinationOf Where an accepted connection is to go. @default {where it was redirected from}
   * @throws {MptError} As any listener.
   */
  constructor(
    family: 4 | 6,
    destinationOf: typeof originalDestination = originalDestination,
  ) {
    this.#family = family;
    this.#listening = ListeningSocket.open(EVERY_ADDRESS[family], 0, {
      protocol: IPPROTO_TCP,
      backlog: BACKLOG,
      dualStack: false,
    }, cannotOpen);
    this.#accepting = this.#accept(destinationOf);
  }

  /** The port. */
  get port(): number {
    return this.#listening.local.port ?? 0;
  }

  /** Resets all connections and stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#listening.close();
    await this.#accepting;
    await Promise.all(this.#relays);
  }

  async #accept(destinationOf: typeof originalDestination): Promise<void> {
    for (let next = await this.#listening.accept(); next !== null; next = await this.#listening.accept()) {
      const relay = this.#relay(next, destinationOf);
      this.#relays.add(relay);
      relay.finally(() => this.#relays.delete(relay));
    }
  }

  async #relay(accepted: ConnectedSocket, destinationOf: typeof originalDestination): Promise<void> {
    const client = new NodeStream(accepted.fd, accepted.remote.address, READ_BUFFER_BYTES);
    try {
      const destination = destinationOf(accepted.fd, this.#family);
      const { ip, port } = destination;
      // A connection straight to the proxy would go round in circles.
      if (ip === undefined || port === undefined || destination.equals(accepted.local)) return client.abort();
      const opened = await connectSocket(ip, port, {
        protocol: IPPROTO_TCP,
        timeoutMs: CONNECT_TIMEOUT_MS,
        signal: this.#closing.signal,
      }, cannotOpen);
      await relay(
        client,
        new NodeStream(opened.fd, destination.address, READ_BUFFER_BYTES),
        this.#closing.signal,
      );
    } catch {
      // The server could not be reached: all that a proxy can tell the client is a reset.
      client.abort();
    } finally {
      await client.closed;
    }
  }
}

/**
 * Hands on bytes both ways until both sides have ended; a reset of either is handed on as well. Awaiting
 * each write is the back-pressure: no more is read than the other side takes.
 *
 * @param a One stream.
 * @param b The other.
 * @param signal Resets both.
 */
export async function relay(a: ByteStream, b: ByteStream, signal: AbortSignal): Promise<void> {
  const abort = (): void => {
    a.abort();
    b.abort();
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    await Promise.all([oneWay(a, b), oneWay(b, a)]);
    await Promise.all([a.close(), b.close()]);
  } catch {
    abort();
    await Promise.all([a.closed, b.closed]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function oneWay(from: ByteStream, to: ByteStream): Promise<void> {
  for (let chunk = await from.read(); chunk !== null; chunk = await from.read()) await to.write(chunk);
  await to.closeWrite();
}

function cannotOpen(errno: number): ReturnType<typeof systemError> {
  return systemError(errno, "open a TCP socket");
}
