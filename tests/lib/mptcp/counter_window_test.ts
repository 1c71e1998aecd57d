import assert from "node:assert/strict";
import { compare, CounterWatch, type Reading } from "../../../lib/mptcp/counter_window.ts";
import "../../support/open_libc.ts";
import { requires } from "../../support/requires.ts";

function reading(
  atMs: number,
  counters: Readonly<Record<string, number>>,
  tokens: Reading["tokens"] = [],
): Reading {
  const names = Object.keys(counters).join(" ");
  return { atMs, texts: [`MPTcpExt: ${names}\nMPTcpExt: ${Object.values(counters).join(" ")}\n`], tokens };
}

const START = { MPCapableSYNTX: 5, MPCapableSYNRX: 2, MPCurrEstab: 1 };
const BEFORE = reading(1000, START);

Deno.test("a counter window has the differences with their zeros, and nothing for what the kernel does not have", () => {
  const window = compare(BEFORE, reading(1250, { ...START, MPCapableSYNTX: 7, MPCurrEstab: 0 }), {});
  assert.equal(window.ms, 250);
  assert.deepEqual([...window.counters], [
    ["MPTcpExtMPCapableSYNTX", 2],
    ["MPTcpExtMPCapableSYNRX", 0],
    ["MPTcpExtMPCurrEstab", -1],
  ]);
  assert.equal(window.counters.get("MPTcpExtDssFallback"), undefined);
  assert.equal(window.establishedBefore, 1);
});

Deno.test("a counter window counts a name that is new from 0, and leaves out one that is gone", () => {
  const window = compare(reading(0, { A: 3, B: 4 }), reading(1, { B: 4, C: 2 }), {});
  assert.deepEqual([...window.counters], [["MPTcpExtB", 0], ["MPTcpExtC", 2]]);
  assert.equal(window.establishedBefore, null);
});

Deno.test("a counter window is shared when others live or came and went, and unknown when nobody can tell", () => {
  const shared = (
    after: Readonly<Record<string, number>>,
    tokens: readonly [Reading["tokens"], Reading["tokens"]],
    own: Parameters<typeof compare>[2],
  ): unknown =>
    compare(reading(0, START, tokens[0]), reading(1, { ...START, ...after }, tokens[1]), own).shared;
  const own = { tokens: [7], connects: 1, accepts: 0 };
  const alone = [[], [7]] as const;
  assert.equal(shared({ MPCapableSYNTX: 6 }, alone, own), "no");
  assert.equal(shared({ MPCapableSYNTX: 7 }, alone, own), "yes");
  assert.equal(shared({ MPCapableSYNRX: 3 }, alone, own), "yes");
  assert.equal(shared({}, [[], [7, 8]], own), "yes");
  assert.equal(shared({}, [[8], [7]], own), "yes");
  assert.equal(shared({}, [null, [7]], own), "unknown");
  assert.equal(shared({}, alone, { tokens: [7] }), "unknown");
  const { shared: old } = compare(reading(0, { A: 1 }), reading(1, { A: 1 }), own);
  assert.equal(old, "unknown");
});

Deno.test({
  name: "CounterWatch can be asked again and again, and its time goes on",
  ...requires("ffi"),
  fn() {
    const watch = CounterWatch.start();
    assert(watch !== null);
    const first = watch.window();
    const second = watch.window();
    assert(second.ms >= first.ms && watch.ageMs >= second.ms);
    assert(second.counters.has("TcpExtTCPTimeouts"));
  },
});
