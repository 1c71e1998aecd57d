import { MptError } from "../../base/errors.ts";
import { AckRanges } from "./ack_ranges.ts";
import { readControlFrame, readPathId } from "./control_frame_reader.ts";
import { QUIC_ERROR } from "./error_codes.ts";
import { CORE_FRAMES, type FrameKind, type FrameType, type FrameTypes, packetBit } from "./frame_types.ts";
import type { ControlFrame } from "./frames.ts";
import type { FramedPacketType } from "./packet_header.ts";
import { MAX_VARINT, varintSize } from "./varint.ts";
import { WireReader } from "./wire_reader.ts";

/** The flags in the type of a STREAM frame (RFC 9000 19.8). */
const STREAM_OFFSET_BIT = 0x04;
const STREAM_LENGTH_BIT = 0x02;
const STREAM_FIN_BIT = 0x01;

/** The flag in the types of ACK, PATH_ACK and DATAGRAM frames. */
const LOW_BIT = 0x01;

const NO_FRAME: ControlFrame = { kind: "ping" };

/**
 * Reads the frames of one packet after the other. It is made once and used for all packets: the fields of
 * the frames that fill a connection (ACK, STREAM, CRYPTO, DATAGRAM, PADDING) are filled in here, and the
 * data stays in the packet between `dataStart` and `dataEnd`; all other frames become a small
 * {@linkcode ControlFrame}.
 */
export class FrameReader {
  /** PATH_ACK: the path of the packet numbers; 0 for ACK. */
  pathId = 0;
  /** ACK, PATH_ACK: the packets that arrived. */
  readonly ranges: AckRanges = new AckRanges();
  /** ACK, PATH_ACK: the delay as sent, in units that `ack_delay_exponent` tells. */
  ackDelay = 0;
  /** ACK, PATH_ACK: whether the three counts below came with it. */
  hasEcn = false;
  ect0 = 0;
  ect1 = 0;
  ce = 0;
  /** STREAM. */
  streamId = 0;
  fin = false;
  /** STREAM, CRYPTO: where the data stands in the stream. */
  offset = 0;
  /** STREAM, CRYPTO, DATAGRAM: where the data stands in the packet. */
  dataStart = 0;
  dataEnd = 0;
  /** PADDING: how many of them in a row. */
  paddingBytes = 0;
  /** Every other kind. */
  control: ControlFrame = NO_FRAME;
  /** Where the frame begins in the packet; it ends where the next begins. */
  frameStart = 0;

  readonly #in: WireReader = new WireReader("a frame", QUIC_ERROR.FRAME_ENCODING_ERROR);
  #types: FrameTypes = CORE_FRAMES;
  #packetBit = 0;
  #type: FrameType | null = null;

  /**
   * Starts with the payload of a packet.
   *
   * @param packetType Frames that may not stand in such a packet are an error.
   * @param types The frames of this connection.
   * @throws {QuicError} `PROTOCOL_VIOLATION` when there are no frames.
   */
  start(
    bytes: Uint8Array,
    start: number,
    end: number,
    packetType: FramedPacketType,
    types: FrameTypes,
  ): void {
    const reader = this.#in;
    reader.reset(bytes, start, end);
    this.#types = types;
    this.#packetBit = packetBit(packetType);
    this.#type = null;
    if (start === end) {
      reader.subject = "a packet";
      // RFC 9000 12.4
      throw reader.fault("it has no frames", QUIC_ERROR.PROTOCOL_VIOLATION);
    }
  }

  /** The place behind the frame just read. */
  get frameEnd(): number {
    return this.#in.offset;
  }

