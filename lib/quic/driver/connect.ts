import { Endpoint } from "../../base/endpoint.ts";
import { MptError } from "../../base/errors.ts";
import { Ip } from "../../base/ip.ts";
import type { DatagramReport } from "../../io/datagram_socket.ts";
import { abortedError, deadline, timedOutError } from "../../io/deadline.ts";
import { lookup } from "../../io/lookup.ts";
import { TlsClient } from "../../tls/client.ts";
import { TokenKey } from "../tokens.ts";
import type { QuicConnection } from "./api.ts";
import { random } from "./clock.ts";
import { configurationOf } from "./configuration.ts";
import { clientCredentials } from "./credentials.ts";
import { DrivenConnection } from "./connection.ts";
import { openClientSocket } from "./open_socket.ts";
import { QUIC_CONNECT_TIMEOUT_MS, QUIC_READ_BUFFER_BYTES, type QuicConnectOptions } from "./options.ts";
import { SocketLoop } from "./socket_loop.ts";
import { SHARED_TOKENS } from "./token_store.ts";
import { checkOf } from "./trust.ts";

/**
 * Connects to a QUIC server.
 *
 * @param target The host and the port; a name is looked up, and its addresses are tried in turn.
 * @param options Application protocols, whom to trust, deadline, limits.
 * @returns The connection, its handshake complete.
 * @throws {MptError} `ERR_REFUSED`, `ERR_TIMED_OUT`, `ERR_TLS` (an alert, or a certificate that is not trusted:
 *   the message says why), `ERR_PROTOCOL` (no version in common), `ERR_RESET`, `ERR_ABORTED`,
 *   `ERR_ADDRESS_NOT_LOCAL`, `ERR_NET_PERMISSION`, `ERR_NAME_NOT_FOUND`, `ERR_OPTION_REFUSED`,
 *   `ERR_INVALID_VALUE`.
 *
 * @example Ask a server on this machine
 * ```ts
 * import assert from "node:assert/strict";
 * import { connect, listen } from "@multipath/mpt/quic";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * await using listener = await listen(Endpoint.parse("127.0.0.1:0", { allowPortZero: true }), {
 *   alpn: ["echo"],
 * });
 * const accepted = listener.accept();
 * await using client = await connect(listener.local, { alpn: ["echo"], pins: [listener.pin] });
 *
 * const question = await client.openStream();
 * await question.write(new TextEncoder().encode("hello"));
 * await question.closeWrite();
 *
 * await using server = (await accepted)!;
 * const stream = (await server.acceptStream())!;
 * await stream.readable.pipeTo(stream.writable);
 * assert.equal(await new Response(question.readable).text(), "hello");
 * ```
 */
export function connect(target: Endpoint, options: QuicConnectOptions): Promise<QuicConnection> {
  return dial(target, options);
}

/** Is told of a connection whose handshake begins: what is known of one that fails stays there. */
export type OnStarted = (connection: DrivenConnection) => void;

