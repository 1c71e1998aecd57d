import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteReader, ByteWriter, fromHex, toHex } from "../../../lib/base/bytes.ts";
import { MptError } from "../../../lib/base/errors.ts";

const WIDTHS = { u8: 1, u16: 2, u16le: 2, u32: 4, u32le: 4, u64: 8, u64le: 8 } as const;
type NumberKind = keyof typeof WIDTHS;
const NUMBERS: readonly NumberKind[] = ["u8", "u16", "u16le", "u32", "u32le", "u64", "u64le"];

type Field =
  | { readonly kind: NumberKind; readonly value: number }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "zeros"; readonly value: number };

function limit(kind: NumberKind): number {
  return WIDTHS[kind] === 8 ? Number.MAX_SAFE_INTEGER : 2 ** (8 * WIDTHS[kind]) - 1;
}

const fields: fc.Arbitrary<readonly Field[]> = fc.array(
  fc.oneof(
    fc.constantFrom(...NUMBERS).chain((kind) =>
      fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, limit(kind))).map((value): Field => ({
        kind,
        value: value % (limit(kind) + 1) || (value && limit(kind)),
      }))
    ),
    fc.uint8Array({ maxLength: 40 }).map((value): Field => ({ kind: "bytes", value })),
    fc.nat(9).map((value): Field => ({ kind: "zeros", value })),
  ),
);

function write(list: readonly Field[], capacity: number): Uint8Array {
  const writer = new ByteWriter(capacity);
  for (const field of list) {
    if (field.kind === "bytes") writer.bytes(field.value);
    else if (field.kind === "zeros") writer.zeros(field.value);
    else writer[field.kind](field.value);
  }
  return writer.finish();
}

function read(list: readonly Field[], reader: ByteReader): readonly Field[] {
  return list.map((field): Field => {
    if (field.kind === "bytes") return { kind: "bytes", value: reader.bytes(field.value.length).slice() };
    if (field.kind === "zeros") {
      assert.ok(reader.bytes(field.value).every((byte) => byte === 0));
      return field;
    }
    return { kind: field.kind, value: reader[field.kind]() };
  });
}

Deno.test("ByteReader reads what ByteWriter wrote, at any first capacity and offset", () => {
  fc.assert(fc.property(fields, fc.nat(80), fc.nat(7), (list, capacity, shift) => {
    const bytes = write(list, capacity);
    const shifted = new Uint8Array(shift + bytes.length + 3);
    shifted.set(bytes, shift);
    const reader = new ByteReader(shifted.subarray(shift, shift + bytes.length));
    assert.deepEqual(read(list, reader), list);
    assert.equal(reader.remaining, 0);
    assert.equal(reader.offset, bytes.length);
  }));
});

Deno.test("ByteReader fails cleanly on every truncation", () => {
  fc.assert(fc.property(fields, (list) => {
    const bytes = write(list, 16);
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => read(list, new ByteReader(bytes.subarray(0, length))), {
        name: "MptError",
        code: "ERR_PROTOCOL",
        message: /^Cannot read \d+ bytes at offset \d+: only \d+ are left$/,
      });
    }
  }));
});

Deno.test("ByteReader consumes nothing when a read fails", () => {
  const reader = new ByteReader(fromHex("ffffffffffffff"));
  reader.skip(2);
  for (const kind of ["u64", "u64le"] as const) {
    assert.throws(() => reader[kind](), { message: "Cannot read 8 bytes at offset 2: only 5 are left" });
  }
  assert.throws(() => reader.bytes(6), { code: "ERR_PROTOCOL" });
  assert.equal(reader.offset, 2);
  assert.equal(reader.u32(), 0xffffffff);
});

Deno.test("ByteReader refuses a length that is negative or no whole number", () => {
  const reader = new ByteReader(new Uint8Array(8));
  for (const length of [-1, 0.5, NaN, Infinity]) {
    assert.throws(() => reader.bytes(length), { code: "ERR_PROTOCOL" });
    assert.throws(() => reader.skip(length), { code: "ERR_PROTOCOL" });
  }
  assert.equal(reader.offset, 0);
});

