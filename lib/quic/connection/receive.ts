import type { EcnMark } from "../recovery/received_packets.ts";
import { ConnectionId } from "../wire/connection_id.ts";
import type { PacketHeader } from "../wire/packet_header.ts";
import { onRetry, onVersionNegotiation } from "./before_handshake.ts";
import { closeForError, drainConnection } from "./close_connection.ts";
import { LOCAL_ID_BYTES } from "./config.ts";
import type { Core } from "./core.ts";
import { discardInitial } from "./discard_keys.ts";
import { handlePayload } from "./frame_handler.ts";
import { logReceived } from "./log.ts";
import { onAuthenticated, wayOf } from "./migration.ts";
import { type OpenedPacket, openPacket } from "./packet_opener.ts";
import type { Path } from "./path.ts";
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
  core.amplificationBlocked = false;
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
    // Only those that allow it may clear the bit; we always do (RFC 9287 3)
    const path = pathOf(core, bytes, header);
    const own = path === null ? null : idOf(core, path, bytes, header);
    if (path === null || own === null) {
      if (isStatelessReset(core, bytes, header, end)) reset(core, nowUs);
      continue;
    }
    // RFC 9000 12.2: all packets of a datagram are for one id
    if (destination !== null && !destination.equals(own)) continue;
    destination = own;
    if (!isExpected(core, bytes, header)) continue;
    const way = wayOf(core, path, tuple);
    if (way === "ignore") continue;
    // RFC 9000 8.1: whatever becomes of its packets
    if (!counted && way !== null) {
      way.onReceived(datagramBytes);
      counted = true;
    }
    const packet = openPacket(core, header, bytes, path, own, tuple, ecn, nowUs);
    if (packet === "early") {
      core.early.keep(tuple, bytes, header.start, header.end, ecn);
      continue;
    }
    if (packet === "forged" && isStatelessReset(core, bytes, header, end)) reset(core, nowUs);
    if (packet === "forged" || packet === "dropped") continue;
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
  if (level === "handshake" && core.side === "server") {
    // RFC 9000 8.1: whoever has the handshake keys saw our Initial packet
    path.network.validate();
    discardInitial(core);
  }
  if (core.qlog !== null) logReceived(core.qlog, packet, bytes, header.end - header.start, nowUs);
  const seen = handlePayload(core, packet, bytes, nowUs);
  const isNewest = packet.packetNumber > space.received.newest;
  space.received.onReceived(packet.packetNumber, nowUs, seen.ackEliciting, packet.ecn);
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

/** RFC 9000 7.2: once the peer has chosen its id, long headers with another one are dropped. */
function isExpected(core: Core, bytes: Uint8Array, header: PacketHeader): boolean {
  if (header.type === "1-rtt" || core.peerSource === null) return true;
  return core.peerSource.matches(bytes, header.sourceStart, header.sourceEnd);
}

/** The path that a packet belongs to by its destination id; null for none of ours. */
function pathOf(core: Core, bytes: Uint8Array, header: PacketHeader): Path | null {
  for (const path of core.paths.values()) {
    if (idOf(core, path, bytes, header) !== null) return path;
  }
  return null;
}

function idOf(core: Core, path: Path, bytes: Uint8Array, header: PacketHeader): ConnectionId | null {
  const { destinationStart, destinationEnd } = header;
  for (const id of path.localIds.active) {
    if (id.matches(bytes, destinationStart, destinationEnd)) return id;
  }
  // A server is first sent to under an id that the client made up, or that it had from a Retry
  const originalDestination = core.retrySource ?? core.originalDestination;
  const early = core.side === "server" && path.id === 0 && header.type === "initial";
  return early && originalDestination.matches(bytes, destinationStart, destinationEnd)
    ? originalDestination
    : null;
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
    const path = pathOf(core, bytes, header);
    const own = path === null ? null : idOf(core, path, bytes, header);
    if (path === null || own === null) return;
    try {
      const packet = openPacket(core, header, bytes, path, own, tuple, ecn, nowUs);
      if (typeof packet !== "string") handlePayload(core, packet, bytes, nowUs, true);
    } catch {
      // It is over already
      return;
    }
  }
}
