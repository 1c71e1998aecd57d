import assert from "node:assert/strict";
import { type Demand, demandOf } from "../../../../lib/lab/plan/demand.ts";
import { faultsOf } from "../../../../lib/lab/plan/faults.ts";

const PLANNED: Demand = demandOf({}, { rateMbit: 20, delayMs: 10, loss: 0.01 });
const UP = { state: "up", address: "present", resetNewFlows: false } as const;

function faults(up: Partial<Demand>, down: Partial<Demand>): readonly string[] {
  const view = (change: Partial<Demand>) => ({ planned: PLANNED, asked: { ...PLANNED, ...change } });
  return faultsOf({ ...UP, up: view(up), down: view(down) });
}

Deno.test("faultsOf() finds none on a path that is as planned", () => {
  assert.deepEqual(faults({}, {}), []);
});

Deno.test("faultsOf() says once what is the same both ways, and which way else", () => {
  assert.deepEqual(faults({ blackhole: true }, { blackhole: true }), ["black hole"]);
  assert.deepEqual(faults({ loss: 0.05, burst: 3 }, { delayMs: 80 }), [
    "loss of 5% in bursts of 3 (up)",
    "delay of 80 ms (down)",
  ]);
  assert.deepEqual(faults({ rateMbit: 5 }, { rateMbit: null }), [
    "rate of 5 Mbit/s (up)",
    "no rate limit (down)",
  ]);
});

Deno.test("faultsOf() names the faults of the whole path first", () => {
  const same = { planned: PLANNED, asked: PLANNED };
  assert.deepEqual(
    faultsOf({ state: "down", address: "removed", resetNewFlows: true, up: same, down: same }),
    ["down", "address removed", "new flows reset"],
  );
});
