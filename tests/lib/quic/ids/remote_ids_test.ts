import assert from "node:assert/strict";
import fc from "fast-check";
import { RemoteIds } from "../../../../lib/quic/ids/remote_ids.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import type { NewConnectionId } from "../../../../lib/quic/wire/frames.ts";
import { errorCodeOf, freshId } from "./support.ts";

const LIMIT = 4;

function frame(sequence: number, retirePriorTo = 0, id = sequence): Omit<NewConnectionId, "kind"> {
  return { sequence, retirePriorTo, ...freshId(id) };
}

function make(limit = LIMIT, sequences: readonly number[] = []): RemoteIds {
  const ids = new RemoteIds(freshId(0).connectionId, limit);
  for (const sequence of sequences) ids.onNew(frame(sequence));
  return ids;
}

function retirements(ids: RemoteIds): readonly number[] {
  const all: number[] = [];
  for (let next = ids.pollRetire(); next !== null; next = ids.pollRetire()) all.push(next);
  return all;
}

function resets(ids: RemoteIds, sequence: number): boolean {
  const datagram = new Uint8Array(40);
  datagram.set(freshId(sequence).resetToken, 20);
  return ids.isReset(datagram, 36);
}

Deno.test("RemoteIds uses the id of the handshake first, which the server may replace", () => {
  const ids = make();
  assert.deepEqual([ids.currentSequence, ids.spare], [0, 0]);
  ids.replaceFirst(freshId(7).connectionId);
  assert(ids.current?.equals(freshId(7).connectionId));
});

Deno.test("RemoteIds waits for the first id of a path that has none", () => {
  const ids = new RemoteIds(null, LIMIT);
  assert.equal(ids.current, undefined);
  assert.equal(ids.change(), false);
  ids.onNew(frame(0));
  assert.deepEqual([ids.currentSequence, ids.spare], [0, 0]);
});

Deno.test("RemoteIds takes the same frame many times (RFC 9000 19.15)", () => {
  const ids = make(LIMIT, [1, 1, 2, 1, 2]);
  assert.equal(ids.spare, 2);
  ids.change();
  ids.onNew(frame(1));
  assert.equal(ids.change(), true);
  ids.onNew(frame(1));
  assert.deepEqual([ids.currentSequence, ids.spare], [2, 0], "1 was used and does not come back");
  assert.deepEqual(retirements(ids), [0, 1]);
});

Deno.test("RemoteIds refuses frames that contradict each other", () => {
  const refused = (sequence: number, id: number): void => {
    const ids = make(LIMIT, [1, 2]);
    assert.equal(errorCodeOf(() => ids.onNew(frame(sequence, 0, id))), QUIC_ERROR.PROTOCOL_VIOLATION);
  };
  refused(1, 5);
  refused(3, 2);
  refused(3, 0);
  const ids = make(LIMIT, [1]);
  const otherToken = { ...frame(1), resetToken: freshId(8).resetToken };
  assert.equal(errorCodeOf(() => ids.onNew(otherToken)), QUIC_ERROR.PROTOCOL_VIOLATION);
});

Deno.test("RemoteIds takes no ids from a peer that chose to have none (RFC 9000 19.15)", () => {
  const ids = new RemoteIds(ConnectionId.EMPTY, LIMIT);
  assert.equal(errorCodeOf(() => ids.onNew(frame(1))), QUIC_ERROR.PROTOCOL_VIOLATION);
  assert.equal(ids.change(), false);
});

Deno.test("RemoteIds closes on more ids than the limit, counted after the retirements (RFC 9000 5.1.1)", () => {
  const ids = make(LIMIT, [1, 2, 3]);
  ids.onNew(frame(4, 1));
  assert.deepEqual(retirements(ids), [0]);
  assert.equal(errorCodeOf(() => ids.onNew(frame(5, 1))), QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR);
});

