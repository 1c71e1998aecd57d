import assert from "node:assert/strict";
import fc from "fast-check";
import { type AddressPair, pairText, samePair } from "../../../../lib/quic/path_manager/pair.ts";
import { PathManager, type PathManagerOptions } from "../../../../lib/quic/path_manager/path_manager.ts";
import type { PathPolicy } from "../../../../lib/quic/path_manager/policy.ts";
import { unreachable } from "../../../../lib/quic/path_manager/reachable.ts";
import { ALPHA, BETA, CELL, local, WIFI, WIFI6 } from "./addresses.ts";

const SECOND = 1_000_000;

/** A manager whose first path goes from WIFI to ALPHA, and what it is told to do. */
class Run {
  readonly manager: PathManager;
  nowUs = 0;
  #nextId = 1;

  constructor(options: PathManagerOptions = {}) {
    this.manager = new PathManager(options);
    this.manager.setLocalAddresses([WIFI, CELL]);
    this.manager.setRemoteAddresses([ALPHA]);
    this.manager.report(0, { type: "opened", pair: { local: WIFI, remote: ALPHA }, pathId: 0 });
    this.manager.report(0, { type: "active", pathId: 0 });
  }

  /** What it wants now; paths are opened as it wants. */
  step(): readonly string[] {
    const said: string[] = [];
    for (
      let command = this.manager.poll(this.nowUs);
      command !== null;
      command = this.manager.poll(this.nowUs)
    ) {
      if (command.type === "close") {
        said.push(`close ${command.pathId} ${command.why}`);
        continue;
      }
      const pathId = this.#nextId++;
      said.push(`open ${pathId} ${pairText(command.pair)} ${command.status}`);
      this.manager.report(this.nowUs, { type: "opened", pair: command.pair, pathId });
    }
    return said;
  }

  report(type: "active" | "failing" | "recovered" | "abandoned", pathId: number): void {
    this.manager.report(this.nowUs, { type, pathId });
  }
}

const CELL_ALPHA = "198.51.100.10 (wwan0) -> 203.0.113.1:443";
const WIFI_ALPHA = "192.0.2.10 (wlan0) -> 203.0.113.1:443";

Deno.test("a path manager opens the pairs that have no path yet, and then rests", () => {
  const run = new Run();
  assert.equal(run.manager.timeoutUs, 0);
  assert.deepEqual(run.step(), [`open 1 ${CELL_ALPHA} available`]);
  run.report("active", 1);
  assert.deepEqual(run.step(), []);
  assert.equal(run.manager.timeoutUs, Infinity);
});

Deno.test("a path from an address that is meant as a backup is opened as one", () => {
  const run = new Run();
  run.manager.setLocalAddresses([WIFI, { ...CELL, status: "backup" }]);
  assert.deepEqual(run.step(), [`open 1 ${CELL_ALPHA} backup`]);
});

Deno.test("a pair that fails is left alone twice as long each time, until a path over it lasts", () => {
  const run = new Run();
  const waits: number[] = [];
  for (let pathId = 1; pathId <= 12; pathId++) {
    assert.equal(run.step().length, 1);
    run.report("abandoned", pathId);
    assert.deepEqual(run.step(), []);
    waits.push((run.manager.timeoutUs - run.nowUs) / SECOND);
    run.nowUs = run.manager.timeoutUs;
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);

  run.step();
  run.report("active", 13);
  run.nowUs += 9 * SECOND;
  run.report("abandoned", 13);
  assert.equal(run.manager.timeoutUs - run.nowUs, 300 * SECOND, "it lasted for 9 seconds only");
  run.nowUs = run.manager.timeoutUs;
  run.step();
  run.report("active", 14);
  run.nowUs += 10 * SECOND;
  run.report("abandoned", 14);
  assert.equal(run.manager.timeoutUs - run.nowUs, SECOND);
});

Deno.test("a change of the network forgives what failed", () => {
  const run = new Run();
  run.step();
  run.report("abandoned", 1);
  assert.deepEqual(run.step(), []);
  run.manager.networkChanged();
  assert.deepEqual(run.step(), [`open 2 ${CELL_ALPHA} available`]);
});

Deno.test("an address that goes closes its paths once; when it comes back it is tried at once", () => {
  const run = new Run();
  run.step();
  run.report("active", 1);
  run.manager.setLocalAddresses([CELL]);
  run.manager.setLocalAddresses([CELL]);
  assert.deepEqual(run.step(), ["close 0 address-gone"]);
  assert.deepEqual(run.step(), []);
  run.manager.setLocalAddresses([CELL, WIFI]);
  assert.deepEqual(run.step(), [], "the old path is not over yet");
  run.report("abandoned", 0);
  assert.deepEqual(run.step(), [`open 2 ${WIFI_ALPHA} available`]);
});

Deno.test("an address of the peer that is no longer named keeps the paths that it has", () => {
  const run = new Run();
  run.step();
  run.manager.setRemoteAddresses([BETA]);
  assert(run.step().every((said) => said.startsWith("open")));
});

Deno.test("there are at most so many paths; one that is failing is replaced", () => {
  const run = new Run({ maxPaths: 2 });
  run.manager.setLocalAddresses([WIFI, CELL, local("eth0", "192.0.2.30")]);
  assert.deepEqual(run.step(), [`open 1 ${CELL_ALPHA} available`]);
  run.report("active", 1);
  assert.equal(run.manager.timeoutUs, Infinity);
  run.report("failing", 1);
  assert.deepEqual(run.step(), ["open 2 192.0.2.30 (eth0) -> 203.0.113.1:443 available"]);
  run.report("active", 2);
  run.report("recovered", 1);
  assert.deepEqual(run.step(), ["close 2 too-many"]);
});

