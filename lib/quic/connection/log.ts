import { TAG_BYTES } from "../../crypto/suites.ts";
import type { TlsLevel } from "../../tls/session.ts";
import type { Qlog } from "../qlog/qlog.ts";
import { applicationError, packetTypeName, transportError } from "../qlog/names.ts";
import type { QlogEvents } from "../qlog/events.ts";
import type { PacketHeader } from "../wire/packet_header.ts";
import type { LongHeader } from "../wire/write_packet.ts";
import type { CloseReason } from "./events.ts";
import type { OpenedPacket } from "./packet_opener.ts";
import type { Path } from "./path.ts";

/** A packet that was put together, in the slab. */
export interface DraftedPacket {
  readonly buffer: Uint8Array;
  readonly space: { readonly level: TlsLevel };
  readonly path: { readonly id: number };
  readonly packetNumber: number;
  readonly headerStart: number;
  readonly payloadStart: number;
  readonly at: number;
  readonly longHeader: LongHeader | null;
}

/** A packet is about to be sealed. */
export function logSent(
  qlog: Qlog,
  draft: DraftedPacket,
  phase: 0 | 1,
  mtuProbe: boolean,
  nowUs: number,
): void {
  const { buffer, payloadStart, at, space, path, packetNumber, headerStart } = draft;
  const packet = {
    bytes: buffer,
    payloadStart,
    payloadEnd: at,
    type: space.level === "application" ? "1-rtt" as const : space.level,
    pathId: path.id,
    packetNumber,
    packetBytes: at + TAG_BYTES - headerStart,
    ...(space.level === "application" ? { keyPhase: phase } : longHeader(draft.longHeader)),
  };
  qlog.packetSent(nowUs, packet, mtuProbe);
}

/** A packet was opened. */
export function logReceived(
  qlog: Qlog,
  packet: OpenedPacket,
  bytes: Uint8Array,
  packetBytes: number,
  nowUs: number,
): void {
  const { level, payloadStart, payloadEnd, packetNumber, path, phase } = packet;
  qlog.packetReceived(nowUs, {
    bytes,
    payloadStart,
    payloadEnd,
    type: level === "application" ? "1-rtt" : level,
    pathId: path.id,
    packetNumber,
    packetBytes,
    ...(level === "application" ? { keyPhase: phase } : {}),
  });
}

/** A packet was not opened. @param why As `openPacket()` tells. */
export function logDropped(qlog: Qlog, header: PacketHeader, why: "dropped" | "forged", nowUs: number): void {
  qlog.event(nowUs, "packet_dropped", {
    header: { packet_type: packetTypeName(header.type) },
    raw: { length: header.end - header.start },
    // Which it is of the others cannot be told: a duplicate, or one whose keys are gone
    trigger: why === "forged" ? "decryption_failure" : "general",
  });
}

/** A packet waits for its keys. */
export function logKept(qlog: Qlog, header: PacketHeader, nowUs: number): void {
  qlog.event(nowUs, "packet_buffered", {
    header: { packet_type: packetTypeName(header.type) },
    raw: { length: header.end - header.start },
    trigger: "keys_unavailable",
  });
}

/** What is known of a path may have changed. */
export function logMetrics(qlog: Qlog, path: Path, nowUs: number): void {
  const { rtt, congestion, bytesInFlight, probeCount, pacer } = path;
  const known = rtt.samples > 0;
  qlog.metrics(nowUs, path.id, {
    ...(known
      ? {
        min_rtt: rtt.minUs / 1000,
        smoothed_rtt: rtt.smoothedUs / 1000,
        latest_rtt: rtt.latestUs / 1000,
        rtt_variance: rtt.variationUs / 1000,
      }
      : {}),
    pto_count: probeCount,
    congestion_window: congestion.windowBytes,
    bytes_in_flight: bytesInFlight,
    ssthresh: Math.floor(congestion.thresholdBytes),
    pacing_rate: Math.floor(pacer.rateBps),
  });
}

/** The connection is over. */
export function logClosed(qlog: Qlog, reason: CloseReason, nowUs: number): void {
  qlog.event(nowUs, "connection_closed", closedEvent(reason));
}

function closedEvent({ by, layer, errorCode, text }: CloseReason): QlogEvents["connection_closed"] {
  switch (by) {
    case "idle-timeout":
      return { trigger: "idle_timeout" };
    case "stateless-reset":
      return { trigger: "stateless_reset", initiator: "remote" };
    case "version":
      return { trigger: "version_mismatch" };
    case "local":
    case "peer": {
      const initiator = by === "local" ? "local" as const : "remote" as const;
      if (errorCode === null) return { initiator, reason: text };
      if (layer === "application") {
        const { error, error_code = errorCode } = applicationError(errorCode);
        return { initiator, application_error: error, error_code, reason: text, trigger: "application" };
      }
      const { error, error_code } = transportError(errorCode);
      const code = error_code === undefined ? {} : { error_code };
      return { initiator, connection_error: error, ...code, reason: text, trigger: "error" };
    }
    default:
      return by satisfies never;
  }
}

function longHeader(header: LongHeader | null): Partial<Parameters<Qlog["packetSent"]>[1]> {
  if (header === null) return {};
  const { version, source, destination, token } = header;
  return { version, source, destination, tokenBytes: token.length };
}
