import type { Endpoint } from "../base/endpoint.ts";
import { MptError, type MptErrorCode, toMptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import { deadline } from "../io/deadline.ts";
import type { DatagramSocket } from "../io/datagram_socket.ts";
import { openDatagramSocket } from "../io/open_datagram_socket.ts";
import { ioError } from "../io/system_error.ts";
import { mismatch } from "./wire/answer.ts";
import { decodeMessage, type DnsMessage, MAX_MESSAGE_BYTES } from "./wire/message.ts";
import type { DnsQuery } from "./wire/query.ts";

/** How a question was carried. */
export type DnsTransport = "udp" | "tcp";

/** What one server answered to one question, or why it did not. */
export type Reply =
  | { readonly kind: "answer"; readonly message: DnsMessage; readonly atMs: number }
  /** The answer has to be asked for over TCP: it was cut, or came in another case than the question. */
  | { readonly kind: "use-tcp" }
  | {
    readonly kind: "failed";
    readonly reason: "timeout" | "refused" | "unreachable" | "malformed" | "closed";
  };

/** The first retransmission; each further one comes after twice the time (RFC 1035 4.2.1 asks for 2 to 5 s). */
const RETRANSMIT_MS = 1000;

/** Messages that are no answer to the question, after which UDP is given up: somebody is guessing. */
const MAX_STRANGE = 100;

/** A socket for one question needs no more. */
const BUFFER_BYTES = 262_144;

const WILDCARD = { 4: Ip.parse("0.0.0.0"), 6: Ip.parse("::") } as const;

/**
 * Asks one server over UDP. Each question has a socket of its own, so that its port is a new one that the kernel
 * chose (RFC 5452 9.2), and takes messages from that server only.
 *
 * @param server An address with a port.
 * @param query What to send.
 * @param timeoutMs How long to wait in all.
 * @param signal Ends the wait; then the reply is a timeout.
 * @throws {MptError} `ERR_NET_PERMISSION`, or what this host refuses.
 */
export async function askUdp(
  server: Endpoint,
  query: DnsQuery,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  await using socket = await socketTo(server);
  if (socket === null) return { kind: "failed", reason: "unreachable" };
  using limit = deadline(timeoutMs, signal);
  const reader = new ReplyReader(query);
  for (let waitMs = RETRANSMIT_MS; !limit.signal.aborted; waitMs *= 2) {
    const outcome = socket.send(query.bytes, 0, query.bytes.length, server);
    if (outcome === "unreachable" || outcome === "denied") return { kind: "failed", reason: "unreachable" };
    using again = deadline(waitMs, limit.signal);
    while (await socket.readable(again.signal)) {
      // The names and the data of a reply lie in its bytes, and the socket's memory goes to the next socket
      socket.receive((buffer, start, end) => reader.take(buffer.slice(start, end)));
      if (reader.reply !== null) return reader.reply;
      const report = socket.takeReport();
      if (report !== null) {
        return { kind: "failed", reason: report === "refused" ? "refused" : "unreachable" };
      }
    }
  }
  return { kind: "failed", reason: reader.malformed ? "malformed" : "timeout" };
}

/** What of this host keeps a packet from one server, and says nothing of the others. */
const NO_WAY: ReadonlySet<MptErrorCode> = new Set([
  "ERR_NO_ROUTE",
  "ERR_UNREACHABLE",
  "ERR_ADDRESS_NOT_LOCAL",
  "ERR_INVALID_ADDRESS",
  "ERR_NOT_SUPPORTED",
  "ERR_PERMISSION",
]);

/** Null where no way leads to the server: a host without IPv6 may be told of a server that has nothing else. */
async function socketTo(server: Endpoint): Promise<DatagramSocket | null> {
  const family = server.ip?.unmapped().family ?? 4;
  try {
    return await openDatagramSocket({
      address: WILDCARD[family],
      remote: server,
      receiveBufferBytes: BUFFER_BYTES,
      sendBufferBytes: BUFFER_BYTES,
      wakeIntervalUs: 0,
    });
  } catch (error) {
    if (error instanceof MptError && NO_WAY.has(error.code)) return null;
    throw error;
  }
}

/** What of the messages that come is the reply. */
class ReplyReader {
  reply: Reply | null = null;
  /** Whether something came that could not be read. */
  malformed = false;
  readonly #query: DnsQuery;
  #strange = 0;

  constructor(query: DnsQuery) {
    this.#query = query;
  }

  take(bytes: Uint8Array): void {
    if (this.reply !== null) return;
    const atMs = performance.now();
    const message = tryDecode(bytes);
    this.malformed ||= message === null;
    const fault = message === null ? "malformed" : mismatch(this.#query, message);
    if (message !== null && fault === null) {
      this.reply = message.truncated ? { kind: "use-tcp" } : { kind: "answer", message, atMs };
    } else if (fault === "wrong-case" || ++this.#strange > MAX_STRANGE) this.reply = { kind: "use-tcp" };
  }
}

/**
 * Asks one server over TCP (RFC 7766).
 *
 * @param server An address with a port.
 * @param query What to send.
 * @param timeoutMs How long to wait in all.
 * @param signal Ends the wait; then the reply is a timeout.
 * @throws {MptError} `ERR_NET_PERMISSION`.
 */
export async function askTcp(
  server: Endpoint,
  query: DnsQuery,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  using limit = deadline(timeoutMs, signal);
  let connection: Deno.TcpConn | undefined;
  const close = (): void => {
    try {
      connection?.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  };
  try {
    const { host: hostname, port = 53 } = server;
    connection = await Deno.connect({ hostname, port, signal: limit.signal });
    limit.signal.addEventListener("abort", close, { once: true });
    return await talk(connection, query);
  } catch (error) {
    if (limit.signal.aborted) return { kind: "failed", reason: "timeout" };
    const cause = ioError(error, `ask ${server.address}`);
    if (cause.code === "ERR_NET_PERMISSION") throw cause;
    if (cause.code === "ERR_REFUSED") return { kind: "failed", reason: "refused" };
    const lost = cause.code === "ERR_UNREACHABLE" || cause.code === "ERR_NO_ROUTE";
    return { kind: "failed", reason: lost ? "unreachable" : "closed" };
  } finally {
    limit.signal.removeEventListener("abort", close);
    close();
  }
}

/** RFC 1035 4.2.2: each message behind its length in two octets. */
async function talk(connection: Deno.TcpConn, query: DnsQuery): Promise<Reply> {
  const framed = new Uint8Array(query.bytes.length + 2);
  new DataView(framed.buffer).setUint16(0, query.bytes.length);
  framed.set(query.bytes, 2);
  for (let sent = 0; sent < framed.length;) sent += await connection.write(framed.subarray(sent));
  const head = await readExactly(connection, 2);
  const bytes = head && await readExactly(connection, new DataView(head.buffer).getUint16(0));
  const atMs = performance.now();
  if (bytes === null) return { kind: "failed", reason: "closed" };
  const message = tryDecode(bytes);
  // Nobody else can write into this connection: the case does not matter here
  const fault = message === null ? "malformed" : mismatch(query, message);
  if (message === null || message.truncated || (fault !== null && fault !== "wrong-case")) {
    return { kind: "failed", reason: "malformed" };
  }
  return { kind: "answer", message, atMs };
}

async function readExactly(
  connection: Deno.TcpConn,
  length: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const bytes = new Uint8Array(Math.min(length, MAX_MESSAGE_BYTES));
  for (let filled = 0; filled < bytes.length;) {
    const count = await connection.read(bytes.subarray(filled));
    if (count === null) return null;
    filled += count;
  }
  return bytes;
}

function tryDecode(bytes: Uint8Array): DnsMessage | null {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof MptError && error.code === "ERR_PROTOCOL") return null;
    throw toMptError(error, "Cannot read the answer");
  }
}
