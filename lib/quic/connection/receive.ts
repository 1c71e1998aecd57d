import type { EcnMark } from "../recovery/received_packets.ts";
import { MIN_DATAGRAM_BYTES } from "../mtu_discovery.ts";
import { ConnectionId } from "../wire/connection_id.ts";
import type { PacketHeader } from "../wire/packet_header.ts";
import { onRetry, onVersionNegotiation } from "./before_handshake.ts";
import { closeForError, drainConnection } from "./close_connection.ts";
import { LOCAL_ID_BYTES } from "./config.ts";
import type { Core } from "./core.ts";
import { discardInitial } from "./discard_keys.ts";
import { handlePayload } from "./frame_handler.ts";
import { logDropped, logKept, logReceived } from "./log.ts";
import type { LocalIdEntry } from "./local_id_table.ts";
import { onAuthenticated, wayOf } from "./migration.ts";
import { admit, newcomer } from "./open_path.ts";
import { type OpenedPacket, openPacket } from "./packet_opener.ts";
import type { Tuple } from "./tuple.ts";

/**
 * Takes a datagram that came for this connection.
 *
 * @param bytes The slab that it lies in, from `start` to `end`; it is decrypted there.
 */
export function receiveDatagram(
  core: Core,
  nowUs: number,
  tuple: Tuple,
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  end: number,
  ecn: EcnMark,
): void {
  if (core.closing.state !== "open") {
    receiveWhileClosing(core, nowUs, bytes, start, end, tuple, ecn);
    return;
  }
  try {
    readDatagram(core, nowUs, tuple, bytes, start, end, ecn, end - start);
    // Whatever was opened may have brought keys; what can still not be opened is kept again
    for (let progress = true; progress && core.closing.isOpen;) {
      progress = false;
      for (const { tuple: way, bytes: kept, ecn: mark } of core.early.take()) {
        if (readDatagram(core, nowUs, way, kept, 0, kept.length, mark, 0)) progress = true;
      }
    }
  } catch (error) {
    closeForError(core, nowUs, error);
  }
}

/**
 * @param datagramBytes What came from the network; 0 for a packet that was kept, which has been counted.
 * @returns Whether any packet in it was opened.
 */
function readDatagram(
  core: Core,
  nowUs: number,
  tuple: Tuple,
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  end: number,
  ecn: EcnMark,
  datagramBytes: number,
): boolean {
  const { header } = core;
  let opened = false;
  let counted = false;
  let at = start;
  let destination: ConnectionId | null = null;
  while (at < end && core.closing.isOpen) {
    if (header.read(bytes, at, end, LOCAL_ID_BYTES) !== null) return opened;
    at = header.end;
    if (header.type === "retry" || header.type === "version-negotiation") {
      if (header.type === "retry") onRetry(core, bytes, header);
      else onVersionNegotiation(core, bytes, header, nowUs);
      return opened;
    }
    if (header.type === "unsupported-version" || header.type === "0-rtt") continue;
    if (header.type !== "1-rtt" && header.version !== core.version) continue;
    if (header.type === "initial" && !mayBeInitial(core, header, end - start)) continue;
    // Only those that allow it may clear the bit; we always do (RFC 9287 3)
    const own = ownIdOf(core, bytes, header);
    if (own === undefined) {
      if (isStatelessReset(core, bytes, header, end)) reset(core, nowUs);
      continue;
    }
    // RFC 9000 12.2: all packets of a datagram are for one id
    if (destination !== null && !destination.equals(own.connectionId)) continue;
    destination = own.connectionId;
    if (!isExpected(core, bytes, header)) continue;
    const path = core.pathOf(own.ids) ?? newcomer(core, own.ids, tuple);
    if (path === null) continue;
    const way = wayOf(core, path, tuple);
    if (way === "ignore") continue;
    // RFC 9000 8.1: whatever becomes of its packets
    if (!counted && way !== null) {
      way.onReceived(datagramBytes);
      path.amplificationBlocked = false;
      counted = true;
    }
    const packet = openPacket(core, header, bytes, path, destination, tuple, ecn, nowUs);
    if (packet === "early") {
      core.early.keep(tuple, bytes, header.start, header.end, ecn);
      if (core.qlog !== null) logKept(core.qlog, header, nowUs);
      continue;
    }
    if (packet === "forged" && isStatelessReset(core, bytes, header, end)) reset(core, nowUs);
    if (packet === "forged" || packet === "dropped") {
      if (core.qlog !== null) logDropped(core.qlog, header, packet, nowUs);
      continue;
    }
    if (!core.paths.has(path.id)) admit(core, path, nowUs);
    if (!opened) {
      path.counters.datagramsReceived++;
      path.counters.bytesReceived += datagramBytes;
    }
    opened = true;
    onOpened(core, packet, bytes, header, nowUs);
    if (counted) continue;
    // A new way, which the packet itself has opened
    const opener = wayOf(core, path, tuple);
    if (opener === null || opener === "ignore") continue;
    opener.onReceived(datagramBytes);
    path.amplificationBlocked = false;
    counted = true;
  }
  return opened;
}

