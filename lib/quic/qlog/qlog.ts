import type { Side } from "../streams/stream_id.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import { FrameReader } from "../wire/frame_reader.ts";
import { CORE_FRAMES, type FrameTypes } from "../wire/frame_types.ts";
import type { QlogEventName, QlogEvents, QlogHeader, QlogMetrics, QlogPacketEvent } from "./events.ts";
import { framesOf, type QlogPayload } from "./frames.ts";
import { packetTypeName, versionHex } from "./names.ts";

/** RFC 7464: each record of a JSON text sequence begins with this. */
const RECORD_SEPARATOR = "\x1e";

/** draft-ietf-quic-qlog-quic-events 2.1: the events of a draft are named after it. */
const EVENT_SCHEMA = "urn:ietf:params:qlog:events:quic-13";

/** RFC 9000 18.2 */
const DEFAULT_ACK_DELAY_EXPONENT = 3;

/** Options of {@linkcode Qlog}. */
export interface QlogOptions {
  /** Takes the records, one after the other: the text of an `.sqlog` file. */
  readonly write: (record: string) => void;
  /** Is told when nothing more is to be expected. @default {undefined} nobody */
  readonly end?: () => void;
  readonly side: Side;
  /** The destination connection id of the first packet, by which both ends name the connection. */
  readonly originalDestination: ConnectionId;
  /** When the log begins, on the clock of the connection: all times are relative to it. */
  readonly startUs: number;
  /** That time in the world, as in RFC 3339. */
  readonly startedAt?: string;
  readonly title?: string;
  /** Who writes, such as the name and version of the program. */
  readonly vantagePoint?: string;
}

/** A packet with frames, in the clear, in the slab where it was built or opened. */
export interface QlogPacket extends QlogPayload {
  readonly pathId: number;
  readonly packetNumber: number;
  /** The Key Phase bit of a 1-RTT packet. */
  readonly keyPhase?: 0 | 1;
  /** Its size on the wire, with header and tag. */
  readonly packetBytes: number;
  /** Of long headers. */
  readonly version?: number;
  readonly source?: ConnectionId;
  readonly destination?: ConnectionId;
  readonly tokenBytes?: number;
}

/**
 * Writes what happens on one connection as qlog (draft-ietf-quic-qlog-main-schema, JSON-SEQ). A connection
 * without a log has none of these, and asks `qlog?.event(...)`: then not even the arguments are made. Neither
 * keys, nor tokens, nor user data are written.
 */
export class Qlog {
  readonly #write: (record: string) => void;
  readonly #end: () => void;
  readonly #startUs: number;
  readonly #reader = new FrameReader();
  /** The metrics of each path as they were written last. */
  readonly #metrics = new Map<number, Map<string, number>>();
  /** The frames of the connection; those of multipath once it was negotiated. */
  frameTypes: FrameTypes = CORE_FRAMES;
  /** The `ack_delay_exponent` of both ends, as soon as it is known. */
  ownAckDelayExponent: number = DEFAULT_ACK_DELAY_EXPONENT;
  peerAckDelayExponent: number = DEFAULT_ACK_DELAY_EXPONENT;

  /** Begins with the header of the file. */
  constructor(options: QlogOptions) {
    const { write, side, originalDestination, startUs, startedAt, title, vantagePoint } = options;
    this.#write = write;
    this.#end = options.end ?? (() => {});
    this.#startUs = startUs;
    this.#record({
      file_schema: "urn:ietf:params:qlog:file:sequential",
      serialization_format: "application/qlog+json-seq",
      title,
      trace: {
        common_fields: {
          group_id: `${originalDestination}`,
          time_format: "relative_to_epoch",
          // main-schema 7.1: a monotonic clock has no known epoch
          reference_time: { clock_type: "monotonic", epoch: "unknown", wall_clock_time: startedAt },
        },
        vantage_point: { name: vantagePoint, type: side },
        event_schemas: [EVENT_SCHEMA],
      },
    });
  }

  /**
   * Writes an event.
   *
   * @param pathId The path that it is about, as the tuple of the event; none for the connection.
   */
  event<Name extends QlogEventName>(
    nowUs: number,
    name: Name,
    data: QlogEvents[Name],
    pathId?: number,
  ): void {
    const tuple = pathId === undefined ? undefined : `${pathId}`;
    this.#record({ time: Math.round(nowUs - this.#startUs) / 1000, name: `quic:${name}`, tuple, data });
  }

  /** Writes a packet that is about to be sealed. */
  packetSent(nowUs: number, packet: QlogPacket, isMtuProbe: boolean = false): void {
    const data = this.#packet(packet, this.ownAckDelayExponent);
    const probe = isMtuProbe ? { is_mtu_probe_packet: true } : {};
    this.event(nowUs, "packet_sent", { ...data, ...probe }, packet.pathId);
  }

  /** Writes a packet that was opened, before its frames are looked at. */
  packetReceived(nowUs: number, packet: QlogPacket): void {
    this.event(nowUs, "packet_received", this.#packet(packet, this.peerAckDelayExponent), packet.pathId);
  }

  /** Writes those metrics of a path that have changed (quic-events 7.2). */
  metrics(nowUs: number, pathId: number, metrics: QlogMetrics): void {
    let before = this.#metrics.get(pathId);
    if (before === undefined) this.#metrics.set(pathId, before = new Map());
    const changed: Record<string, number> = {};
    let count = 0;
    for (const [name, value] of Object.entries(metrics)) {
      // JSON has no infinity: the threshold is unknown as long as it is
      if (value === before.get(name) || !Number.isFinite(value)) continue;
      before.set(name, value);
      changed[name] = value;
      count++;
    }
    if (count > 0) this.event(nowUs, "recovery_metrics_updated", changed, pathId);
  }

  /**
   * Writes what a scheduler decided, which the schema of quic has no event for.
   *
   * @param pathId The path that carries the next data; -1 for none now.
   */
  schedulerChoice(nowUs: number, pathId: number, reason: string, queuedBytes: number): void {
    const data = { path: pathId, reason, queued_bytes: queuedBytes };
    this.#record({ time: Math.round(nowUs - this.#startUs) / 1000, name: "mpt:scheduler_choice", data });
  }

  /** The connection is over: what is still to be written is written now. */
  end(): void {
    this.#end();
  }

  #packet(packet: QlogPacket, ackDelayExponent: number): QlogPacketEvent {
    const { packetBytes, payloadStart, payloadEnd } = packet;
    return {
      header: headerOf(packet),
      frames: framesOf(this.#reader, packet, this.frameTypes, ackDelayExponent),
      raw: { length: packetBytes, payload_length: payloadEnd - payloadStart },
    };
  }

  #record(value: Readonly<Record<string, unknown>>): void {
    this.#write(`${RECORD_SEPARATOR}${JSON.stringify(value)}\n`);
  }
}

function headerOf(packet: QlogPacket): QlogHeader {
  const { type, packetNumber, keyPhase, pathId, version, source, destination, tokenBytes = 0 } = packet;
  return {
    packet_type: packetTypeName(type),
    packet_number: packetNumber,
    ...(keyPhase === undefined ? {} : { key_phase_bit: keyPhase === 1 }),
    ...(pathId === 0 ? {} : { path_id: pathId }),
    ...(version === undefined ? {} : { version: versionHex(version) }),
    ...(source === undefined ? {} : { scil: source.length, scid: `${source}` }),
    ...(destination === undefined ? {} : { dcil: destination.length, dcid: `${destination}` }),
    ...(tokenBytes === 0 ? {} : { token: { raw: { length: tokenBytes } } }),
  };
}
