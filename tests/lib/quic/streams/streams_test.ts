import assert from "node:assert/strict";
import fc from "fast-check";
import type { Side } from "../../../../lib/quic/streams/stream_id.ts";
import { type StreamEvent, Streams } from "../../../../lib/quic/streams/streams.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { QuicError } from "../../../../lib/quic/wire/quic_error.ts";
import { limitsOf, SETTINGS, Wire } from "./wire.ts";

const SIDES: readonly Side[] = ["client", "server"];

function bytesOf(id: number, from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (id * 17 + (from + i) * 5 + ((from + i) >> 8)) & 0xff);
}

function events(streams: Streams): readonly StreamEvent[] {
  const all: StreamEvent[] = [];
  for (let event = streams.pollEvent(); event !== undefined; event = streams.pollEvent()) all.push(event);
  return all;
}

function pump(wire: Wire): void {
  for (let busy = true; busy;) {
    busy = false;
    for (const side of SIDES) {
      wire.send(side, 700);
      while (wire.flying(side) > 0) {
        wire.deliver(side, 0);
        busy = true;
      }
    }
  }
}

function codeOf(work: () => void): number {
  try {
    work();
  } catch (error) {
    assert(error instanceof QuicError, String(error));
    return error.errorCode;
  }
  return -1;
}

const operation = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("open" as const),
      side: fc.constantFrom(...SIDES),
      uni: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant("write" as const),
      nth: fc.nat(),
      length: fc.nat(2500),
      fin: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant("send" as const),
      side: fc.constantFrom(...SIDES),
      size: fc.integer({ min: 1, max: 1200 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constantFrom("deliver" as const, "duplicate" as const, "lose" as const),
      side: fc.constantFrom(...SIDES),
      nth: fc.nat(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant("read" as const),
      side: fc.constantFrom(...SIDES),
      nth: fc.nat(),
    }),
  },
);