Deno.test("RemoteIds stops using what has to be retired, and ignores a smaller Retire Prior To", () => {
  const ids = make(LIMIT, [1, 2]);
  ids.onNew(frame(3, 2));
  assert.deepEqual([ids.currentSequence, ids.spare], [2, 1]);
  assert.deepEqual(retirements(ids), [0, 1]);
  ids.onNew(frame(4, 1));
  assert.deepEqual(retirements(ids), []);
});

Deno.test("RemoteIds retires at once, and once only, an id that comes too late (RFC 9000 19.15)", () => {
  const ids = make(LIMIT, [1]);
  ids.onNew(frame(5, 4));
  assert.deepEqual(retirements(ids), [0, 1]);
  ids.onNew(frame(3));
  ids.onNew(frame(3));
  assert.deepEqual(retirements(ids), [3]);
  assert.equal(ids.currentSequence, 5);
});

Deno.test("RemoteIds.change() takes an id that was never used", () => {
  const ids = make(LIMIT, [1, 3]);
  assert.equal(ids.change(), true);
  assert.equal(ids.currentSequence, 1);
  assert.equal(ids.change(), true);
  assert.equal(ids.currentSequence, 3);
  assert.equal(ids.change(), false);
  assert.deepEqual(retirements(ids), [0, 1]);
});

Deno.test("RemoteIds lends an id to validate another address, to be used or given back", () => {
  const ids = make(LIMIT, [1, 2]);
  const first = ids.takeSpare()!;
  assert.deepEqual([first, ids.currentSequence, ids.spare], [1, 0, 1]);
  assert(ids.get(first)?.equals(freshId(1).connectionId));
  const second = ids.takeSpare()!;
  assert.equal(ids.takeSpare(), null);
  ids.retire(second);
  assert.equal(ids.use(second), false);
  assert.equal(ids.use(first), true);
  assert.equal(ids.currentSequence, 1);
  assert.deepEqual(retirements(ids), [2, 0]);
  ids.retire(first);
  assert.deepEqual(retirements(ids), [], "the one in use is not given back");
});

Deno.test("RemoteIds falls back on an id for another address when no other is left", () => {
  const ids = make(LIMIT, [5]);
  ids.takeSpare();
  ids.onNew(frame(2, 1));
  assert.equal(ids.currentSequence, 2);
  const without = make(LIMIT, [1, 5]);
  without.change();
  without.takeSpare();
  without.onNew(frame(1, 0));
  without.onNew(frame(5, 5));
  assert.equal(without.currentSequence, 5);
});

Deno.test("RemoteIds sends a retirement again until it is acknowledged", () => {
  const ids = make(LIMIT, [1]);
  ids.change();
  assert.deepEqual(retirements(ids), [0]);
  ids.onRetireLost(0);
  ids.onRetireLost(0);
  assert.equal(ids.wantsToRetire, true);
  assert.deepEqual(retirements(ids), [0]);
  ids.onRetireAcked(0);
  ids.onRetireLost(0);
  assert.equal(ids.wantsToRetire, false);
});

Deno.test("RemoteIds knows resets by the ids in use, not by unused or retired ones (RFC 9000 10.3.1)", () => {
  const ids = make(LIMIT, [1, 2]);
  ids.setFirstResetToken(freshId(0).resetToken);
  assert.deepEqual([0, 1, 2].map((n) => resets(ids, n)), [true, false, false]);
  ids.change();
  assert.deepEqual([0, 1, 2].map((n) => resets(ids, n)), [false, true, false]);
  ids.takeSpare();
  assert.deepEqual([0, 1, 2].map((n) => resets(ids, n)), [false, true, true]);
  assert.equal(ids.isReset(new Uint8Array(15), 15), false);
  assert.equal(ids.isReset(new Uint8Array(40), 40), false);
  const flipped = freshId(1).resetToken.slice();
  flipped[15]! ^= 1;
  assert.equal(ids.isReset(flipped, 16), false);
});

