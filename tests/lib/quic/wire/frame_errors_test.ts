import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex } from "../../../../lib/base/bytes.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { FrameReader } from "../../../../lib/quic/wire/frame_reader.ts";
import {
  CORE_FRAMES,
  type FrameKind,
  type FrameTypes,
  MULTIPATH_FRAMES,
} from "../../../../lib/quic/wire/frame_types.ts";
import type { FramedPacketType } from "../../../../lib/quic/wire/packet_header.ts";
import { QuicError } from "../../../../lib/quic/wire/quic_error.ts";
import { writeControlFrame } from "../../../../lib/quic/wire/write_control_frame.ts";
import { writeAck, writeCryptoHeader, writeStreamHeader } from "../../../../lib/quic/wire/write_frame.ts";
import { controlFrames, pairsOf, rangePairs, rangesOf, varints } from "./arbitraries.ts";

/** Reads all frames of a packet. */
function readAll(
  bytes: Uint8Array,
  packetType: FramedPacketType = "1-rtt",
  types: FrameTypes = MULTIPATH_FRAMES,
): readonly FrameKind[] {
  const reader = new FrameReader();
  reader.start(bytes, 0, bytes.length, packetType, types);
  const kinds: FrameKind[] = [];
  for (let kind = reader.next(); kind !== null; kind = reader.next()) kinds.push(kind);
  return kinds;
}

/** The error that closes the connection after these frames. */
function errorOf(bytes: Uint8Array, packetType?: FramedPacketType, types?: FrameTypes): QuicError {
  try {
    readAll(bytes, packetType, types);
  } catch (error) {
    if (error instanceof QuicError) return error;
    throw error;
  }
  throw new Error("Cannot find the error of a packet: it was read");
}

/** Each frame in its shortest form: the name, the bytes and the packets that may have it (RFC 9000 12.4). */
const SHORTEST: readonly (readonly [string, string, string])[] = [
  ["PADDING", "00", "IH01"],
  ["PING", "01", "IH01"],
  ["ACK", "02 00 00 00 00", "IH_1"],
  ["ACK with ECN", "03 00 00 00 00 00 00 00", "IH_1"],
  ["RESET_STREAM", "04 00 00 00", "__01"],
  ["STOP_SENDING", "05 00 00", "__01"],
  ["CRYPTO", "06 00 00", "IH_1"],
  ["NEW_TOKEN", "07 01 ff", "___1"],
  ["STREAM", "08 00", "__01"],
  ["STREAM, FIN", "09 00", "__01"],
  ["STREAM, LEN", "0a 00 00", "__01"],
  ["STREAM, LEN, FIN", "0b 00 00", "__01"],
  ["STREAM, OFF", "0c 00 00", "__01"],
  ["STREAM, OFF, FIN", "0d 00 00", "__01"],
  ["STREAM, OFF, LEN", "0e 00 00 00", "__01"],
  ["STREAM, OFF, LEN, FIN", "0f 00 00 00", "__01"],
  ["MAX_DATA", "10 00", "__01"],
  ["MAX_STREAM_DATA", "11 00 00", "__01"],
  ["MAX_STREAMS, bidirectional", "12 00", "__01"],
  ["MAX_STREAMS, unidirectional", "13 00", "__01"],
  ["DATA_BLOCKED", "14 00", "__01"],
  ["STREAM_DATA_BLOCKED", "15 00 00", "__01"],
  ["STREAMS_BLOCKED, bidirectional", "16 00", "__01"],
  ["STREAMS_BLOCKED, unidirectional", "17 00", "__01"],
  ["NEW_CONNECTION_ID", `18 00 00 01 ff ${"aa".repeat(16)}`, "__01"],
  ["RETIRE_CONNECTION_ID", "19 00", "___1"],
  ["PATH_CHALLENGE", `1a ${"aa".repeat(8)}`, "__01"],
  ["PATH_RESPONSE", `1b ${"aa".repeat(8)}`, "___1"],
  ["CONNECTION_CLOSE of the transport", "1c 00 00 00", "IH01"],
  ["CONNECTION_CLOSE of the application", "1d 00 00", "__01"],
  ["HANDSHAKE_DONE", "1e", "___1"],
  ["DATAGRAM", "30", "__01"],
  ["DATAGRAM, LEN", "31 00", "__01"],
  ["PATH_ACK", "3e 00 00 00 00 00", "___1"],
  ["PATH_ACK with ECN", "3f 00 00 00 00 00 00 00 00", "___1"],
  ["PATH_ABANDON", "7e75 00 00", "___1"],
  ["PATH_STATUS_BACKUP", "7e76 00 00", "___1"],
  ["PATH_STATUS_AVAILABLE", "7e77 00 00", "___1"],
  ["PATH_NEW_CONNECTION_ID", `7e78 00 00 00 01 ff ${"aa".repeat(16)}`, "___1"],
  ["PATH_RETIRE_CONNECTION_ID", "7e79 00 00", "___1"],
  ["MAX_PATH_ID", "7e7a 00", "___1"],
  ["PATHS_BLOCKED", "7e7b 00", "___1"],
  ["PATH_CIDS_BLOCKED", "7e7c 00 00", "___1"],
];

