import type { SocketAddress } from "../connection/tuple.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import { alertOf, errorName, QUIC_ERROR } from "../wire/error_codes.ts";
import type { PacketType } from "../wire/packet_header.ts";

/** How qlog writes the type of a packet (quic-events 8.6). */
export type QlogPacketType =
  | "initial"
  | "handshake"
  | "0RTT"
  | "1RTT"
  | "retry"
  | "version_negotiation"
  | "stateless_reset"
  | "unknown";

/** One end of a tuple (quic-events 8.5). */
export interface QlogEndpoint {
  readonly ip_v4?: string;
  readonly port_v4?: number;
  readonly ip_v6?: string;
  readonly port_v6?: number;
  readonly connection_ids?: readonly string[];
}

/** The name of an error, and its number where it has no name. */
export interface QlogError {
  readonly error: string;
  readonly error_code?: number;
}

const KNOWN_ERRORS: ReadonlySet<number> = new Set(
  Object.values(QUIC_ERROR).filter((code) => code <= QUIC_ERROR.NO_VIABLE_PATH),
);

/** A packet type in the words of qlog. */
export function packetTypeName(type: PacketType): QlogPacketType {
  switch (type) {
    case "0-rtt":
      return "0RTT";
    case "1-rtt":
      return "1RTT";
    case "version-negotiation":
      return "version_negotiation";
    case "unsupported-version":
      return "unknown";
    default:
      return type;
  }
}

/** An error code of the transport: a name (quic-events 8.13.24), a TLS alert (8.13.26), or its number. */
export function transportError(code: number): QlogError {
  if (alertOf(code) !== null) return { error: `crypto_error_0x${code.toString(16)}` };
  return KNOWN_ERRORS.has(code)
    ? { error: errorName(code).toLowerCase() }
    : { error: "unknown", error_code: code };
}

/** An error code of the application, whose names nobody knows here (quic-events 8.13.25). */
export function applicationError(code: number): QlogError {
  return { error: "unknown", error_code: code };
}

/** A version as hexadecimal digits (quic-events 8.1). */
export function versionHex(version: number): string {
  return version.toString(16).padStart(8, "0");
}

/** An address, and the connection ids that are in use with it. */
export function endpointInfo(address: SocketAddress | null, ids: readonly ConnectionId[] = []): QlogEndpoint {
  const connectionIds = ids.length === 0 ? {} : { connection_ids: ids.map(String) };
  if (address === null) return connectionIds;
  const { ip, port } = address;
  return ip.family === 4
    ? { ip_v4: `${ip}`, port_v4: port, ...connectionIds }
    : { ip_v6: `${ip}`, port_v6: port, ...connectionIds };
}
