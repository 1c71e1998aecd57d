import assert from "node:assert/strict";
import fc from "fast-check";
import { type IssuedId, LocalIds } from "../../../../lib/quic/ids/local_ids.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { errorCodeOf, freshId, idMaker } from "./support.ts";

const FIRST = freshId(0).connectionId;
const ELSEWHERE = freshId(99, 9).connectionId;

function make(wanted = 4, peerLimit: number | null = 8): LocalIds {
  const ids = new LocalIds({ first: FIRST, wanted, make: idMaker() });
  if (peerLimit !== null) ids.setPeerLimit(peerLimit);
  return ids;
}

function issueAll(ids: LocalIds): readonly IssuedId[] {
  const issued: IssuedId[] = [];
  for (let id = ids.poll(); id !== null; id = ids.poll()) issued.push(id);
  return issued;
}

Deno.test("LocalIds issues nothing before the peer's limit is known", () => {
  const ids = make(4, null);
  assert.equal(ids.wantsToIssue, false);
  assert.equal(ids.poll(), null);
});

Deno.test("LocalIds counts sequence numbers up from the id of the handshake", () => {
  const ids = make();
  assert.deepEqual(issueAll(ids).map(({ sequence }) => sequence), [1, 2, 3]);
  assert.equal(ids.nextSequence, 4);
  assert.equal([...ids.active].length, 4);
});

Deno.test("LocalIds starts with sequence number 0 on a path that has no id yet", () => {
  const ids = new LocalIds({ first: null, wanted: 2, make: idMaker() });
  ids.setPeerLimit(2);
  assert.deepEqual(issueAll(ids).map(({ sequence }) => sequence), [0, 1]);
});

Deno.test("LocalIds gives the id of a preferred address sequence number 1", () => {
  const ids = make(4, null);
  ids.addPreferred(freshId(50));
  ids.setPeerLimit(8);
  assert.deepEqual(issueAll(ids).map(({ sequence }) => sequence), [2, 3]);
});

Deno.test("LocalIds never issues more than the peer's limit", () => {
  assert.equal(issueAll(make(8, 2)).length, 1);
});

Deno.test("LocalIds replaces what the peer retires, and forgets it once", () => {
  const ids = make();
  const [, second] = issueAll(ids);
  assert.equal(ids.onRetire(2, FIRST), second!.connectionId);
  assert.equal(ids.wantsToIssue, true);
  assert.deepEqual(issueAll(ids).map(({ sequence }) => sequence), [4]);
  assert.equal(ids.onRetire(2, FIRST), null, "the same frame once more");
  assert.equal(ids.wantsToIssue, false);
});

Deno.test("LocalIds refuses to retire what was never issued, or the id of the packet (RFC 9000 19.16)", () => {
  const ids = make();
  issueAll(ids);
  assert.equal(errorCodeOf(() => ids.onRetire(4, FIRST)), QUIC_ERROR.PROTOCOL_VIOLATION);
  assert.equal(errorCodeOf(() => ids.onRetire(0, FIRST)), QUIC_ERROR.PROTOCOL_VIOLATION);
  assert.equal(
    errorCodeOf(() => ids.onRetire(Number.MAX_SAFE_INTEGER, FIRST)),
    QUIC_ERROR.PROTOCOL_VIOLATION,
  );
  assert.equal([...ids.active].length, 4);
});

Deno.test("LocalIds neither issues nor retires ids of a peer that sends without one", () => {
  const ids = new LocalIds({ first: ConnectionId.EMPTY, wanted: 4, make: idMaker() });
  ids.setPeerLimit(8);
  assert.equal(ids.poll(), null);
  assert.equal(ids.rotate(), null);
  assert.equal(errorCodeOf(() => ids.onRetire(0, ELSEWHERE)), QUIC_ERROR.PROTOCOL_VIOLATION);
});

