import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import {
  CONNECT_TIMEOUT_MS,
  type Connection,
  type ConnectOptions,
  DEFAULT_BACKLOG,
  DEFAULT_READ_BUFFER_BYTES,
  type Listener,
  type ListenOptions,
} from "../io/connection.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import { abortedError, deadline, timedOutError } from "../io/deadline.ts";
import { DenoStream } from "../io/deno_stream.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import { requireNet } from "../io/net_permission.ts";
import type { SocketOptions } from "../io/socket_options.ts";
import { StreamConnection } from "../io/stream_connection.ts";
import { ioError, noSourceError } from "../io/system_error.ts";

/** TCP over `Deno.connect`: macOS, Windows, or no --allow-ffi. Options that need system calls are refused. */
export async function connectDenoTcp(ip: Ip, port: number, options: ConnectOptions): Promise<Connection> {
  const target = Endpoint.of(ip, port);
  const action = `connect to ${target.address}`;
  refuseSystemCallOptions(options);
  if (options.localAddress !== undefined) throw needsSystemCalls("a local address");
  const timeoutMs = options.timeoutMs ?? CONNECT_TIMEOUT_MS;
  using limit = deadline(timeoutMs, options.signal);
  if (limit.signal.aborted) throw abortedError(action, options.signal);
  // Deno asks as well, and does not say for which address
  requireNet(target, action);
  try {
    const started = performance.now();
    const connection = await Deno.connect({ hostname: ip.toString(), port, signal: limit.signal });
    connection.setNoDelay(options.noDelay ?? true);
    return wrap(connection, performance.now() - started, options.readBufferBytes, options.signal);
  } catch (error) {
    if (limit.expired) throw timedOutError(action, timeoutMs);
    if (limit.signal.aborted) throw abortedError(action, options.signal);
    if (error instanceof Deno.errors.AddrNotAvailable) throw noSourceError(action);
    throw ioError(error, action);
  }
}

/** TCP over `Deno.listen`. */
export function listenDenoTcp(ip: Ip, port: number, options: ListenOptions): Listener {
  const wanted = Endpoint.of(ip, port);
  const action = `listen on ${wanted.address}`;
  refuseSystemCallOptions(options);
  // A listener on one address takes no clients of the other family anyway.
  if (options.dualStack === false && ip.family === 6 && ip.isUnspecified) {
    throw needsSystemCalls("IPv6 alone on every address");
  }
  requireNet(wanted, action);
  try {
    const tcpBacklog = options.backlog ?? DEFAULT_BACKLOG;
    const listener = Deno.listen({ hostname: ip.toString(), port, tcpBacklog });
    return new DenoListener(listener, ip, options.readBufferBytes);
  } catch (error) {
    throw ioError(error, action);
  }
}

class DenoListener implements Listener {
  readonly transport = "tcp";
  readonly local: Endpoint;
  readonly #listener: Deno.TcpListener;
  readonly #readBufferBytes: number | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(listener: Deno.TcpListener, ip: Ip, readBufferBytes: number | undefined) {
    this.#listener = listener;
    this.#readBufferBytes = readBufferBytes;
    this.local = Endpoint.of(ip, listener.addr.port);
  }

  accept(): Promise<Connection | null> {
    // Deno lets only one wait at a time.
    const next = this.#turn.then(() => this.#acceptOne());
    this.#turn = next.catch(() => {});
    return next;
  }

  async #acceptOne(): Promise<Connection | null> {
    if (this.#closed) return null;
    try {
      return wrap(await this.#listener.accept(), null, this.#readBufferBytes, undefined);
    } catch (error) {
      if (this.#closed) return null;
      throw ioError(error, `accept a connection on ${this.local.address}`);
    }
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#listener.close();
    }
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Connection> {
    for (let next = await this.accept(); next !== null; next = await this.accept()) yield next;
  }
}

function wrap(
  connection: Deno.TcpConn,
  connectMs: number | null,
  readBufferBytes: number | undefined,
  signal: AbortSignal | undefined,
): Connection {
  const local = endpointOf(connection.localAddr);
  const remote = endpointOf(connection.remoteAddr);
  const counted = countBytes(
    new DenoStream(connection, remote.address, readBufferBytes ?? DEFAULT_READ_BUFFER_BYTES),
  );
  return new StreamConnection({
    transport: "tcp",
    local,
    remote,
    connectMs,
    stream: counted.stream,
    inspectable: () => true,
    inspector: {
      // What this program itself knows: no RTT, no window, no retransmissions.
      paths: () => [{
        id: 0,
        local,
        remote,
        state: counted.open() ? "active" : "closed",
        status: "available",
        bytesSent: counted.sent(),
        bytesReceived: counted.received(),
        bytesRetransmitted: 0,
      }],
      isMultipath: () => false,
      setCongestion: () => {
        throw needsSystemCalls("a congestion control");
      },
    },
    ...(signal === undefined ? {} : { signal }),
  });
}

interface CountedStream {
  readonly stream: ByteStream;
  sent(): number;
  received(): number;
  open(): boolean;
}

function countBytes(inner: DenoStream): CountedStream {
  let sent = 0;
  let received = 0;
  let open = true;
  inner.closed.then(() => open = false);
  const count = (chunk: Uint8Array): void => void (received += chunk.length);
  const stream: ByteStream = {
    async read() {
      const chunk = await inner.read();
      if (chunk !== null) count(chunk);
      return chunk;
    },
    consume: (sink) =>
      inner.consume((chunk) => {
        count(chunk);
        sink(chunk);
      }),
    async write(bytes) {
      await inner.write(bytes);
      sent += bytes.length;
    },
    closeWrite: () => inner.closeWrite(),
    close: () => inner.close(),
    abort: () => inner.abort(),
    closed: inner.closed,
    [Symbol.asyncDispose]: () => inner.close(),
  };
  return { stream, sent: () => sent, received: () => received, open: () => open };
}

function endpointOf(address: Deno.NetAddr): Endpoint {
  return Endpoint.of(Ip.parse(address.hostname).unmapped(), address.port);
}

function refuseSystemCallOptions(options: SocketOptions): void {
  if (options.interface !== undefined) throw needsSystemCalls("an interface");
  if (options.congestion !== undefined) throw needsSystemCalls("a congestion control");
  if (options.maxSegmentBytes !== undefined) throw needsSystemCalls("a segment size");
  if (options.keepAlive !== undefined) throw needsSystemCalls("keep-alive times");
}

function needsSystemCalls(option: string): MptError {
  const reason = ffiUnavailableReason() ?? "it needs system calls";
  const fix = reason.includes("--allow-ffi") ? { fix: "--allow-ffi" } : {};
  return new MptError("ERR_NOT_SUPPORTED", `Cannot use ${option}: ${reason}`, fix);
}
