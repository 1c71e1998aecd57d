import assert from "node:assert/strict";
import fc from "fast-check";
import { type Piece, SendBuffer } from "../../../../lib/quic/streams/send_buffer.ts";

function content(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

const act = fc.oneof(
  { weight: 2, arbitrary: fc.record({ write: fc.nat(3000) }) },
  { weight: 4, arbitrary: fc.record({ send: fc.integer({ min: 1, max: 1200 }) }) },
  { weight: 3, arbitrary: fc.record({ ack: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ lose: fc.nat() }) },
);

Deno.test("SendBuffer sends every byte as written until it is acknowledged, and never one that is", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 150, size: "max" }), (acts) => {
      const buffer = new SendBuffer();
      const all = content(1_000_000);
      const acked = new Set<number>();
      const flying: Piece[] = [];
      let written = 0;
      for (const each of acts) {
        if ("write" in each) {
          buffer.write(all.slice(written, written + each.write));
          written += each.write;
        } else if ("send" in each) {
          const piece = buffer.next(each.send, Infinity);
          if (piece === null) {
            assert.equal(buffer.unsentBytes, 0);
            continue;
          }
          assert(piece.length >= 1 && piece.length <= each.send);
          const packet = new Uint8Array(piece.length + 2);
          buffer.copy(piece, packet, 1);
          assert.deepEqual(packet.subarray(1, -1), all.subarray(piece.offset, piece.offset + piece.length));
          assert.equal(acked.has(piece.offset), false, "it was acknowledged");
          buffer.onSent(piece);
          flying.push(piece);
        } else if (flying.length > 0) {
          const [piece] = flying.splice(("ack" in each ? each.ack : each.lose) % flying.length, 1);
          if ("ack" in each) {
            buffer.onAcked(piece!);
            for (let i = 0; i < piece!.length; i++) acked.add(piece!.offset + i);
          } else {
            buffer.onLost(piece!);
          }
        }
        let prefix = 0;
        while (acked.has(prefix)) prefix++;
        assert.equal(buffer.unackedBytes, written - prefix);
      }
      // In the end everything gets through.
      for (const piece of flying) buffer.onLost(piece);
      for (let piece = buffer.next(1200, Infinity); piece !== null; piece = buffer.next(1200, Infinity)) {
        buffer.onSent(piece);
        buffer.onAcked(piece);
      }
      assert.equal(buffer.isAcked, true);
      assert.equal(buffer.unackedBytes, 0);
    }),
    { numRuns: 60 },
  );
});

Deno.test("SendBuffer.next() keeps to the flow control limit for new bytes only", () => {
  const buffer = new SendBuffer();
  buffer.write(content(100));
  const first = buffer.next(1200, 60)!;
  assert.deepEqual(first, { offset: 0, length: 60 });
  buffer.onSent(first);
  assert.equal(buffer.next(1200, 60), null);
  buffer.onLost({ offset: 10, length: 20 });
  assert.equal(buffer.hasRetransmissions, true);
  assert.deepEqual(buffer.next(1200, 0), { offset: 10, length: 20 });
});

Deno.test("SendBuffer.onAcked() tells how many bytes the writer gets back", () => {
  const buffer = new SendBuffer();
  buffer.write(content(100));
  buffer.onSent({ offset: 0, length: 100 });
  assert.equal(buffer.onAcked({ offset: 50, length: 50 }), 0);
  assert.equal(buffer.onAcked({ offset: 0, length: 30 }), 30);
  assert.equal(buffer.onAcked({ offset: 20, length: 30 }), 70);
  assert.equal(buffer.onAcked({ offset: 0, length: 100 }), 0);
});
