import assert from "node:assert/strict";
import fc from "fast-check";
import { toHex } from "../../../../lib/base/bytes.ts";
import {
  decodePacketNumber,
  packetNumberSize,
  readPacketNumber,
  writePacketNumber,
} from "../../../../lib/quic/wire/packet_number.ts";

Deno.test("packetNumberSize() gives the sizes of RFC 9000 A.2", () => {
  assert.equal(packetNumberSize(0xac5c02, 0xabe8b3), 2);
  assert.equal(packetNumberSize(0xace8fe, 0xabe8b3), 3);
});

Deno.test("decodePacketNumber() gives the packet number of RFC 9000 A.3", () => {
  assert.equal(decodePacketNumber(0xa82f30ea, 0x9b32, 2), 0xa82f9b32);
});

Deno.test("the first packet of a space has one byte, and more from 128 unacknowledged ones on", () => {
  assert.equal(packetNumberSize(0, -1), 1);
  assert.equal(packetNumberSize(127, -1), 1);
  assert.equal(packetNumberSize(128, -1), 2);
  assert.equal(packetNumberSize(2 ** 31 - 1, -1), 4);
  assert.throws(() => packetNumberSize(2 ** 31, -1), { code: "ERR_LIMIT" });
});

/** A packet number, the largest acknowledged one, and one that the receiver has by then. */
const flights = fc.tuple(
  fc.oneof(fc.nat(1000), fc.maxSafeNat()),
  fc.oneof(fc.nat(300), fc.nat(70000), fc.nat(2 ** 31 - 2)),
  fc.double({ min: 0, max: 1, noNaN: true }),
).map(([packetNumber, unacknowledged, share]) => {
  const acknowledged = Math.max(-1, packetNumber - 1 - unacknowledged);
  const received = acknowledged + Math.floor(share * (packetNumber - 1 - acknowledged));
  return { packetNumber, acknowledged, received };
});

Deno.test("a packet number comes back whatever the receiver has got between the acknowledged one and it", () => {
  fc.assert(
    fc.property(flights, ({ packetNumber, acknowledged, received }) => {
      const size = packetNumberSize(packetNumber, acknowledged);
      const bytes = new Uint8Array(8);
      assert.equal(writePacketNumber(bytes, 2, packetNumber, size), 2 + size);
      const truncated = readPacketNumber(bytes, 2, size);
      assert.equal(decodePacketNumber(received, truncated, size), packetNumber);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a packet that arrives late has its number decoded downwards", () => {
  assert.equal(decodePacketNumber(300, 250, 1), 250);
  assert.equal(decodePacketNumber(300, 44, 1), 300);
  assert.equal(decodePacketNumber(0, 255, 1), 255);
  assert.equal(decodePacketNumber(2 ** 40, 0xffff, 2), 2 ** 40 - 1);
});

Deno.test("writePacketNumber() writes the low bytes, beyond 32 bits too", () => {
  const bytes = new Uint8Array(4);
  for (const [size, hex] of [[1, "04"], [2, "0304"], [3, "020304"], [4, "01020304"]] as const) {
    writePacketNumber(bytes, 0, 0x12_3401020304, size);
    assert.equal(toHex(bytes.subarray(0, size)), hex);
  }
});
