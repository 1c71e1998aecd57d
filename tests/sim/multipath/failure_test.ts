import assert from "node:assert/strict";
import type { PathStatus } from "../../../lib/base/path.ts";
import { link, Scenario } from "./scenario.ts";

/** What a download sees of a silent black hole that lasts a second. */
function blackHole(status: PathStatus, place: number, afterUs: number): {
  readonly gapUs: number;
  readonly duringMbps: number;
  readonly afterMbps: number;
  readonly changes: readonly string[];
} {
  using scenario = new Scenario({ links: [link(10, 10), link(10, 10)] });
  scenario.connect().openAndWait(1, status);
  const transfer = scenario.transfer("server", 8_000_000);
  scenario.wait(afterUs).fail(place);
  const failedUs = scenario.world.nowUs - transfer.startedUs;
  scenario.wait(1_000_000).recover(place);
  const recoveredUs = scenario.world.nowUs - transfer.startedUs;
  scenario.finish();
  return {
    gapUs: transfer.gap(failedUs - 1_000, recoveredUs),
    duringMbps: transfer.rate(failedUs + 200_000, recoveredUs),
    afterMbps: transfer.rate(recoveredUs + 1_000_000, recoveredUs + 1_500_000),
    changes: scenario.changes("server", place),
  };
}

for (const [status, place] of [["available", 0], ["available", 1], ["backup", 0]] as const) {
  const which = place === 0 ? "first" : "second";
  const other = status === "backup" ? "a backup" : "the other one";
  Deno.test(`a silent black hole on the ${which} path: less than 100 ms without data over ${other}, and 2 s later all is well`, () => {
    const { gapUs, duringMbps, afterMbps, changes } = blackHole(status, place, 700_000);
    assert(gapUs < 100_000, `nothing for ${gapUs} us`);
    assert(duringMbps > 9, `${duringMbps}`);
    assert(afterMbps > (status === "backup" ? 9 : 18.5), `${afterMbps}`);
    assert(changes.includes("suspect") && changes.at(-1) !== "suspect", changes.join());
  });
}

Deno.test("a path that gets no answer for ten seconds is given up, and its id is replaced by a new one", () => {
  using scenario = new Scenario({ config: { maxIdleTimeoutMs: 0 } });
  scenario.connect().openAndWait(1);
  scenario.transfer("server", 20_000_000);
  scenario.wait(1_000_000).fail(1);
  scenario.finish();
  assert(scenario.changes("server", 1).includes("abandoned"), scenario.changes("server", 1).join());
  assert.equal(scenario.phase("client", 1), "none");
  scenario.recover(1);
  const again = scenario.openAndWait(1);
  assert.equal(again, 2);
  for (const side of ["client", "server"] as const) {
    const { multipath } = scenario.world.end(side)!.core;
    assert.equal(multipath.ownLimit, 8, "one more id for the one that is used up");
  }
});

Deno.test("a path that works in one direction only carries nothing in the other", () => {
  using scenario = new Scenario({ links: [link(20, 10), link(20, 10)] });
  scenario.connect().openAndWait(1);
  const transfer = scenario.transfer("server", 8_000_000);
  scenario.wait(700_000);
  // Acknowledgments of the client do not get through any more
  scenario.world.routes[1]!.there.conditions.loss = 1;
  const failedUs = scenario.world.nowUs - transfer.startedUs;
  scenario.finish();
  assert(transfer.gap(failedUs, transfer.durationUs) < 100_000, `${transfer.longestGapUs}`);
  assert(transfer.mbps > 17, `${transfer.mbps}`);
});
