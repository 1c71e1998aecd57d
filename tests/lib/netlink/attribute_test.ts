import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex, toHex } from "../../../lib/base/hex.ts";
import { MptError } from "../../../lib/base/errors.ts";
import {
  attributeMap,
  attributeNumber,
  attributes,
  attributeText,
  AttributeWriter,
} from "../../../lib/netlink/attribute.ts";

const isProtocolError = { name: "MptError", code: "ERR_PROTOCOL" };

const list = fc.array(fc.record({
  type: fc.nat(0x3fff),
  payload: fc.uint8Array({ maxLength: 70 }),
}));

Deno.test("AttributeWriter pads to four bytes and leaves the padding out of the length", () => {
  const written = new AttributeWriter().bytes(9, Uint8Array.of(0xaa)).u32(2, 0x01020304).text(1, "abc");
  assert.equal(
    toHex(written.finish()),
    toHex(fromHex("0500 0900 aa 000000 | 0800 0200 04030201 | 0800 0100 61626300")),
  );
});

Deno.test("attributes() reads what AttributeWriter wrote, nested too", () => {
  fc.assert(fc.property(list, (entries) => {
    const inner = new AttributeWriter();
    for (const { type, payload } of entries) inner.bytes(type, payload);
    const [outer] = attributes(new AttributeWriter().nested(7, inner).finish());
    assert.equal(outer?.type, 7);
    const read = [...attributes(outer.payload)];
    assert.deepEqual(
      read.map(({ type, payload }) => [type, payload.slice()]),
      entries.map(({ type, payload }) => [type, payload]),
    );
  }));
});

Deno.test("attributes() takes the flags for nested and byte order out of the type", () => {
  assert.equal([...attributes(fromHex("0400 1380"))][0]?.type, 0x13);
  assert.equal([...attributes(fromHex("0400 13c0"))][0]?.type, 0x13);
});

Deno.test("attributes() takes a last attribute without its padding", () => {
  assert.deepEqual([...attributes(fromHex("0500 0100 2a"))], [{ type: 1, payload: Uint8Array.of(42) }]);
});

for (
  const [claim, hex] of [
    ["a length shorter than its header", "0300 0100 00000000"],
    ["a length of zero, which would never end", "0000 0100"],
    ["a length beyond the end", "0900 0100 00000000"],
    ["the rest of a header", "0400 0100 0400"],
  ] as const
) {
  Deno.test(`attributes() refuses ${claim}`, () => {
    assert.throws(() => [...attributes(fromHex(hex))], isProtocolError);
  });
}

Deno.test("attributes() ends with the list or a protocol error, whatever the bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    try {
      const total = [...attributes(bytes)].reduce((sum, { payload }) => sum + 4 + payload.length, 0);
      assert.ok(total <= bytes.length);
    } catch (error) {
      assert.ok(error instanceof MptError && error.code === "ERR_PROTOCOL");
    }
  }));
});

Deno.test("attributeMap() keeps the last of several with the same type", () => {
  assert.deepEqual(attributeMap(fromHex("0500 0100 01 000000 0500 0100 02 000000")).get(1), Uint8Array.of(2));
});

Deno.test("attributeNumber() reads 1, 2 and 4 bytes without a sign and refuses other lengths", () => {
  assert.equal(attributeNumber(fromHex("ff")), 255);
  assert.equal(attributeNumber(fromHex("feff")), 0xfffe);
  assert.equal(attributeNumber(fromHex("ffffffff")), 0xffff_ffff);
  for (const hex of ["", "010203", "0102030405060708"]) {
    assert.throws(() => attributeNumber(fromHex(hex)), isProtocolError);
  }
});

Deno.test("attributeText() ends at the NUL, or at the end", () => {
  assert.equal(attributeText(fromHex("65746830 00 61")), "eth0");
  assert.equal(attributeText(fromHex("6574")), "et");
});