const PACKETS: readonly (readonly [string, FramedPacketType])[] = [
  ["I", "initial"],
  ["H", "handshake"],
  ["0", "0-rtt"],
  ["1", "1-rtt"],
];

Deno.test("every frame is read in the packets of RFC 9000 12.4, and a PROTOCOL_VIOLATION in others", () => {
  for (const [name, hex, allowed] of SHORTEST) {
    const bytes = fromHex(hex);
    for (const [letter, packetType] of PACKETS) {
      if (allowed.includes(letter)) {
        assert.equal(readAll(bytes, packetType).length, 1, `${name} in ${packetType}`);
      } else {
        const error = errorOf(bytes, packetType);
        assert.equal(error.errorCode, QUIC_ERROR.PROTOCOL_VIOLATION, `${name} in ${packetType}`);
        const type = bytes[0] === 0x7e ? 0x3e00 + bytes[1]! : bytes[0];
        assert.equal(error.frameType, type);
      }
    }
  }
});

Deno.test("every frame that ends too early is a FRAME_ENCODING_ERROR with its type", () => {
  for (const [name, hex] of SHORTEST) {
    const bytes = fromHex(hex);
    for (let length = 1; length < bytes.length; length++) {
      const error = errorOf(bytes.subarray(0, length));
      assert.equal(error.errorCode, QUIC_ERROR.FRAME_ENCODING_ERROR, `${name}, ${length} bytes`);
      const typeBytes = bytes[0] === 0x7e ? 2 : 1;
      if (length >= typeBytes) assert.notEqual(error.frameType, null);
      assert.match(error.message, /^Cannot read .*: it (ends in the middle|has fewer ranges than it says)$/);
    }
  }
});

Deno.test("a connection without multipath does not know its frames", () => {
  for (const [name, hex] of SHORTEST.filter(([name]) => /^(MAX_)?PATHS?_(?!CHALL|RESP)/.test(name))) {
    const error = errorOf(fromHex(hex), "1-rtt", CORE_FRAMES);
    assert.equal(error.errorCode, QUIC_ERROR.FRAME_ENCODING_ERROR, name);
    assert.match(error.message, /its type 0x3[ef]\w* is not known/);
  }
});

const MAX = "ffffffffffffffff";
const OVER_32 = "c000000100000000";

