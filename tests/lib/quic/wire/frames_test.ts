import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex, toHex } from "../../../../lib/base/bytes.ts";
import { AckRanges } from "../../../../lib/quic/wire/ack_ranges.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { FrameReader } from "../../../../lib/quic/wire/frame_reader.ts";
import {
  CORE_FRAMES,
  type FrameKind,
  FrameTypes,
  MULTIPATH_FRAMES,
} from "../../../../lib/quic/wire/frame_types.ts";
import type { ControlFrame } from "../../../../lib/quic/wire/frames.ts";
import { MULTIPATH, type MultipathCodePoints } from "../../../../lib/quic/wire/multipath.ts";
import { controlFrameSize, writeControlFrame } from "../../../../lib/quic/wire/write_control_frame.ts";
import {
  ackRangesThatFit,
  ackSize,
  cryptoHeaderSize,
  datagramHeaderSize,
  streamHeaderSize,
  writeAck,
  writeCryptoHeader,
  writeDatagramHeader,
  writePadding,
  writeStreamHeader,
} from "../../../../lib/quic/wire/write_frame.ts";
import { MULTIPATH_VECTORS } from "../../../support/multipath_quic_vectors.ts";
import { controlFrames, pairsOf, rangePairs, rangesOf, varints } from "./arbitraries.ts";

/** Reads one frame that is all of a 1-RTT packet. */
function readOne(
  bytes: Uint8Array,
  types: FrameTypes = MULTIPATH_FRAMES,
): readonly [FrameKind | null, FrameReader] {
  const reader = new FrameReader();
  reader.start(bytes, 0, bytes.length, "1-rtt", types);
  const kind = reader.next();
  assert.equal(reader.frameEnd, bytes.length);
  assert.equal(reader.next(), null);
  return [kind, reader];
}

function writeOne(frame: ControlFrame, points: MultipathCodePoints = MULTIPATH): Uint8Array {
  const bytes = new Uint8Array(400);
  return bytes.subarray(0, writeControlFrame(bytes, 0, frame, points));
}

function vector(name: string, index: number = 0): Uint8Array {
  const found = MULTIPATH_VECTORS.frames.filter(({ f }) => f === name)[index];
  assert(found !== undefined, name);
  return fromHex(found.hex);
}

Deno.test("control frames come back as they were written, in the size that was told", () => {
  fc.assert(
    fc.property(controlFrames, fc.nat(9), (frame, at) => {
      const bytes = new Uint8Array(500).fill(0xee);
      const end = writeControlFrame(bytes, at, frame);
      assert.equal(end - at, controlFrameSize(frame));
      assert(bytes.subarray(end).every((byte) => byte === 0xee));
      const reader = new FrameReader();
      reader.start(bytes, at, end, "1-rtt", MULTIPATH_FRAMES);
      assert.equal(reader.next(), frame.kind);
      assert.deepEqual(withIds(reader.control), withIds(frame));
      assert.equal(reader.type.kind, frame.kind);
      assert.equal(reader.next(), null);
    }),
    { numRuns: 1000 },
  );
});

/** Connection ids as text and bytes as plain arrays, since deepEqual() does not look into them. */
function withIds(frame: ControlFrame): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(frame).map(([name, value]) => [
      name,
      value instanceof ConnectionId ? value.toString() : value instanceof Uint8Array ? toHex(value) : value,
    ]),
  );
}

Deno.test("control frames of multipath are those of draft-ietf-quic-multipath-21", () => {
  const token = fromHex("a1a2a3a4a5a6a7a8a9aaabacadaeafb0");
  const frames: readonly (readonly [Uint8Array, ControlFrame])[] = [
    [vector("PATH_ABANDON"), { kind: "path_abandon", pathId: 1, errorCode: 0 }],
    [vector("PATH_ABANDON", 1), { kind: "path_abandon", pathId: 1, errorCode: 17 }],
    [vector("PATH_STATUS_BACKUP"), { kind: "path_status_backup", pathId: 0, sequence: 15 }],
    [vector("PATH_STATUS_AVAILABLE"), { kind: "path_status_available", pathId: 0, sequence: 15 }],
    [vector("MAX_PATH_ID"), { kind: "max_path_id", maximum: 17 }],
    [vector("PATH_NEW_CONNECTION_ID"), {
      kind: "path_new_connection_id",
      pathId: 1,
      sequence: 7,
      retirePriorTo: 0,
      connectionId: ConnectionId.from(fromHex("0102030405060708")),
      resetToken: token,
    }],
    [vector("PATH_RETIRE_CONNECTION_ID"), { kind: "path_retire_connection_id", pathId: 0, sequence: 2 }],
    [vector("PATHS_BLOCKED"), { kind: "paths_blocked", maximum: 17 }],
    [vector("PATH_CIDS_BLOCKED"), { kind: "path_cids_blocked", pathId: 7, nextSequence: 1 }],
  ];
  for (const [bytes, frame] of frames) {
    assert.equal(toHex(writeOne(frame)), toHex(bytes));
    const [kind, reader] = readOne(bytes);
    assert.equal(kind, frame.kind);
    assert.deepEqual(withIds(reader.control), withIds(frame));
  }
});

