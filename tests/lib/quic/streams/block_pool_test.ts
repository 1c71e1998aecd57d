import assert from "node:assert/strict";
import fc from "fast-check";
import { BLOCK_BYTES, BlockPool, BLOCKS } from "../../../../lib/quic/streams/block_pool.ts";
import { ReceiveBuffer } from "../../../../lib/quic/streams/receive_buffer.ts";
import { SendBuffer } from "../../../../lib/quic/streams/send_buffer.ts";

/** What a stream with this number carries at an offset. */
function byteAt(stream: number, offset: number): number {
  return (offset * 31 + (offset >> 8) * 7 + stream * 101) & 0xff;
}

function content(stream: number, start: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => byteAt(stream, start + i));
}

Deno.test("BlockPool gives back what it was given, and keeps no more than it may", () => {
  const pool = new BlockPool(2);
  const blocks = [pool.take(), pool.take(), pool.take()];
  assert(blocks.every(({ length }) => length === BLOCK_BYTES));
  for (const block of blocks) pool.giveBack(block);
  assert.equal(pool.spare, 2);
  pool.giveBack(new Uint8Array(10));
  assert.equal(pool.spare, 2, "only whole blocks");
  assert(blocks.includes(pool.take()));
  assert.equal(pool.spare, 1);
});

Deno.test("SendBuffer.writeCopy() takes copies: the writer's memory may change at once", () => {
  const buffer = new SendBuffer();
  const own = content(1, 0, 3 * BLOCK_BYTES + 100);
  buffer.writeCopy(own);
  own.fill(0xff);
  const packet = new Uint8Array(own.length);
  buffer.copy({ offset: 0, length: own.length }, packet, 0);
  assert.deepEqual(packet, content(1, 0, own.length));
});

Deno.test("SendBuffer gives blocks back as they are acknowledged, and not before", () => {
  while (BLOCKS.spare > 0) BLOCKS.take();
  const buffer = new SendBuffer();
  buffer.writeCopy(new Uint8Array(2 * BLOCK_BYTES));
  buffer.onSent({ offset: 0, length: 2 * BLOCK_BYTES });
  buffer.onAcked({ offset: BLOCK_BYTES, length: BLOCK_BYTES });
  assert.equal(BLOCKS.spare, 0, "what is before is not acknowledged");
  buffer.onAcked({ offset: 0, length: BLOCK_BYTES - 1 });
  assert.equal(BLOCKS.spare, 0);
  buffer.onAcked({ offset: BLOCK_BYTES - 1, length: 1 });
  assert.equal(BLOCKS.spare, 2);
});

Deno.test("ReceiveBuffer.reuse() gives back the blocks that were read to their end", () => {
  while (BLOCKS.spare > 0) BLOCKS.take();
  const buffer = new ReceiveBuffer();
  const data = content(2, 0, 2 * BLOCK_BYTES + 10);
  buffer.insert(0, data, 0, data.length);
  const first = buffer.read();
  assert.equal(first?.length, BLOCK_BYTES);
  assert.equal(BLOCKS.spare, 0, "the reader has it");
  buffer.reuse();
  assert.equal(BLOCKS.spare, 1);
  buffer.reuse();
  assert.equal(BLOCKS.spare, 1, "once");
});

const act = fc.oneof(
  fc.record({
    kind: fc.constant("send" as const),
    stream: fc.nat(2),
    bytes: fc.integer({ min: 1, max: 150_000 }),
  }),
  fc.record({
    kind: fc.constant("move" as const),
    stream: fc.nat(2),
    bytes: fc.integer({ min: 1, max: 90_000 }),
  }),
  fc.record({
    kind: fc.constant("read" as const),
    stream: fc.nat(2),
    bytes: fc.integer({ min: 1, max: 90_000 }),
  }),
);

Deno.test("streams that share the pool never see each other's bytes, whoever gives blocks back when", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60, size: "max" }), (acts) => {
      const streams = [0, 1, 2].map((number) => ({
        number,
        send: new SendBuffer(),
        receive: new ReceiveBuffer(),
        read: 0,
        last: null as { readonly at: number; readonly bytes: Uint8Array } | null,
      }));
      const check = (stream: (typeof streams)[number]): void => {
        if (stream.last === null) return;
        const { at, bytes } = stream.last;
        assert.deepEqual(bytes, content(stream.number, at, bytes.length), `stream ${stream.number} at ${at}`);
      };
      for (const { kind, stream: index, bytes } of acts) {
        const stream = streams[index]!;
        if (kind === "send") stream.send.writeCopy(content(index, stream.send.writtenBytes, bytes));
        else if (kind === "move") {
          // A packet on its way, and its acknowledgment
          const piece = stream.send.next(bytes, Infinity);
          if (piece === null) continue;
          const packet = new Uint8Array(piece.length);
          stream.send.copy(piece, packet, 0);
          stream.send.onSent(piece);
          stream.receive.insert(piece.offset, packet, 0, packet.length);
          stream.send.onAcked(piece);
        } else {
          check(stream);
          stream.receive.reuse();
          const chunk = stream.receive.read(bytes);
          stream.last = chunk === null ? null : { at: stream.read, bytes: chunk };
          stream.read += chunk?.length ?? 0;
        }
        // What a reader holds stays as it is until it asks for more
        for (const each of streams) check(each);
      }
    }),
    { numRuns: 12 },
  );
});
