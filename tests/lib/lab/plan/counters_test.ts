import assert from "node:assert/strict";
import { addFilterCounters, filterCounters, senderCounters } from "../../../../lib/lab/plan/counters.ts";

const LINK = JSON.stringify([{
  ifname: "path1",
  stats64: { rx: { bytes: 9 }, tx: { bytes: 1304, packets: 12 } },
}]);
const rule = (comment: string, packets: number) => ({
  rule: { comment, expr: [{ match: {} }, { counter: { packets, bytes: packets * 100 } }, { drop: null }] },
});

Deno.test("senderCounters() reads what ip and tc print", () => {
  const qdisc = JSON.stringify([{ kind: "tbf", bytes: 1084, packets: 10, drops: 3 }]);
  assert.deepEqual(senderCounters(LINK, qdisc), { packets: 12, bytes: 1304, dropped: 3 });
  assert.deepEqual(senderCounters(LINK, "\n").dropped, 0);
  assert.deepEqual(senderCounters(LINK, `[{"kind":"noqueue","options":{}}]`).dropped, 0);
});

Deno.test("filterCounters() tells what was lost from what was swallowed", () => {
  const table = { nftables: [{ metainfo: {} }, { chain: {} }, rule("swallowed", 4), rule("lost", 2)] };
  const counters = filterCounters(JSON.stringify(table));
  assert.deepEqual(counters, { lost: 2, swallowed: 4, bytes: 600 });
  assert.deepEqual(addFilterCounters(counters, counters), { lost: 4, swallowed: 8, bytes: 1200 });
});

Deno.test("senderCounters() and filterCounters() say so when they are given something else", () => {
  for (const text of ["{", "null", "[]", "[{}]", `[{"stats64":{"tx":{"bytes":-1}}}]`]) {
    assert.throws(() => senderCounters(text, ""), { code: "ERR_PROTOCOL" });
  }
  assert.throws(() => filterCounters("no such table"), { code: "ERR_PROTOCOL" });
});