Deno.test("LocalIds repeats an id whose frame was lost, unless it is retired", () => {
  const ids = make();
  const [first, second] = issueAll(ids);
  ids.onLost(1);
  ids.onLost(2);
  ids.onLost(0);
  ids.onLost(77);
  ids.onRetire(2, FIRST);
  const [again, fresh, ...more] = issueAll(ids);
  assert.equal(again?.connectionId, first?.connectionId);
  assert.deepEqual(again?.resetToken, first?.resetToken);
  assert.equal(fresh?.sequence, 4);
  assert.notEqual(`${fresh?.connectionId}`, `${second?.connectionId}`);
  assert.deepEqual(more, []);
});

Deno.test("LocalIds does not repeat an id that the peer has acknowledged, though its frame was taken for lost", () => {
  const ids = make();
  issueAll(ids);
  ids.onLost(1);
  ids.onAcked(1);
  ids.onAcked(2);
  ids.onLost(2);
  assert.deepEqual(issueAll(ids), []);
});

Deno.test("LocalIds.rotate() replaces all ids, and again only when the peer has retired them", () => {
  const ids = make(4, 4);
  issueAll(ids);
  const rotation = ids.rotate();
  assert.deepEqual([rotation?.sequence, rotation?.retirePriorTo], [4, 4]);
  assert.equal(ids.isRotating, true);
  assert.equal(ids.rotate(), null);
  assert.equal(ids.wantsToIssue, false, "the old ones count until they are retired");
  ids.onLost(2);
  assert.equal(ids.poll()?.retirePriorTo, 2, "a frame never retires the id that it brings");
  for (const sequence of [0, 1, 2, 3]) ids.onRetire(sequence, rotation!.connectionId);
  assert.equal(ids.isRotating, false);
  assert.deepEqual(issueAll(ids).map(({ retirePriorTo }) => retirePriorTo), [4, 4, 4]);
  assert.equal(ids.rotate()?.retirePriorTo, 8);
});

Deno.test("LocalIds keeps its rules whatever the peer retires and the network loses", () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant("poll" as const) }),
    fc.record({ kind: fc.constant("rotate" as const) }),
    fc.record({ kind: fc.constant("lost" as const), sequence: fc.nat(40) }),
    fc.record({ kind: fc.constant("retire" as const), sequence: fc.nat(40) }),
  );
  const given = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 8 }), fc.array(act));
  fc.assert(fc.property(given, ([wanted, limit, acts]) => {
    const ids = make(wanted, limit);
    const issued = new Map<number, string>([[0, `${FIRST}`]]);
    const retired = new Set<number>();
    let retirePriorTo = 0;
    const note = (id: IssuedId | null): void => {
      if (id === null) return;
      const before = issued.get(id.sequence);
      assert(before === undefined || before === `${id.connectionId}`, "a number has one id");
      if (before === undefined) assert.equal(id.sequence, issued.size, "numbers have no gaps");
      assert(!retired.has(id.sequence), "a retired id is not repeated");
      assert(id.retirePriorTo <= id.sequence);
      issued.set(id.sequence, `${id.connectionId}`);
      retirePriorTo = Math.max(retirePriorTo, id.retirePriorTo);
      const active = [...issued.keys()].filter((n) => n >= retirePriorTo && !retired.has(n));
      assert(active.length <= limit, "the limit holds once the peer has retired what it has to");
    };
    for (const each of acts) {
      if (each.kind === "poll") note(ids.poll());
      else if (each.kind === "rotate") note(ids.rotate());
      else if (each.kind === "lost") ids.onLost(each.sequence);
      else {
        const code = errorCodeOf(() => {
          const gone = ids.onRetire(each.sequence, ELSEWHERE);
          assert.equal(gone === null, retired.has(each.sequence));
          retired.add(each.sequence);
        });
        assert.equal(code, issued.has(each.sequence) ? -1 : QUIC_ERROR.PROTOCOL_VIOLATION);
      }
      const active = [...issued].filter(([n]) => !retired.has(n)).map(([, id]) => id);
      assert.deepEqual([...ids.active].map(String).sort(), active.sort());
      assert(active.length <= Math.max(wanted, limit) + 1, "memory is bounded");
    }
  }));
});
