import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex, toHex } from "../../../../lib/base/bytes.ts";
import {
  lengthThatFits,
  varintAt,
  varintSize,
  varintSizeOf,
  writeVarint,
} from "../../../../lib/quic/wire/varint.ts";
import { WireReader } from "../../../../lib/quic/wire/wire_reader.ts";
import { varints } from "./arbitraries.ts";

function readerOf(hex: string): WireReader {
  const bytes = fromHex(hex);
  const reader = new WireReader("a test", 0x07);
  reader.reset(bytes, 0, bytes.length);
  return reader;
}

Deno.test("varints read as in RFC 9000 A.1, the two-byte form of 37 too", () => {
  for (
    const [hex, value] of [
      ["9d7f3e7d", 494_878_333],
      ["7bbd", 15_293],
      ["25", 37],
      ["4025", 37],
    ] as const
  ) {
    assert.equal(readerOf(hex).varint(), value);
  }
  // 151,288,809,941,952,652 is beyond 2^53
  assert.throws(() => readerOf("c2197c5eff14e88c").varint(), { name: "QuicError", errorCode: 0x0a });
  assert.equal(readerOf("c2197c5eff14e88c").clampedVarint(), Number.MAX_SAFE_INTEGER);
});

Deno.test("varintAt() reads what writeVarint() wrote, in as few bytes as it takes", () => {
  fc.assert(fc.property(varints, fc.nat(5), (value, at) => {
    const bytes = new Uint8Array(16).fill(0xff);
    const end = writeVarint(bytes, at, value);
    assert.equal(end - at, varintSize(value));
    assert.equal(varintSizeOf(bytes[at]!), varintSize(value));
    assert.equal(varintAt(bytes, at), value);
    assert(bytes.subarray(end).every((byte) => byte === 0xff));
  }));
});

Deno.test("varints change their size at the limits of RFC 9000 16", () => {
  for (
    const [value, hex] of [
      [0, "00"],
      [63, "3f"],
      [64, "4040"],
      [16383, "7fff"],
      [16384, "80004000"],
      [2 ** 30 - 1, "bfffffff"],
      [2 ** 30, "c000000040000000"],
      [2 ** 53 - 1, "c01fffffffffffff"],
    ] as const
  ) {
    const bytes = new Uint8Array(8);
    assert.equal(toHex(bytes.subarray(0, writeVarint(bytes, 0, value))), hex);
    assert.equal(readerOf(hex).varint(), value);
  }
});

Deno.test("writeVarint() refuses what is no varint, and what does not fit, and writes nothing", () => {
  const bytes = new Uint8Array(8);
  for (const value of [-1, 0.5, 100.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => writeVarint(bytes, 0, value), { code: "ERR_INVALID_VALUE" });
  }
  assert.throws(() => writeVarint(bytes, 8, 1), { code: "ERR_INVALID_VALUE" });
  assert.throws(() => writeVarint(bytes, 5, 2 ** 29), { code: "ERR_INVALID_VALUE" });
  assert(bytes.every((byte) => byte === 0));
});

Deno.test("WireReader refuses numbers from 2^53 on with the code that it is given, and clamps on demand", () => {
  for (const hex of ["c020000000000000", "ffffffffffffffff", "c020000000000001"]) {
    assert.throws(() => readerOf(hex).varint(), { errorCode: 0x0a });
    assert.throws(() => readerOf(hex).varint(0x04), { errorCode: 0x04, message: /a test/ });
    assert.equal(readerOf(hex).clampedVarint(), 2 ** 53 - 1);
  }
});

Deno.test("WireReader tells 2^60 from the number above it", () => {
  for (
    const [hex, larger] of [["d000000000000000", false], ["d000000000000001", true], [
      "cfffffffffffffff",
      false,
    ], ["3f", false]] as const
  ) {
    const reader = readerOf(hex);
    reader.clampedVarint();
    assert.equal(reader.lastExceedsTwoTo60, larger, hex);
  }
});

Deno.test("WireReader fails on every truncation and never looks behind its end", () => {
  for (const hex of ["7bbd", "9d7f3e7d", "c2197c5eff14e88c"]) {
    const bytes = fromHex(hex);
    for (let end = 0; end < bytes.length; end++) {
      const reader = new WireReader("a test", 0x07);
      reader.reset(bytes, 0, end);
      const truncated = {
        name: "QuicError",
        errorCode: 0x07,
        message: "Cannot read a test: it ends in the middle",
      };
      assert.throws(() => reader.varint(), truncated);
      assert.throws(() => reader.clampedVarint(), truncated);
      assert.throws(() => reader.copy(end + 1), truncated);
      assert.equal(reader.offset, 0);
    }
  }
  assert.throws(() => new WireReader("a test", 7).reset(new Uint8Array(4), 0, 5), {
    code: "ERR_INVALID_VALUE",
  });
});

Deno.test("lengthThatFits() is the largest length that fits with its varint", () => {
  for (let room = 0; room <= 20000; room++) {
    const length = lengthThatFits(room);
    if (room === 0) assert.equal(length, -1);
    else {
      assert(varintSize(length) + length <= room, `${room}`);
      assert(varintSize(length + 1) + length + 1 > room, `${room}`);
    }
  }
});