Deno.test("every byte of every stream arrives once and in order, whatever is lost, doubled or overtaken", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200, size: "max" }), (operations) => {
      const wire = new Wire();
      const written = new Map<string, { length: number; fin: boolean }>();
      const got = new Map<string, number>();
      const ended = new Set<string>();
      /** Streams that an end may send on, and that it may read. */
      const senders: { side: Side; id: number }[] = [];
      const readers: Record<Side, number[]> = { client: [], server: [] };
      const other = (side: Side): Side => side === "client" ? "server" : "client";
      const noteEvents = (): void => {
        for (const side of SIDES) {
          for (const event of events(wire.ends[side])) {
            if (event.type !== "opened") continue;
            readers[side].push(event.id);
            if (event.id % 4 < 2) senders.push({ side, id: event.id });
          }
        }
      };
      const read = (side: Side, id: number): void => {
        const key = `${other(side)} ${id}`;
        for (;;) {
          const result = wire.ends[side].read(id, 500);
          if (result.type === "end" && !ended.has(key)) {
            assert.equal(written.get(key)?.fin, true, "an end that nobody wrote");
            assert.equal(got.get(key) ?? 0, written.get(key)!.length);
            ended.add(key);
          }
          if (result.type !== "data") return;
          const at = got.get(key) ?? 0;
          assert.deepEqual(result.bytes, bytesOf(id, at, result.bytes.length));
          got.set(key, at + result.bytes.length);
        }
      };
      for (const each of operations) {
        switch (each.act) {
          case "open": {
            const id = wire.ends[each.side].open(each.uni ? "unidirectional" : "bidirectional");
            if (id === null) break;
            senders.push({ side: each.side, id });
            if (!each.uni) readers[each.side].push(id);
            break;
          }
          case "write": {
            const target = senders[each.nth % Math.max(1, senders.length)];
            if (target === undefined) break;
            const key = `${target.side} ${target.id}`;
            const entry = written.get(key) ?? { length: 0, fin: false };
            if (entry.fin) break;
            wire.ends[target.side].write(target.id, bytesOf(target.id, entry.length, each.length));
            entry.length += each.length;
            if (each.fin) {
              wire.ends[target.side].finish(target.id);
              entry.fin = true;
            }
            written.set(key, entry);
            break;
          }
          case "send":
            wire.send(each.side, each.size);
            break;
          case "read": {
            const ids = readers[each.side];
            if (ids.length > 0) read(each.side, ids[each.nth % ids.length]!);
            break;
          }
          default: {
            const count = wire.flying(each.side);
            if (count === 0) break;
            if (each.act === "lose") wire.lose(each.side, each.nth % count);
            else wire.deliver(each.side, each.nth % count, each.act === "deliver");
          }
        }
        noteEvents();
      }
      // From here on nothing is lost: everything must come to its end.
      for (let round = 0; round < 400; round++) {
        pump(wire);
        noteEvents();
        for (const side of SIDES) for (const id of readers[side]) read(side, id);
      }
      for (const [key, { length, fin }] of written) {
        assert.equal(got.get(key) ?? 0, length, key);
        if (fin) assert(ended.has(key), `${key} has no end`);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("a reset reaches the reader with its code, and frees the connection's window", () => {
  const wire = new Wire();
  const id = wire.ends.client.open("unidirectional")!;
  wire.ends.client.write(id, bytesOf(id, 0, 1000));
  pump(wire);
  wire.ends.client.reset(id, 42);
  pump(wire);
  assert.deepEqual(wire.ends.server.read(id), { type: "reset", errorCode: 42 });
  assert(events(wire.ends.client).some((event) => event.type === "delivered"));
  assert.equal(wire.ends.server.size, 0);
  assert.equal(wire.ends.client.size, 0);
});

Deno.test("RFC 9000 3.5: who is asked to stop resets the stream with the same code", () => {
  const wire = new Wire();
  const id = wire.ends.client.open("bidirectional")!;
  wire.ends.client.write(id, bytesOf(id, 0, 500));
  pump(wire);
  wire.ends.server.stopSending(id, 7);
  pump(wire);
  assert.deepEqual(events(wire.ends.client).find(({ type }) => type === "stopped"), {
    type: "stopped",
    id,
    errorCode: 7,
  });
  assert.throws(() => wire.ends.client.write(id, new Uint8Array(1)));
});

Deno.test("an end may open no more streams than it was allowed, until others are over", () => {
  const wire = new Wire();
  const ids = [1, 2].map(() => wire.ends.client.open("unidirectional")!);
  assert.equal(wire.ends.client.open("unidirectional"), null);
  for (const id of ids) wire.ends.client.finish(id);
  pump(wire);
  for (const id of ids) assert.equal(wire.ends.server.read(id).type, "end");
  pump(wire);
  assert(events(wire.ends.client).some((event) => event.type === "streams-available"));
  assert.notEqual(wire.ends.client.open("unidirectional"), null);
});

Deno.test("urgent streams go first, others in turn", () => {
  const wire = new Wire();
  const [a, b, c] = [1, 2, 3].map(() => wire.ends.client.open("bidirectional")!);
  wire.ends.client.setPriority(c!, 1);
  for (const id of [a!, b!, c!]) wire.ends.client.write(id, new Uint8Array(300));
  const order: number[] = [];
  for (;;) {
    const frame = wire.ends.client.nextFrame(() => 100);
    if (frame === null) break;
    order.push(frame.stream.id);
    wire.ends.client.onStreamSent(frame);
  }
  assert.deepEqual(order, [c, c, c, a, b, a, b, a, b]);
});

Deno.test("what a peer may not do with streams ends in the right error", () => {
  const fresh = (): Streams => {
    const streams = new Streams("server", SETTINGS);
    streams.setPeerLimits(limitsOf(SETTINGS));
    return streams;
  };
  const data = new Uint8Array(9000);
  const code = (work: (streams: Streams) => void): number => codeOf(() => work(fresh()));
  const { STREAM_LIMIT_ERROR, STREAM_STATE_ERROR, FLOW_CONTROL_ERROR, FINAL_SIZE_ERROR } = QUIC_ERROR;
  assert.equal(code((s) => s.onStream(12, 0, data, 0, 1, false)), STREAM_LIMIT_ERROR);
  assert.equal(code((s) => s.onStream(10, 0, data, 0, 1, false)), STREAM_LIMIT_ERROR);
  assert.equal(code((s) => s.onStream(1, 0, data, 0, 1, false)), STREAM_STATE_ERROR, "we have not opened it");
  assert.equal(code((s) => s.onStream(3, 0, data, 0, 1, false)), STREAM_STATE_ERROR, "only we send on it");
  assert.equal(
    code((s) => s.onControl({ kind: "stop_sending", streamId: 2, errorCode: 0 })),
    STREAM_STATE_ERROR,
  );
  assert.equal(
    code((s) => s.onControl({ kind: "max_stream_data", streamId: 2, maximum: 9 })),
    STREAM_STATE_ERROR,
  );
  assert.equal(code((s) => s.onStream(0, 0, data, 0, 1501, false)), FLOW_CONTROL_ERROR, "the stream's limit");
  assert.equal(code((s) => s.onStream(0, 2 ** 52, data, 0, 1, false)), FLOW_CONTROL_ERROR);
  assert.equal(
    code((s) => {
      for (const id of [0, 4, 8]) s.onStream(id, 0, data, 0, 1400, false);
    }),
    FLOW_CONTROL_ERROR,
    "the connection's limit",
  );
  const sized = (next: (s: Streams) => void): number =>
    code((s) => {
      s.onStream(0, 0, data, 0, 100, true);
      next(s);
    });
  assert.equal(sized((s) => s.onStream(0, 100, data, 0, 1, false)), FINAL_SIZE_ERROR);
  assert.equal(sized((s) => s.onStream(0, 0, data, 0, 99, true)), FINAL_SIZE_ERROR);
  assert.equal(
    sized((s) => s.onControl({ kind: "reset_stream", streamId: 0, errorCode: 0, finalSize: 101 })),
    FINAL_SIZE_ERROR,
  );
  assert.equal(
    code((s) => {
      s.onStream(0, 0, data, 0, 100, false);
      s.onControl({ kind: "reset_stream", streamId: 0, errorCode: 0, finalSize: 99 });
    }),
    FINAL_SIZE_ERROR,
  );
});

Deno.test("frames for a stream that is over are passed over", () => {
  const wire = new Wire();
  const id = wire.ends.client.open("unidirectional")!;
  wire.ends.client.finish(id);
  pump(wire);
  assert.equal(wire.ends.server.read(id).type, "end");
  wire.ends.server.onStream(id, 0, new Uint8Array(5), 0, 5, false);
  wire.ends.server.onControl({ kind: "reset_stream", streamId: id, errorCode: 1, finalSize: 0 });
  assert.equal(wire.ends.server.read(id).type, "end");
});