/** What breaks a rule: the rule, the bytes, the error. */
const BROKEN: readonly (readonly [string, string, keyof typeof QUIC_ERROR])[] = [
  ["RFC 9000 12.4: a packet has a frame", "", "PROTOCOL_VIOLATION"],
  ["RFC 9000 12.4: types are known", "1f", "FRAME_ENCODING_ERROR"],
  ["RFC 9000 12.4: types are known", MAX, "FRAME_ENCODING_ERROR"],
  ["RFC 9000 12.4: types are short", "4001", "PROTOCOL_VIOLATION"],
  ["RFC 9000 12.4: types are short", "80000006 00 00", "PROTOCOL_VIOLATION"],
  ["RFC 9000 19.3.1: packet numbers are not negative", "02 05 00 00 06", "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.3.1: packet numbers are not negative", "02 05 00 01 05 00 00", "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.3.1: packet numbers are not negative", "02 05 00 01 02 02 00", "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.3.1: packet numbers are not negative", "02 05 00 01 01 01 02", "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.3.1: packet numbers are not negative", `02 05 00 00 ${MAX}`, "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.3.1: there are as many ranges as it says", `02 05 00 ${MAX} 00`, "FRAME_ENCODING_ERROR"],
  ["RFC 9000 13.1: what was not sent is not acknowledged", `02 ${MAX} 00 00 00`, "PROTOCOL_VIOLATION"],
  ["RFC 9000 4.1: no such flow control limit", `04 00 00 ${MAX}`, "FLOW_CONTROL_ERROR"],
  ["RFC 9000 4.6: no such stream limit", `04 ${MAX} 00 00`, "STREAM_LIMIT_ERROR"],
  ["RFC 9000 4.6: no such stream limit", `05 ${MAX} 00`, "STREAM_LIMIT_ERROR"],
  ["RFC 9000 4.6: no such stream limit", `08 ${MAX}`, "STREAM_LIMIT_ERROR"],
  ["RFC 9000 4.6: no such stream limit", `11 ${MAX} 00`, "STREAM_LIMIT_ERROR"],
  ["RFC 9000 19.6: no such offset", `06 ${MAX} 00`, "CRYPTO_BUFFER_EXCEEDED"],
  ["RFC 9000 19.6: no such offset", "06 c01fffffffffffff 01 00", "CRYPTO_BUFFER_EXCEEDED"],
  ["RFC 9000 19.6: the data are there", `06 00 ${MAX} 00`, "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.7: a token is not empty", "07 00", "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.7: the token is there", `07 ${MAX} 00`, "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.8: no such offset", `0c 00 ${MAX}`, "FLOW_CONTROL_ERROR"],
  ["RFC 9000 19.8: no such end", "0e 00 c01fffffffffffff 01 00", "FLOW_CONTROL_ERROR"],
  ["RFC 9000 19.8: no such end", "0c 00 c01fffffffffffff 00", "FLOW_CONTROL_ERROR"],
  ["RFC 9000 19.11: streams have ids", "12 d000000000000001", "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.11: streams have ids", `13 ${MAX}`, "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.14: streams have ids", "16 d000000000000001", "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.15: the id is not empty", `18 00 00 00 ${"aa".repeat(17)}`, "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.15: the id has 20 bytes", `18 00 00 15 ${"aa".repeat(37)}`, "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.15: it does not retire itself", `18 01 02 01 ${"aa".repeat(17)}`, "FRAME_ENCODING_ERROR"],
  ["RFC 9000 19.16: the id was issued", `19 ${MAX}`, "PROTOCOL_VIOLATION"],
  ["RFC 9000 19.19: the reason is there", "1c 00 00 01", "FRAME_ENCODING_ERROR"],
  ["RFC 9221 4: the data are there", "31 02 00", "FRAME_ENCODING_ERROR"],
  ["multipath-21 2.1: path ids have 32 bits", `3e ${OVER_32} 00 00 00 00`, "PROTOCOL_VIOLATION"],
  ["multipath-21 2.1: path ids have 32 bits", `7e75 ${OVER_32} 00`, "PROTOCOL_VIOLATION"],
  ["multipath-21 2.1: path ids have 32 bits", `7e76 ${MAX} 00`, "PROTOCOL_VIOLATION"],
  ["multipath-21 4.6: path ids have 32 bits", `7e7a ${OVER_32}`, "PROTOCOL_VIOLATION"],
  ["multipath-21 4.7: path ids have 32 bits", `7e7b ${OVER_32}`, "PROTOCOL_VIOLATION"],
  ["multipath-21 4.4: the id is not empty", `7e78 00 00 00 00 ${"aa".repeat(17)}`, "FRAME_ENCODING_ERROR"],
];

for (const [index, [rule, hex, name]] of BROKEN.entries()) {
  Deno.test(`frames: ${rule} (${index + 1})`, () => {
    const error = errorOf(fromHex(hex));
    assert.equal(error.data["quic_error_name"], name);
  });
}

Deno.test("limits and error codes beyond 2^53 - 1 are legal and clamped to it", () => {
  const clamped = Number.MAX_SAFE_INTEGER;
  const control = (hex: string): unknown => {
    const bytes = fromHex(hex);
    const reader = new FrameReader();
    reader.start(bytes, 0, bytes.length, "1-rtt", CORE_FRAMES);
    assert.notEqual(reader.next(), null);
    return reader.control;
  };
  assert.deepEqual(control(`10 ${MAX}`), { kind: "max_data", maximum: clamped });
  assert.deepEqual(control(`11 04 ${MAX}`), { kind: "max_stream_data", streamId: 4, maximum: clamped });
  assert.deepEqual(control("12 d000000000000000"), {
    kind: "max_streams",
    direction: "bidirectional",
    maximum: clamped,
  });
  assert.deepEqual(control(`14 ${MAX}`), { kind: "data_blocked", limit: clamped });
  assert.deepEqual(control(`04 00 ${MAX} 00`), {
    kind: "reset_stream",
    streamId: 0,
    errorCode: clamped,
    finalSize: 0,
  });
  assert.deepEqual(control(`1d ${MAX} 01 ff`), {
    kind: "connection_close",
    layer: "application",
    errorCode: clamped,
    frameType: 0,
    reason: "\ufffd",
  });
});