/** As {@linkcode connect}, with the parts of the connection that are not for everybody. */
export async function dial(
  target: Endpoint,
  options: QuicConnectOptions,
  onStarted: OnStarted = () => {},
): Promise<DrivenConnection> {
  if (target.port === undefined) {
    throw new MptError("ERR_INVALID_ENDPOINT", `Cannot connect to ${target.address}: it has no port`);
  }
  if (target.ip !== undefined) {
    return await connectTo(target.ip, target.port, target.host, options, onStarted);
  }
  let failure: unknown;
  for (const ip of await addressesOf(target, options)) {
    try {
      return await connectTo(ip, target.port, target.host, options, onStarted);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function addressesOf(target: Endpoint, { signal }: QuicConnectOptions): Promise<readonly Ip[]> {
  const families = target.family === undefined ? [6, 4] as const : [target.family];
  const records = await Promise.all(families.map((family) => lookup(target.host, family, signal)));
  const found = records.flatMap(({ answers }) => answers);
  if (found.length > 0) return found;
  throw new MptError("ERR_NAME_NOT_FOUND", `Cannot connect to ${target.address}: the name has no address`);
}

async function connectTo(
  ip: Ip,
  port: number,
  host: string,
  options: QuicConnectOptions,
  onStarted: OnStarted,
): Promise<DrivenConnection> {
  const remote = Endpoint.of(ip, port);
  const action = `connect to ${remote.address}`;
  const { signal, timeoutMs = QUIC_CONNECT_TIMEOUT_MS } = options;
  if (signal?.aborted) throw abortedError(action, signal);
  const config = configurationOf(options);
  const serverName = options.serverName ?? host;
  const check = checkOf(options, serverName);
  const credentials = options.identity === undefined ? undefined : clientCredentials(options.identity);
  using limit = deadline(timeoutMs, signal);
  const socket = await openClientSocket(remote, options);
  let connection: DrivenConnection | undefined;
  const onReport = (report: DatagramReport): void => {
    // ICMP proves nothing once the server has answered
    if (connection === undefined || connection.core.core.heard) return;
    connection.abortWith(reportError(report, action));
  };
  const loop = new SocketLoop(socket, {
    config,
    tokens: new TokenKey(random(32), random),
    server: null,
  }, {
    onIncoming: () => {},
    onFailure: () => {},
    onReport,
    onPortLost: (port) => connection?.onPortLost(port),
  });
  const { tokens: store = SHARED_TOKENS } = options;
  // RFC 9000 8.1.3: another server, or another address of ours, has tokens of its own
  const server = [remote.address, serverName, options.localAddress ?? "", options.interface ?? ""].join(" ");
  loop.connect(remote, (transportParameters) =>
    new TlsClient({
      serverName: nameOf(serverName),
      alpn: options.alpn,
      transportParameters,
      check,
      insecure: options.insecure ?? false,
      serverCertificateTypes: options.rawPublicKeys === true ? ["rawPublicKey", "x509"] : ["x509"],
      ...(credentials === undefined ? {} : { credentials }),
      suites: config.backend.suites,
      random,
      ...(options.keyLog === undefined ? {} : { keyLog: options.keyLog }),
    }), (core) =>
    connection = new DrivenConnection({
      core,
      loop,
      remote,
      socketBackend: options.socketBackend,
      readBytes: options.readBufferBytes ?? QUIC_READ_BUFFER_BYTES,
      release: () => loop.stop(),
      onToken: (token) => store?.put(server, token),
    }), store?.take(server));
  const made = connection!;
  onStarted(made);
  const onAbort = (): void =>
    made.abortWith(limit.expired ? timedOutError(action, timeoutMs) : abortedError(action, signal));
  limit.signal.addEventListener("abort", onAbort, { once: true });
  if (limit.signal.aborted) onAbort();
  try {
    await made.connected;
  } catch (error) {
    await made.closed;
    throw error;
  } finally {
    limit.signal.removeEventListener("abort", onAbort);
  }
  follow(made, signal);
  return made;
}

/** Aborts the connection with its signal, as long as it is there. */
function follow(connection: DrivenConnection, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const onAbort = (): void =>
    connection.abortWith(abortedError(`exchange data with ${connection.peer}`, signal));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  connection.closed.then(() => signal.removeEventListener("abort", onAbort));
}

/** RFC 6066 3: an address is no server name. */
function nameOf(host: string): string | null {
  return Ip.tryParse(host) === null ? host : null;
}

function reportError(report: DatagramReport, action: string): MptError {
  switch (report) {
    case "refused":
      return new MptError("ERR_REFUSED", `Cannot ${action}: connection refused`);
    case "unreachable":
      return new MptError("ERR_UNREACHABLE", `Cannot ${action}: the host is unreachable`);
    case "denied":
      return new MptError("ERR_PERMISSION", `Cannot ${action}: a firewall does not let it through`);
    default:
      return report satisfies never;
  }
}