Deno.test("PATH_ACK frames are those of draft-ietf-quic-multipath-21", () => {
  const largest = 0x102030405;
  // largest - 5; then two unacknowledged... gap 0 is one packet, gap 5 is six (RFC 9000 19.3.1)
  const pairs = [[largest - 5, largest], [largest - 7, largest - 7], [largest - 26, largest - 14]] as const;
  const ecn = { ect0: 3, ect1: 0, ce: 1 };
  for (const [name, counts] of [["PATH_ACK", null], ["PATH_ACK_ECN", ecn]] as const) {
    const bytes = new Uint8Array(40);
    const end = writeAck(bytes, 0, 0, rangesOf(pairs), 3, 1024, counts);
    assert.equal(toHex(bytes.subarray(0, end)), toHex(vector(name)));
    const [kind, reader] = readOne(vector(name));
    assert.equal(kind, "path_ack");
    assert.equal(reader.pathId, 0);
    assert.equal(reader.ackDelay, 1024);
    assert.deepEqual(pairsOf(reader.ranges), pairs);
    assert.equal(reader.hasEcn, counts !== null);
    assert.deepEqual([reader.ect0, reader.ect1, reader.ce], counts === null ? [0, 0, 0] : [3, 0, 1]);
  }
});

Deno.test("ACK and PATH_ACK frames come back as they were written, in the size that was told", () => {
  const ecns = fc.option(
    fc.tuple(varints, varints, varints).map(([ect0, ect1, ce]) => ({ ect0, ect1, ce })),
    { nil: null },
  );
  fc.assert(
    fc.property(
      rangePairs,
      fc.oneof(fc.constant(-1), fc.nat(2 ** 31)),
      varints,
      ecns,
      fc.nat(400),
      (pairs, pathId, delay, ecn, room) => {
        const ranges = rangesOf(pairs);
        const bytes = new Uint8Array(2000);
        const end = writeAck(bytes, 0, pathId, ranges, ranges.count, delay, ecn);
        assert.equal(end, ackSize(pathId, ranges, ranges.count, delay, ecn));
        const [kind, reader] = readOne(bytes.subarray(0, end));
        assert.equal(kind, pathId < 0 ? "ack" : "path_ack");
        assert.equal(reader.pathId, Math.max(0, pathId));
        assert.equal(reader.ackDelay, delay);
        assert.deepEqual(pairsOf(reader.ranges), pairs);
        assert.deepEqual(reader.hasEcn ? { ect0: reader.ect0, ect1: reader.ect1, ce: reader.ce } : null, ecn);
        const fitting = ackRangesThatFit(room, pathId, ranges, delay, ecn);
        assert(fitting <= ranges.count);
        if (fitting > 0) assert(ackSize(pathId, ranges, fitting, delay, ecn) <= room);
        if (fitting < ranges.count) assert(ackSize(pathId, ranges, ranges.count, delay, ecn) > room);
      },
    ),
  );
});

Deno.test("AckRanges refuses ranges out of order, overlapping and adjacent", () => {
  const ranges = new AckRanges();
  ranges.add(10, 20);
  for (
    const [smallest, largest] of [[5, 9], [5, 10], [12, 15], [30, 40], [7, 6], [-1, 3], [NaN, 3]] as const
  ) {
    assert.throws(() => ranges.add(smallest, largest), { code: "ERR_INVALID_VALUE" });
  }
  ranges.add(5, 8);
  assert.deepEqual(pairsOf(ranges), [[10, 20], [5, 8]]);
});

Deno.test("STREAM frames come back as they were written", () => {
  fc.assert(fc.property(
    varints,
    varints,
    fc.uint8Array({ maxLength: 100 }),
    fc.boolean(),
    fc.boolean(),
    (streamId, at, data, fin, withLength) => {
      const offset = Math.min(at, Number.MAX_SAFE_INTEGER - data.length);
      const length = withLength ? data.length : -1;
      const bytes = new Uint8Array(200);
      const dataStart = writeStreamHeader(bytes, 0, streamId, offset, length, fin);
      assert.equal(dataStart, streamHeaderSize(streamId, offset, length));
      bytes.set(data, dataStart);
      const end = dataStart + data.length;
      const [kind, reader] = readOne(bytes.subarray(0, end));
      assert.equal(kind, "stream");
      assert.deepEqual(
        [reader.streamId, reader.offset, reader.fin, reader.dataStart, reader.dataEnd],
        [streamId, offset, fin, dataStart, end],
      );
      // RFC 9000 19.8
      assert.equal(bytes[0], 0x08 | (offset > 0 ? 4 : 0) | (withLength ? 2 : 0) | (fin ? 1 : 0));
    },
  ));
});