  /**
   * The type of the frame just read.
   *
   * @throws {MptError} `ERR_INVALID_VALUE` before the first frame.
   */
  get type(): FrameType {
    if (this.#type !== null) return this.#type;
    throw new MptError("ERR_INVALID_VALUE", "Cannot tell the type of a frame: none was read");
  }

  /**
   * Reads the next frame.
   *
   * @returns Its kind, which says what fields are filled in; null at the end of the packet.
   * @throws {QuicError} For a frame that closes the connection.
   */
  next(): FrameKind | null {
    const reader = this.#in;
    if (reader.remaining === 0) return null;
    this.frameStart = reader.offset;
    const type = this.#readType();
    switch (type.kind) {
      case "padding":
        this.paddingBytes = 1 + reader.skipRun(0);
        break;
      case "ack":
        this.pathId = 0;
        this.#readAck((type.codePoint & LOW_BIT) !== 0);
        break;
      case "path_ack":
        this.pathId = readPathId(reader);
        this.#readAck((type.codePoint & LOW_BIT) !== 0);
        break;
      case "stream":
        this.#readStream(type.codePoint);
        break;
      case "crypto":
        this.#readCrypto();
        break;
      case "datagram":
        this.#readData((type.codePoint & LOW_BIT) !== 0);
        break;
      default:
        this.control = readControlFrame(reader, type.kind, type.codePoint);
    }
    return type.kind;
  }

  #readType(): FrameType {
    const reader = this.#in;
    reader.frameType = null;
    reader.subject = "a frame";
    const codePoint = reader.clampedVarint();
    reader.frameType = codePoint;
    const type = this.#types.find(codePoint);
    if (type === undefined) {
      throw reader.fault(`its type 0x${codePoint.toString(16)} is not known`);
    }
    this.#type = type;
    reader.subject = type.name;
    // RFC 9000 12.4: the type is written in as few bytes as it takes
    if (reader.offset - this.frameStart !== varintSize(codePoint)) {
      throw reader.fault("its type has more bytes than it needs", QUIC_ERROR.PROTOCOL_VIOLATION);
    }
    if ((type.packets & this.#packetBit) === 0) {
      throw reader.fault("it stands in a packet where it may not", QUIC_ERROR.PROTOCOL_VIOLATION);
    }
    return type;
  }

  /** RFC 9000 19.3. */
  #readAck(hasEcn: boolean): void {
    const reader = this.#in;
    const ranges = this.ranges;
    ranges.clear();
    let largest = reader.varint();
    this.ackDelay = reader.clampedVarint();
    const more = reader.clampedVarint();
    // Each further range takes two bytes or more
    if (more > reader.remaining / 2) throw reader.fault("it has fewer ranges than it says");
    let smallest = largest - reader.clampedVarint();
    for (let index = 0; index < more; index++) {
      if (smallest < 0) break;
      ranges.add(smallest, largest);
      // RFC 9000 19.3.1
      largest = smallest - reader.clampedVarint() - 2;
      smallest = largest - reader.clampedVarint();
    }
    if (smallest < 0) throw reader.fault("a packet number in it is negative");
    ranges.add(smallest, largest);
    this.hasEcn = hasEcn;
    this.ect0 = hasEcn ? reader.clampedVarint() : 0;
    this.ect1 = hasEcn ? reader.clampedVarint() : 0;
    this.ce = hasEcn ? reader.clampedVarint() : 0;
  }

  /** RFC 9000 19.8. */
  #readStream(codePoint: number): void {
    const reader = this.#in;
    this.streamId = reader.varint(QUIC_ERROR.STREAM_LIMIT_ERROR);
    // No limit beyond 2^53 - 1 is ever given, so that a larger offset exceeds one
    this.offset = (codePoint & STREAM_OFFSET_BIT) !== 0 ? reader.varint(QUIC_ERROR.FLOW_CONTROL_ERROR) : 0;
    this.fin = (codePoint & STREAM_FIN_BIT) !== 0;
    this.#readData((codePoint & STREAM_LENGTH_BIT) !== 0);
    this.#checkEnd(QUIC_ERROR.FLOW_CONTROL_ERROR);
  }

  /** RFC 9000 19.6. */
  #readCrypto(): void {
    this.offset = this.#in.varint(QUIC_ERROR.CRYPTO_BUFFER_EXCEEDED);
    this.#readData(true);
    this.#checkEnd(QUIC_ERROR.CRYPTO_BUFFER_EXCEEDED);
  }

  #readData(hasLength: boolean): void {
    const reader = this.#in;
    const length = hasLength ? reader.clampedVarint() : reader.remaining;
    this.dataStart = reader.skip(length);
    this.dataEnd = this.dataStart + length;
  }

  #checkEnd(errorCode: number): void {
    if (this.offset + (this.dataEnd - this.dataStart) > MAX_VARINT) {
      throw this.#in.fault("its data ends beyond 2^53 - 1", errorCode);
    }
  }
}