Deno.test("a peer that never acknowledges retirements is stopped, and not before twice the limit", () => {
  const ids = make();
  let taken = 0;
  const code = errorCodeOf(() => {
    for (let sequence = 1; sequence < 1000; sequence++, taken++) ids.onNew(frame(sequence, sequence));
  });
  assert.equal(code, QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR);
  assert(taken >= 2 * LIMIT && taken <= 4 * LIMIT, `${taken}`);
});

Deno.test("a peer that never acknowledges retirements keeps the id that it has", () => {
  const ids = make();
  let changes = 0;
  for (let sequence = 1; sequence < 100; sequence++) {
    ids.onNew(frame(sequence));
    if (!ids.change()) break;
    changes++;
  }
  assert(changes >= 2 * LIMIT && changes <= 4 * LIMIT, `${changes}`);
  assert.equal(ids.takeSpare(), null);
  for (let sequence = 0; sequence <= changes; sequence++) ids.onRetireAcked(sequence);
  assert.equal(ids.change(), true);
});

Deno.test("a peer that leaves gaps in its sequence numbers is stopped", () => {
  const ids = make();
  const code = errorCodeOf(() => {
    for (let sequence = 2; sequence < 1000; sequence += 2) {
      ids.onNew(frame(sequence, sequence));
      for (const retired of retirements(ids)) ids.onRetireAcked(retired);
    }
  });
  assert.equal(code, QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR);
});

Deno.test("RemoteIds bears the largest numbers", () => {
  const ids = make();
  const largest = Number.MAX_SAFE_INTEGER;
  ids.onNew({ sequence: largest, retirePriorTo: largest, ...freshId(3) });
  assert.equal(ids.currentSequence, largest);
  assert.deepEqual(retirements(ids), [0]);
});

Deno.test("RemoteIds is as a plain set of ids, in whatever order frames come", () => {
  const act = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("new" as const),
        sequence: fc.nat(14),
        retirePriorTo: fc.oneof(fc.constant(0), fc.nat(14)),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("change" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("deliver" as const), lost: fc.boolean() }) },
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const ids = make(8);
      const active = new Set([0]);
      const seen = new Set([0]);
      const retired = new Set<number>();
      const told: number[] = [];
      const retire = (sequence: number): void => {
        active.delete(sequence);
        retired.add(sequence);
      };
      let current = 0;
      let floor = 0;
      for (const each of acts) {
        if (each.kind === "change") {
          const changed = ids.change();
          if (changed) {
            retire(current);
            current = ids.currentSequence;
          }
        } else if (each.kind === "deliver") {
          const next = ids.pollRetire();
          if (next === null) continue;
          if (each.lost) ids.onRetireLost(next);
          else {
            ids.onRetireAcked(next);
            told.push(next);
          }
        } else {
          const { sequence } = each;
          const prior = Math.min(each.retirePriorTo, sequence);
          if (errorCodeOf(() => ids.onNew(frame(sequence, prior))) !== -1) {
            const after = [...active, sequence].filter((n) => n >= prior && !retired.has(n));
            assert(new Set(after).size > 8 || retired.size > 8, "closed for nothing");
            return;
          }
          if (!seen.has(sequence)) active.add(sequence);
          seen.add(sequence);
          floor = Math.max(floor, prior);
          for (const old of [...active]) {
            if (old < floor) retire(old);
          }
          current = ids.currentSequence;
        }
        const known = Array.from({ length: 15 }, (_, n) => n).filter((n) => ids.get(n) !== undefined);
        assert.deepEqual(known, [...active].sort((a, b) => a - b));
        if (active.size > 0) assert(active.has(ids.currentSequence), "it sends to an id that is not retired");
        assert(known.every((n) => n >= floor));
      }
      for (let next = ids.pollRetire(); next !== null; next = ids.pollRetire()) {
        told.push(next);
      }
      assert.deepEqual([...told].sort((a, b) => a - b), [...retired].sort((a, b) => a - b), "each once");
    }),
    { numRuns: 500 },
  );
});