Deno.test("ByteReader refuses 64-bit numbers from 2^53 on", () => {
  assert.equal(new ByteReader(fromHex("001fffff ffffffff")).u64(), Number.MAX_SAFE_INTEGER);
  assert.equal(new ByteReader(fromHex("ffffffff ffff1f00")).u64le(), Number.MAX_SAFE_INTEGER);
  for (const hex of ["00200000 00000000", "ffffffff ffffffff"]) {
    assert.throws(() => new ByteReader(fromHex(hex)).u64(), {
      code: "ERR_PROTOCOL",
      message: "Cannot read 8 bytes at offset 0: the number is beyond 2^53",
    });
    assert.throws(() => new ByteReader(fromHex(hex).reverse()).u64le(), { code: "ERR_PROTOCOL" });
  }
});

Deno.test("ByteReader and ByteWriter put the bytes in the order of their names", () => {
  const writer = new ByteWriter(0);
  writer.u16(0x0102);
  writer.u16le(0x0102);
  writer.u32(0x01020304);
  writer.u32le(0x01020304);
  writer.u64(0x0001020304050607);
  writer.u64le(0x0001020304050607);
  assert.equal(toHex(writer.finish()), "01020201010203040403020100010203040506070706050403020100");
});

Deno.test("ByteReader.bytes() is a view, ByteWriter.finish() is a copy", () => {
  const source = fromHex("0102");
  new ByteReader(source).bytes(1)[0] = 9;
  assert.equal(source[0], 9);
  const writer = new ByteWriter();
  writer.bytes(source);
  const first = writer.finish();
  writer.patchU8(0, 7);
  writer.u8(8);
  assert.equal(toHex(first), "0902");
  assert.equal(toHex(writer.finish()), "070208");
});

Deno.test("ByteWriter patches only what is written", () => {
  const writer = new ByteWriter();
  writer.zeros(13);
  writer.patchU8(0, 1);
  writer.patchU16(1, 2);
  writer.patchU16le(3, 3);
  writer.patchU32(5, 4);
  writer.patchU32le(9, 5);
  assert.equal(toHex(writer.finish()), "01 0002 0300 00000004 05000000".replaceAll(" ", ""));
  for (const offset of [-1, 0.5, 10, 13, NaN]) {
    assert.throws(() => writer.patchU32(offset, 0), { code: "ERR_INVALID_VALUE" });
  }
  assert.throws(() => writer.patchU8(13, 0), { code: "ERR_INVALID_VALUE" });
  assert.throws(() => writer.patchU16le(12, 0), { code: "ERR_INVALID_VALUE" });
});

Deno.test("ByteWriter refuses a number that does not fit and writes nothing", () => {
  const writer = new ByteWriter();
  for (const kind of NUMBERS) {
    for (const value of [-1, 0.5, NaN, limit(kind) + 1]) {
      assert.throws(() => writer[kind](value), { code: "ERR_INVALID_VALUE" }, `${value} as ${kind}`);
    }
  }
  assert.throws(() => writer.zeros(-1), { code: "ERR_INVALID_VALUE" });
  assert.equal(writer.length, 0);
});

Deno.test("fromHex() reads what toHex() wrote, with any separators of fields", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.constantFrom("", " ", "|", " | ", "\n"), (bytes, separator) => {
    assert.deepEqual(fromHex(toHex(bytes, separator)), bytes);
    assert.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes);
  }));
});

Deno.test("fromHex() refuses another character and an odd number of digits", () => {
  for (const text of ["0", "0g", "0x00", "00:00", "1 2 3"]) {
    assert.throws(
      () => fromHex(text),
      (error) => error instanceof MptError && error.code === "ERR_INVALID_VALUE",
    );
  }
  assert.throws(() => fromHex("123"), /number of digits is odd/);
});
