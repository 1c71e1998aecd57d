import assert from "node:assert/strict";
import fc from "fast-check";
import { hasRoom, rankOf } from "../../../../lib/quic/scheduler/rank.ts";
import type { PathSnapshot, ScheduleContext } from "../../../../lib/quic/scheduler/scheduler.ts";
import {
  isSchedulerName,
  type SchedulerName,
  schedulers,
} from "../../../../lib/quic/scheduler/schedulers.ts";
import { context, full, MTU, NOW_US, path, said } from "./snapshots.ts";

const NAMES = Object.keys(schedulers).filter(isSchedulerName);

const LATER_US = NOW_US + 300;

const fast = path(0);
const slow = path(1, { smoothedRttUs: 40_000 });
const backup = path(2, { status: "backup", smoothedRttUs: 1000 });
const paced = { ...fast, pacedUntilUs: LATER_US };
const suspectFast = { ...fast, suspect: true };
const suspectSlow = { ...slow, suspect: true };
const suspectBackup = { ...backup, suspect: true };

type Case = readonly [
  what: string,
  paths: readonly PathSnapshot[],
  expected: string,
  but?: Partial<Record<SchedulerName, string>>,
  context?: Partial<ScheduleContext>,
];

/** What all say at their first decision; the exceptions by name. */
const CASES: readonly Case[] = [
  ["both have room", [fast, slow], "0 best", { "round-robin": "0 turn", weighted: "0 turn" }],
  ["the better one comes last", [path(3, { smoothedRttUs: 40_000 }), path(4)], "4 best", {
    "round-robin": "3 turn",
    weighted: "3 turn",
    "backup-only": "3 best",
  }],
  ["the better one is full and much is to be sent", [full(fast), slow], "1 overflow", {
    "round-robin": "1 turn",
    weighted: "1 turn",
    redundant: "1 best",
    "backup-only": "-1 no-window",
  }],
  ["no one has room", [full(fast), full(slow)], "-1 no-window"],
  ["the pacer holds the one with a window", [paced, full(slow)], "-1 paced"],
  ["the pacer holds all", [paced, { ...slow, pacedUntilUs: LATER_US + 1 }], "-1 paced"],
  ["a backup is idle while the available one is full", [full(fast), backup], "-1 no-window"],
  ["only backups are there", [backup], "2 backup"],
  ["the available one is suspect and the backup is not", [suspectFast, backup], "2 backup"],
  ["one is suspect", [suspectFast, slow], "1 best", { "round-robin": "1 turn", weighted: "1 turn" }],
  ["all are suspect: the available one", [suspectFast, suspectBackup], "0 best", {
    "round-robin": "0 turn",
    weighted: "0 turn",
  }],
  [
    "all available are suspect and full",
    [full(suspectFast), full(suspectSlow), suspectBackup],
    "-1 no-window",
  ],
];

for (const name of NAMES) {
  Deno.test(`the scheduler ${name} decides by its table`, () => {
    for (const [what, paths, expected, but, changes] of CASES) {
      const choice = schedulers[name]()(paths, context(changes));
      assert.equal(said(choice), but?.[name] ?? expected, what);
      if (choice.reason === "paced") assert.equal(choice.askAgainUs, LATER_US, what);
    }
  });
}

const arbitraryPath: fc.Arbitrary<PathSnapshot> = fc.record({
  status: fc.constantFrom("available" as const, "backup" as const),
  suspect: fc.boolean(),
  windowBytes: fc.integer({ min: 2 * MTU, max: 1_000_000 }),
  used: fc.double({ min: 0, max: 1.2, noNaN: true }),
  inSlowStart: fc.boolean(),
  pacedUntilUs: fc.integer({ min: NOW_US - 1000, max: NOW_US + 1000 }),
  deliveryRateBps: fc.constantFrom(0, 1e5, 1e7, 1e9),
  rttSamples: fc.constantFrom(0, 1, 100),
  smoothedRttUs: fc.integer({ min: 1, max: 2_000_000 }),
  minShare: fc.double({ min: 0.01, max: 1, noNaN: true }),
  rttVariationUs: fc.integer({ min: 0, max: 500_000 }),
  bytesSent: fc.integer({ min: 0, max: 1e9 }),
}).map(({ used, minShare, ...rest }) =>
  path(0, {
    ...rest,
    inFlightBytes: Math.floor(used * rest.windowBytes),
    minRttUs: Math.ceil(minShare * rest.smoothedRttUs),
  })
);

const arbitraryPaths = fc.array(arbitraryPath, { minLength: 1, maxLength: 8 })
  .map((paths) => paths.map((each, index) => ({ ...each, id: 2 * index })));

const arbitraryContext = fc.record({
  queuedBytes: fc.integer({ min: 1, max: 1e8 }),
  openEnded: fc.boolean(),
  flowControlBytes: fc.integer({ min: 0, max: 1e7 }),
  unackedBytes: fc.integer({ min: 0, max: 1e7 }),
});

for (const name of NAMES) {
  Deno.test(`the scheduler ${name} never takes a path without room, nor a backup beside an available one`, () => {
    fc.assert(fc.property(fc.array(fc.tuple(arbitraryPaths, arbitraryContext), { maxLength: 8 }), (calls) => {
      const scheduler = schedulers[name]();
      for (const [index, [paths, changes]] of calls.entries()) {
        const now = context({ ...changes, nowUs: NOW_US + index });
        const choice = scheduler(paths, now);
        const rank = Math.min(...paths.map(rankOf));
        for (const id of choice.also ?? []) {
          const other = paths.find((each) => each.id === id);
          assert(other !== undefined && rankOf(other) === rank && id !== choice.path);
        }
        if (choice.path < 0) {
          assert(["wait-for-better", "no-window", "paced"].includes(choice.reason));
          continue;
        }
        const chosen = paths.find(({ id }) => id === choice.path);
        assert(chosen !== undefined, "it is not there");
        assert(hasRoom(chosen, now.nowUs), "it has no room");
        assert.equal(rankOf(chosen), rank, "a healthier path is there");
        assert((choice.maxBytes ?? Infinity) >= chosen.mtu);
      }
    }));
  });

  Deno.test(`the scheduler ${name} never waits while every path has room`, () => {
    fc.assert(fc.property(arbitraryPaths, arbitraryContext, (paths, changes) => {
      const free = paths.map((each) => ({
        ...each,
        inFlightBytes: 0,
        hasWindow: true,
        pacedUntilUs: NOW_US,
      }));
      assert(schedulers[name]()(free, context(changes)).path >= 0);
    }));
  });
}

Deno.test("a scheduler returns the same object again: it costs no memory", () => {
  for (const name of NAMES) {
    const scheduler = schedulers[name]();
    assert.equal(scheduler([fast, slow], context()), scheduler([full(fast), slow], context()), name);
  }
});

Deno.test("names that are not those of a scheduler are told apart", () => {
  assert(isSchedulerName("blest"));
  for (const name of ["", "toString", "Earliest", "__proto__"]) assert(!isSchedulerName(name));
});