Deno.test("CRYPTO, DATAGRAM and PADDING frames come back as they were written, in one packet", () => {
  fc.assert(fc.property(
    varints.map((value) => Math.min(value, Number.MAX_SAFE_INTEGER - 100)),
    fc.uint8Array({ maxLength: 80 }),
    fc.integer({ min: 1, max: 50 }),
    (offset, data, padding) => {
      const bytes = new Uint8Array(600);
      const crypto = writeCryptoHeader(bytes, 0, offset, data.length);
      assert.equal(crypto, cryptoHeaderSize(offset, data.length));
      bytes.set(data, crypto);
      const padded = writePadding(bytes, crypto + data.length, padding);
      const datagram = writeDatagramHeader(bytes, padded, data.length);
      assert.equal(datagram - padded, datagramHeaderSize(data.length));
      bytes.set(data, datagram);
      const last = writeDatagramHeader(bytes, datagram + data.length, -1);
      assert.equal(last - datagram - data.length, datagramHeaderSize(-1));
      bytes.set(data, last);
      const end = last + data.length;
      const reader = new FrameReader();
      reader.start(bytes, 0, end, "1-rtt", CORE_FRAMES);
      assert.equal(reader.next(), "crypto");
      assert.deepEqual([reader.offset, reader.dataStart, reader.dataEnd], [
        offset,
        crypto,
        crypto + data.length,
      ]);
      assert.equal(reader.next(), "padding");
      assert.equal(reader.paddingBytes, padding);
      assert.equal(reader.frameStart, crypto + data.length);
      assert.equal(reader.next(), "datagram");
      assert.deepEqual([reader.dataStart, reader.dataEnd], [datagram, datagram + data.length]);
      assert.equal(reader.next(), "datagram");
      assert.deepEqual([reader.dataStart, reader.dataEnd], [last, end]);
      assert.equal(reader.next(), null);
    },
  ));
});

Deno.test("another draft of multipath is another table of numbers", () => {
  const older: MultipathCodePoints = {
    initialMaxPathId: "f739bbc1b666d0d",
    pathAck: 0x15228c00,
    pathAbandon: 0x15228c05,
    pathStatusBackup: 0x15228c07,
    pathStatusAvailable: 0x15228c08,
    pathNewConnectionId: 0x15228c09,
    pathRetireConnectionId: 0x15228c0a,
    maxPathId: 0x15228c0c,
    pathsBlocked: 0x15228c0d,
    pathCidsBlocked: 0x15228c0e,
  };
  const types = new FrameTypes(older);
  const frame: ControlFrame = { kind: "path_abandon", pathId: 1, errorCode: 0 };
  const bytes = writeOne(frame, older);
  assert.equal(toHex(bytes), "95228c050100");
  const [kind, reader] = readOne(bytes, types);
  assert.equal(kind, "path_abandon");
  assert.deepEqual(reader.control, frame);
  const ack = new Uint8Array(40);
  const ranges = rangesOf([[0, 3]]);
  const end = writeAck(ack, 0, 2, ranges, 1, 0, { ect0: 0, ect1: 0, ce: 4 }, older);
  assert.equal(end, ackSize(2, ranges, 1, 0, { ect0: 0, ect1: 0, ce: 4 }, older));
  const [ackKind, ackReader] = readOne(ack.subarray(0, end), types);
  assert.deepEqual([ackKind, ackReader.pathId, ackReader.ce], ["path_ack", 2, 4]);
  assert.throws(() => readOne(bytes), { errorCode: 0x07 });
});

Deno.test("a frame is written nowhere rather than past the end", () => {
  const bytes = new Uint8Array(8);
  assert.throws(
    () => writeControlFrame(bytes, 4, { kind: "path_challenge", data: new Uint8Array(8) }),
    RangeError,
  );
  assert.throws(() => writeControlFrame(bytes, 7, { kind: "max_data", maximum: 1000 }), {
    code: "ERR_INVALID_VALUE",
  });
  assert.throws(() => writeStreamHeader(bytes, 0, 4, 2 ** 40, 100, false), { code: "ERR_INVALID_VALUE" });
});
