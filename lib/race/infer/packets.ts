import { Ip } from "../../base/ip.ts";
import { MptError } from "../../base/errors.ts";
import { decodeMessage, type DnsMessage } from "../../dns/wire/message.ts";

/** What a packet means to somebody who watches a client open connections. */
export type Observation =
  /** A question and its answer have the same id. */
  | {
    readonly kind: "query" | "answer";
    readonly id: number;
    readonly name: string;
    readonly type: string;
  }
  /** The first packet of an attempt, or a copy of it. */
  | {
    readonly kind: "open";
    readonly transport: "tcp" | "quic";
    readonly address: string;
    readonly port: number;
    /** What tells one attempt from another: the client's port. */
    readonly from: number;
  }
  /** The answer to it: accepted, or refused. */
  | {
    readonly kind: "accepted" | "refused";
    readonly address: string;
    readonly port: number;
    readonly from: number;
  };

const TCP = 6;
const UDP = 17;
const DNS_PORT = 53;

/** RFC 9293 3.1: the bits of the fourteenth octet. */
const SYN = 0x02;
const RST = 0x04;
const ACK = 0x10;

/** RFC 9000 17.2, 17.2.2 and RFC 9369 3.2: a long header that begins an Initial packet of version 1 or 2. */
const LONG_AND_TYPE = 0xf0;
const INITIALS: ReadonlySet<number> = new Set([0xc0, 0xd0]);

/**
 * Reads a packet.
 *
 * @param bytes From the IP header on.
 * @returns Null for everything that is not about names or the start of a connection.
 */
export function observe(bytes: Uint8Array): Observation | null {
  const packet = payloadOf(bytes);
  if (packet === null) return null;
  const { protocol, source, destination, payload } = packet;
  if (payload.length < 8) return null;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const [from, to] = [view.getUint16(0), view.getUint16(2)];
  if (protocol === TCP) {
    if (payload.length < 20) return null;
    const flags = payload[13] ?? 0;
    if ((flags & (SYN | ACK | RST)) === SYN) {
      return { kind: "open", transport: "tcp", address: destination.toString(), port: to, from };
    }
    const kind = (flags & RST) !== 0 ? "refused" : (flags & SYN) !== 0 ? "accepted" : null;
    return kind === null ? null : { kind, address: source.toString(), port: from, from: to };
  }
  if (from === DNS_PORT || to === DNS_PORT) return dnsOf(payload.subarray(8));
  const isInitial = payload.length > 1200 && INITIALS.has((payload[8] ?? 0) & LONG_AND_TYPE);
  return isInitial
    ? { kind: "open", transport: "quic", address: destination.toString(), port: to, from }
    : null;
}

function dnsOf(bytes: Uint8Array): Observation | null {
  const message = tryDecode(bytes);
  const [question] = message?.questions ?? [];
  if (message === null || question === undefined) return null;
  const { type } = question;
  return {
    kind: message.response ? "answer" : "query",
    id: message.id,
    name: question.name.key,
    type: typeof type === "number" ? `TYPE${type}` : type,
  };
}

function tryDecode(bytes: Uint8Array): DnsMessage | null {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof MptError) return null;
    throw error;
  }
}

/** An IP packet without its headers: RFC 791 3.1, RFC 8200 3; extension headers and later fragments are left out. */
function payloadOf(
  bytes: Uint8Array,
):
  | { readonly protocol: number; readonly source: Ip; readonly destination: Ip; readonly payload: Uint8Array }
  | null {
  const version = (bytes[0] ?? 0) >> 4;
  const [protocolAt, sourceAt, size] = version === 4 ? [9, 12, 4] : [6, 8, 16];
  const header = version === 4 ? ((bytes[0] ?? 0) & 0xf) * 4 : 40;
  const protocol = bytes[protocolAt] ?? 0;
  if ((version !== 4 && version !== 6) || header < 20 || bytes.length < header) return null;
  if (protocol !== TCP && protocol !== UDP) return null;
  if (version === 4 && ((bytes[6] ?? 0) & 0x1f) + (bytes[7] ?? 0) > 0) return null;
  return {
    protocol,
    source: Ip.fromBytes(bytes.subarray(sourceAt, sourceAt + size)),
    destination: Ip.fromBytes(bytes.subarray(sourceAt + size, sourceAt + 2 * size)),
    payload: bytes.subarray(header),
  };
}
