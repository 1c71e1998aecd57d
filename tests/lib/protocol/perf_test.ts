import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodePerfHeader,
  encodePerfHeader,
  looksLikeHttp,
  PERF_HEADER_BYTES,
} from "../../../lib/protocol/perf.ts";

/** 8 bytes, most significant first. */
function header(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PERF_HEADER_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

Deno.test("encodePerfHeader() is the number of bytes in 8 bytes, big-endian", () => {
  assert.deepEqual(encodePerfHeader(0), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0));
  assert.deepEqual(encodePerfHeader(0x0102_0304_0506), Uint8Array.of(0, 0, 1, 2, 3, 4, 5, 6));
  assert.deepEqual(
    encodePerfHeader(Number.MAX_SAFE_INTEGER),
    Uint8Array.of(0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
  );
});

Deno.test("decodePerfHeader() reads what encodePerfHeader() wrote, anywhere in a buffer", () => {
  fc.assert(fc.property(fc.maxSafeNat(), fc.nat(16), (wanted, offset) => {
    const buffer = new Uint8Array(offset + PERF_HEADER_BYTES + 3).fill(0xaa);
    buffer.set(encodePerfHeader(wanted), offset);
    assert.equal(decodePerfHeader(buffer.subarray(offset)), wanted);
  }));
});

Deno.test("encodePerfHeader() refuses what is no number of bytes", () => {
  for (const wanted of [-1, 0.5, 2 ** 53, Infinity, NaN]) {
    assert.throws(() => encodePerfHeader(wanted), { code: "ERR_INVALID_VALUE", message: /^Cannot ask for / });
  }
});

Deno.test("decodePerfHeader() says Infinity from 2^53 on: more than any limit", () => {
  assert.equal(decodePerfHeader(header(2n ** 53n - 1n)), 2 ** 53 - 1);
  for (const value of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    assert.equal(decodePerfHeader(header(value)), Infinity, String(value));
  }
});

Deno.test("looksLikeHttp() tells a request from every perf header that is within a limit", () => {
  for (const method of ["GET", "HEAD", "POST", "OPTIONS", "CONNECT"]) {
    assert(looksLikeHttp(method.charCodeAt(0)), method);
  }
  fc.assert(fc.property(fc.maxSafeNat(), (wanted) => !looksLikeHttp(encodePerfHeader(wanted)[0]!)));
  for (const byte of [0x00, 0x16, 0x40, 0x5b, 0x61, 0x80, 0xff]) assert(!looksLikeHttp(byte));
});