Deno.test("one-per-interface tries another pair of the interface when one fails", () => {
  const run = new Run({ policy: "one-per-interface" });
  run.manager.setRemoteAddresses([ALPHA, BETA]);
  assert.deepEqual(run.step(), ["open 1 198.51.100.10 (wwan0) -> 203.0.113.2:443 available"]);
  assert.equal(run.manager.timeoutUs, Infinity);
  run.report("abandoned", 1);
  assert.deepEqual(run.step(), [`open 2 ${CELL_ALPHA} available`]);
});

Deno.test("for want of ids it waits for all pairs, and blames none", () => {
  const run = new Run();
  const command = run.manager.poll(0);
  assert(command?.type === "open");
  run.manager.report(0, { type: "refused", pair: command.pair, why: "no-ids" });
  assert.equal(run.manager.poll(0), null);
  assert.equal(run.manager.timeoutUs, SECOND);
  run.manager.idsAvailable();
  assert.deepEqual(run.step(), [`open 1 ${CELL_ALPHA} available`]);
  assert.equal(run.manager.pairs.find(({ pathId }) => pathId === 1)?.failures, 0);
});

Deno.test("a pair whose addresses do not work is backed off like one whose path fails", () => {
  const run = new Run();
  const command = run.manager.poll(0);
  assert(command?.type === "open");
  run.manager.report(0, { type: "refused", pair: command.pair, why: "unusable" });
  assert.equal(run.manager.timeoutUs, SECOND);
  const info = run.manager.pairs.find(({ pair }) => samePair(pair, command.pair));
  assert.equal(info?.state, "waiting");
  assert.equal(info.retryAtUs, SECOND);
  assert.equal(info.pathId, null);
});

const LOCALS = [WIFI, WIFI6, CELL, local("wwan0", "198.51.100.11"), local("lo", "127.0.0.1")];

const arbitraryStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant("poll" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant("report" as const),
      type: fc.constantFrom(
        "active" as const,
        "failing" as const,
        "recovered" as const,
        "abandoned" as const,
      ),
      path: fc.nat(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("addresses" as const), which: fc.subarray(LOCALS) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("advance" as const), ms: fc.nat(20_000) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("refuse" as const), noIds: fc.boolean() }) },
);

const arbitraryPolicy = fc.constantFrom<PathPolicy>("full-mesh", "one-per-interface", "explicit");

Deno.test("whatever happens: few paths, each pair once, none that cannot work, and all of them in the end", () => {
  const property = fc.property(
    arbitraryPolicy,
    fc.integer({ min: 1, max: 8 }),
    fc.array(arbitraryStep, { maxLength: 80 }),
    (policy, maxPaths, steps) => {
      const pairs = [{ local: CELL, remote: ALPHA }, { local: WIFI, remote: BETA }];
      const manager = new PathManager({ policy, maxPaths, pairs });
      const open = new Map<number, { readonly pair: AddressPair; state: string }>();
      const closed = new Set<number>();
      let present = LOCALS;
      let nowUs = 0;
      let nextId = 0;
      manager.setLocalAddresses(LOCALS);
      manager.setRemoteAddresses([ALPHA, BETA]);

      const poll = (refusal: "no-ids" | "unusable" | null): void => {
        for (let count = 0;; count++) {
          assert(count < 200, "it does not come to rest");
          const command = manager.poll(nowUs);
          if (command === null) break;
          if (command.type === "close") {
            assert(open.has(command.pathId), "there is no such path");
            assert(!closed.has(command.pathId), "it was closed before");
            closed.add(command.pathId);
            continue;
          }
          const { pair } = command;
          assert.equal(unreachable(pair), null);
          assert(present.includes(pair.local), "the address has gone");
          for (const each of open.values()) assert(!samePair(each.pair, pair), "it has a path");
          if (refusal !== null) {
            manager.report(nowUs, { type: "refused", pair, why: refusal });
            continue;
          }
          open.set(nextId, { pair, state: "opening" });
          manager.report(nowUs, { type: "opened", pair, pathId: nextId++ });
          const inUse = [...open].filter(([id, { state }]) => state !== "failing" && !closed.has(id));
          assert(inUse.length <= maxPaths);
        }
        assert(manager.timeoutUs > nowUs, "it has something to do and does not do it");
      };
      const report = (type: "active" | "failing" | "recovered" | "abandoned", pathId: number): void => {
        manager.report(nowUs, { type, pathId });
        if (type === "abandoned") open.delete(pathId);
        else open.get(pathId)!.state = type;
      };

      for (const step of steps) {
        if (step.op === "poll") poll(null);
        else if (step.op === "refuse") poll(step.noIds ? "no-ids" : "unusable");
        else if (step.op === "advance") nowUs += step.ms * 1000;
        else if (step.op === "addresses") manager.setLocalAddresses(present = step.which);
        else if (open.size > 0) report(step.type, [...open.keys()][step.path % open.size]!);
      }

      // In a network that works
      manager.setLocalAddresses(present = LOCALS);
      for (let round = 0; round < 400; round++) {
        poll(null);
        for (const [id, { state }] of [...open]) {
          if (closed.has(id)) report("abandoned", id);
          else if (state !== "active") report("active", id);
        }
        if (manager.timeoutUs === Infinity && closed.size === 0) break;
        closed.clear();
        if (manager.timeoutUs < Infinity) nowUs = Math.max(nowUs, manager.timeoutUs);
      }
      const wanted = { "full-mesh": 6, "one-per-interface": 2, explicit: 2 }[policy];
      assert(open.size >= Math.min(wanted, maxPaths), `${open.size} paths`);
    },
  );
  fc.assert(property, { numRuns: 300 });
});