function onOpened(
  core: Core,
  packet: OpenedPacket,
  bytes: Uint8Array<ArrayBuffer>,
  header: PacketHeader,
  nowUs: number,
): void {
  const { path, level, space } = packet;
  if (level === "initial" && core.peerSource === null) adoptSource(core, bytes, header);
  core.heard = true;
  core.lastActivityUs = nowUs;
  core.idle.onReceived(nowUs);
  path.lastReceivedUs = nowUs;
  path.ackRepeated = false;
  if (level === "handshake" && core.side === "server") {
    // RFC 9000 8.1: whoever has the handshake keys saw our Initial packet
    path.network.validate();
    discardInitial(core);
  }
  if (core.qlog !== null) logReceived(core.qlog, packet, bytes, header.end - header.start, nowUs);
  const seen = handlePayload(core, packet, bytes, nowUs);
  const isNewest = packet.packetNumber > space.received.newest;
  space.received.onReceived(packet.packetNumber, nowUs, seen.ackEliciting, packet.ecn);
  if (seen.ackEliciting) path.arrivals++;
  if (level === "application") {
    onAuthenticated(core, packet, isNewest && !seen.probing, nowUs);
  }
}

/** RFC 9000 7.2: the peer's first packet tells the id that it chose for itself. */
function adoptSource(core: Core, bytes: Uint8Array, header: PacketHeader): void {
  const source = ConnectionId.from(bytes, header.sourceStart, header.sourceEnd);
  core.peerSource = source;
  if (core.side === "client") core.firstPath.remoteIds.replaceFirst(source);
}

/** RFC 9000 14.1, 17.2.2: those of clients come in full datagrams, and those of servers without a token. */
function mayBeInitial(core: Core, header: PacketHeader, datagramBytes: number): boolean {
  return core.side === "server" ? datagramBytes >= MIN_DATAGRAM_BYTES : header.tokenStart === header.tokenEnd;
}

/** RFC 9000 7.2: once the peer has chosen its id, long headers with another one are dropped. */
function isExpected(core: Core, bytes: Uint8Array, header: PacketHeader): boolean {
  if (header.type === "1-rtt" || core.peerSource === null) return true;
  return core.peerSource.matches(bytes, header.sourceStart, header.sourceEnd);
}

/** The id of ours that a packet was sent to, and the path that it is for; undefined for none. */
function ownIdOf(core: Core, bytes: Uint8Array, header: PacketHeader): LocalIdEntry | undefined {
  const { destinationStart, destinationEnd } = header;
  const found = core.localIds.find(bytes, destinationStart, destinationEnd);
  // Long headers are those of the handshake
  if (found !== undefined) return header.type === "1-rtt" || found.ids.pathId === 0 ? found : undefined;
  if (core.side !== "server" || header.type !== "initial") return undefined;
  // A server is first sent to under an id that the client made up, or that it had from a Retry
  const connectionId = core.retrySource ?? core.originalDestination;
  const matches = connectionId.matches(bytes, destinationStart, destinationEnd);
  return matches ? { connectionId, ids: core.firstPath.ids } : undefined;
}

/** RFC 9000 10.3.1 */
function isStatelessReset(core: Core, bytes: Uint8Array, header: PacketHeader, end: number): boolean {
  if (header.type !== "1-rtt") return false;
  for (const { remoteIds } of core.paths.values()) {
    if (remoteIds.isReset(bytes, end)) return true;
  }
  return false;
}

function reset(core: Core, nowUs: number): void {
  const text = "Cannot go on: the peer has lost the state of the connection (stateless reset)";
  drainConnection(core, nowUs, {
    by: "stateless-reset",
    layer: null,
    errorCode: null,
    frameType: null,
    text,
  });
}

/** RFC 9000 10.2.1, 10.2.2: only a CONNECTION_CLOSE of the peer counts now. */
function receiveWhileClosing(
  core: Core,
  nowUs: number,
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  end: number,
  tuple: Tuple,
  ecn: EcnMark,
): void {
  if (core.closing.state !== "closing") return;
  core.closing.onReceived();
  const { header } = core;
  for (let at = start; at < end; at = header.end) {
    if (header.read(bytes, at, end, LOCAL_ID_BYTES) !== null) return;
    const own = ownIdOf(core, bytes, header);
    const path = own === undefined ? null : core.pathOf(own.ids);
    if (own === undefined || path === null) return;
    try {
      const packet = openPacket(core, header, bytes, path, own.connectionId, tuple, ecn, nowUs);
      if (typeof packet !== "string") handlePayload(core, packet, bytes, nowUs, true);
    } catch {
      // It is over already
      return;
    }
  }
}
