import assert from "node:assert/strict";
import { backupOnly } from "../../../../lib/quic/scheduler/backup_only.ts";
import { redundant } from "../../../../lib/quic/scheduler/redundant.ts";
import { roundRobin } from "../../../../lib/quic/scheduler/round_robin.ts";
import { weighted } from "../../../../lib/quic/scheduler/weighted.ts";
import { context, full, path, said, share } from "./snapshots.ts";

const three = [path(0), path(1, { smoothedRttUs: 40_000 }), path(5, { smoothedRttUs: 60_000 })];

Deno.test("round-robin gives every path the same share", () => {
  const sent = share(roundRobin(), three, 1_440_000);
  assert.deepEqual([...sent.values()], [480_000, 480_000, 480_000]);
});

Deno.test("round-robin passes over a full path and goes on behind it", () => {
  const scheduler = roundRobin();
  const paths = [three[0]!, full(three[1]!), three[2]!];
  const order = Array.from({ length: 4 }, () => scheduler(paths, context()).path);
  assert.deepEqual(order, [0, 5, 0, 5]);
});

Deno.test("round-robin has turns of half a millisecond on the slowest path, and of four datagrams at the least", () => {
  const turns = (...rates: readonly number[]): readonly number[] => {
    const scheduler = roundRobin();
    const paths = rates.map((pacingRateBps, id) => path(id, { pacingRateBps }));
    return rates.map(() => scheduler(paths, context()).maxBytes!);
  };
  assert.deepEqual(turns(8e8, 4e9), [50_000, 50_000]);
  assert.deepEqual(turns(2e7, 4e9), [4800, 4800]);
});

Deno.test("weighted shares out by the weights that it is given", () => {
  const sent = share(weighted(new Map([[0, 5], [1, 3], [5, 2]])), three, 1_000_000);
  for (const [id, part] of [[0, 0.5], [1, 0.3], [5, 0.2]] as const) {
    assert(Math.abs(sent.get(id)! / 1_000_000 - part) < 0.02, `${id}: ${sent.get(id)}`);
  }
});

Deno.test("weighted shares out by the delivery rate when it is given no weights", () => {
  const paths = [path(0, { deliveryRateBps: 2e7 }), path(1, { deliveryRateBps: 1e7 })];
  const sent = share(weighted(), paths, 900_000);
  assert(Math.abs(sent.get(0)! / 600_000 - 1) < 0.02, `${sent.get(0)}`);
});

Deno.test("weighted: a path that had no room catches up with a few datagrams only", () => {
  const scheduler = weighted(new Map());
  const counts = [0, 0];
  const ask = (blocked: boolean): number => {
    const first = path(0, { bytesSent: counts[0]! });
    const choice = scheduler([blocked ? full(first) : first, path(1, { bytesSent: counts[1]! })], context());
    counts[choice.path]! += choice.maxBytes!;
    return choice.path;
  };
  for (let i = 0; i < 500; i++) assert.equal(ask(true), 1);
  const after = Array.from({ length: 40 }, () => ask(false));
  const catchUp = after.indexOf(1);
  assert(catchUp > 0 && catchUp <= 10, `it went to path 0 ${catchUp} times in a row`);
});

Deno.test("redundant names every other healthy path of the same status", () => {
  const paths = [...three, path(6, { status: "backup" }), path(7, { suspect: true })];
  assert.deepEqual(redundant()(paths, context()).also, [1, 5]);
});

Deno.test("backup-only stays with its path until that fails, and with the next one after that", () => {
  const scheduler = backupOnly();
  const better = path(2, { smoothedRttUs: 100 });
  const steps: string[] = [];
  steps.push(said(scheduler([three[0]!, better], context())));
  steps.push(said(scheduler([full(three[0]!), better], context())));
  steps.push(said(scheduler([{ ...three[0]!, suspect: true }, better], context())));
  steps.push(said(scheduler([three[0]!, better], context())));
  assert.deepEqual(steps, ["0 best", "-1 no-window", "2 best", "2 best"]);
});
