import assert from "node:assert/strict";
import fc from "fast-check";
import { PointerCache, pointersInto } from "../../ffi/pointers.ts";
import { requires } from "../support/requires.ts";

Deno.test({
  name: "PointerCache points to the byte that was asked for, however many others were asked for before",
  ...requires("ffi"),
  fn() {
    const buffer = new Uint8Array(1 << 20);
    const cache = new PointerCache(buffer);
    const base = Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
    const check = (offset: number): void => {
      assert.equal(Deno.UnsafePointer.value(cache.at(offset)), base + BigInt(offset), `offset ${offset}`);
    };
    // Three places each of a thousand packets, some more than once: more than the cache has room for at any size
    for (let round = 0; round < 3; round++) {
      for (let packet = 0; packet < 5000; packet++) {
        for (const place of [0, 20, 180]) check(packet * 200 + place);
      }
    }
    fc.assert(fc.property(fc.array(fc.nat(buffer.length - 1)), (offsets) => offsets.forEach(check)));
  },
});

Deno.test({
  name: "pointersInto() keeps buffers apart when more of them take turns than it remembers",
  ...requires("ffi"),
  fn() {
    const buffers = Array.from({ length: 9 }, () => new Uint8Array(64));
    for (let round = 0; round < 5; round++) {
      for (const buffer of buffers) {
        const expected = Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
        assert.equal(Deno.UnsafePointer.value(pointersInto(buffer).at(0)), expected);
        assert.equal(pointersInto(buffer), pointersInto(buffer));
      }
    }
  },
});