const offsets = varints.map((value) => Math.min(value, Number.MAX_SAFE_INTEGER - 30));

/** Packets of several frames. */
const packets: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(
    controlFrames.map((frame) => {
      const bytes = new Uint8Array(500);
      return bytes.slice(0, writeControlFrame(bytes, 0, frame));
    }),
    fc.tuple(rangePairs, fc.integer({ min: -1, max: 3 }), varints).map(([pairs, pathId, delay]) => {
      const bytes = new Uint8Array(2000);
      return bytes.slice(0, writeAck(bytes, 0, pathId, rangesOf(pairs), pairs.length, delay, null));
    }),
    fc.tuple(varints, offsets, fc.nat(30)).map(([streamId, offset, length]) => {
      const bytes = new Uint8Array(100);
      return bytes.slice(0, writeStreamHeader(bytes, 0, streamId, offset, length, false) + length);
    }),
    fc.tuple(offsets, fc.nat(30)).map(([offset, length]) => {
      const bytes = new Uint8Array(100);
      return bytes.slice(0, writeCryptoHeader(bytes, 0, offset, length) + length);
    }),
  ),
  { minLength: 1, maxLength: 6 },
).map((frames) => Uint8Array.from(frames.flatMap((frame) => [...frame])));

/** What came of a packet in the middle of a slab: the frames, or the error. */
function outcome(
  reader: FrameReader,
  packet: Uint8Array,
  around: number,
  type: FramedPacketType,
): readonly unknown[] {
  const start = 64;
  const slab = new Uint8Array(start + packet.length + 64).fill(around);
  slab.set(packet, start);
  const end = start + packet.length;
  const found: unknown[] = [];
  try {
    reader.start(slab, start, end, type, MULTIPATH_FRAMES);
    for (let kind = reader.next(); kind !== null; kind = reader.next()) {
      assert(reader.frameStart >= start && reader.frameEnd <= end && reader.frameEnd > reader.frameStart);
      if (kind === "stream" || kind === "crypto" || kind === "datagram") {
        assert(reader.dataStart >= start && reader.dataStart <= reader.dataEnd && reader.dataEnd <= end);
        // The reader keeps the fields that a kind does not have from frames before
        const at = kind === "datagram" ? 0 : reader.offset;
        found.push([kind, kind === "stream" ? reader.streamId : 0, at, reader.dataStart, reader.dataEnd]);
      } else if (kind === "ack" || kind === "path_ack") {
        found.push([kind, reader.pathId, reader.ackDelay, ...pairsOf(reader.ranges)]);
      } else {
        found.push(kind === "padding" ? [kind, reader.paddingBytes] : JSON.stringify(reader.control));
      }
    }
  } catch (error) {
    if (!(error instanceof QuicError)) throw error;
    found.push([error.errorCode, error.frameType, error.message]);
  }
  return found;
}

const packetTypes = fc.constantFrom<FramedPacketType>("initial", "0-rtt", "handshake", "1-rtt");

Deno.test("a changed packet is read or closes the connection, and what stands around it does not matter", () => {
  const reader = new FrameReader();
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(packets, changes, fc.nat(), packetTypes, (packet, list, cut, type) => {
      const changed = packet.slice(0, packet.length - cut % 8);
      for (const [at, value] of list) {
        if (changed.length > 0) changed[at % changed.length] = value;
      }
      assert.deepEqual(outcome(reader, changed, 0x00, type), outcome(reader, changed, 0xff, type));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("random bytes are read or close the connection, and what stands around them does not matter", () => {
  const reader = new FrameReader();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), packetTypes, (bytes, type) => {
      assert.deepEqual(outcome(reader, bytes, 0x00, type), outcome(reader, bytes, 0xff, type));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("every prefix of a packet is read as frames, or ends in the middle of one", () => {
  const reader = new FrameReader();
  fc.assert(
    fc.property(packets, (packet) => {
      for (let length = 1; length < packet.length; length++) {
        const last = outcome(reader, packet.subarray(0, length), 0xff, "1-rtt").at(-1);
        if (!Array.isArray(last) || typeof last[0] !== "number") continue;
        assert.equal(last[0], QUIC_ERROR.FRAME_ENCODING_ERROR, String(last[2]));
      }
    }),
    { numRuns: 50 },
  );
});
