import assert from "node:assert/strict";
import type { PathStatus } from "../../../lib/base/path.ts";
import { Lia } from "../../../lib/quic/recovery/lia.ts";
import { Olia } from "../../../lib/quic/recovery/olia.ts";
import { isSchedulerName, schedulers } from "../../../lib/quic/scheduler/schedulers.ts";
import type { LinkOptions } from "../link.ts";
import { link, Scenario, type ScenarioOptions } from "./scenario.ts";

/** What a download over all links brings, each link alone and all together, in Mbit/s. */
function goodput(
  links: readonly LinkOptions[],
  bytes: number,
  config: ScenarioOptions["config"] = {},
): { readonly alone: readonly number[]; readonly together: number } {
  const alone = links.map((each) => {
    using scenario = new Scenario({ links: [each], config });
    const transfer = scenario.connect().transfer("server", bytes);
    scenario.finish();
    return transfer.mbps;
  });
  using scenario = new Scenario({ links, config });
  scenario.connect();
  for (let place = 1; place < links.length; place++) scenario.openAndWait(place);
  const transfer = scenario.transfer("server", bytes);
  scenario.finish();
  return { alone, together: transfer.mbps };
}

Deno.test("20 MB over 20 and 10 Mbit/s arrive with at least 28.3 Mbit/s", () => {
  using scenario = new Scenario({ links: [link(20, 10), link(10, 10)] });
  scenario.connect().openAndWait(1);
  const transfer = scenario.transfer("server", 20_000_000);
  scenario.finish();
  assert(transfer.mbps >= 28.3, `${transfer.mbps}`);
});

/** Rate in Mbit/s and round-trip time in ms of two links, and how much of their sum is to be had in 5 MB. */
const PAIRS: readonly (readonly [rate1: number, rtt1: number, rate2: number, rtt2: number, ofSum: number])[] =
  [
    [10, 20, 10, 20, 0.97],
    [50, 5, 10, 100, 0.9],
    [50, 5, 2, 150, 0.95],
    [10, 200, 50, 10, 0.85],
  ];

for (const [rate1, rtt1, rate2, rtt2, ofSum] of PAIRS) {
  const name = `${rate1} Mbit/s in ${rtt1} ms and ${rate2} Mbit/s in ${rtt2} ms`;
  Deno.test(`${name} are used together: at least 0.97 of the better path alone, and ${ofSum} of the sum`, () => {
    const { alone, together } = goodput([link(rate1, rtt1 / 2), link(rate2, rtt2 / 2)], 5_000_000);
    const text = `${alone.map((each) => each.toFixed(2)).join(" + ")} alone, ${together.toFixed(2)} together`;
    assert(together >= 0.97 * Math.max(...alone), text);
    assert(together >= ofSum * alone.reduce((sum, each) => sum + each), text);
  });
}

Deno.test("a short transfer is not slower over a good and a bad path than over the good one alone", () => {
  const duration = (bytes: number, status: PathStatus): number => {
    using scenario = new Scenario({ links: [link(20, 10), link(2, 150)] });
    scenario.connect().openAndWait(1, status);
    const transfer = scenario.transfer("server", bytes);
    scenario.finish();
    return transfer.durationUs;
  };
  for (const bytes of [1_000, 20_000, 100_000, 500_000, 2_000_000]) {
    const alone = duration(bytes, "backup");
    const together = duration(bytes, "available");
    assert(together <= 1.03 * alone, `${bytes} bytes: ${alone} us alone, ${together} us together`);
  }
});

Deno.test("an application that writes only so much ahead does not fall below the better path either", () => {
  const links = [link(50, 2.5), link(2, 75)];
  const rates = [links.slice(0, 1), links].map((used) => {
    using scenario = new Scenario({ links: used });
    scenario.connect();
    if (used.length > 1) scenario.openAndWait(1);
    const transfer = scenario.transfer("server", 5_000_000, 1_000_000);
    scenario.finish();
    return transfer.mbps;
  });
  assert(rates[1]! >= 0.97 * rates[0]!, rates.join(", "));
});

Deno.test("four paths carry 0.85 of the sum of four", () => {
  using scenario = new Scenario({ links: [link(10, 5), link(8, 10), link(6, 20), link(4, 30)] });
  scenario.connect();
  for (const place of [1, 2, 3]) scenario.openAndWait(place);
  const transfer = scenario.transfer("server", 5_000_000);
  scenario.finish();
  assert(transfer.mbps >= 0.85 * 28, `${transfer.mbps}`);
});

for (const name of Object.keys(schedulers).filter(isSchedulerName)) {
  const least = { redundant: 16, "backup-only": 18 }[name as string] ?? 22;
  Deno.test(`20 and 10 Mbit/s with the scheduler ${name}: at least ${least}`, () => {
    using scenario = new Scenario({
      links: [link(20, 10), link(10, 10)],
      config: { scheduler: schedulers[name] },
    });
    scenario.connect().openAndWait(1);
    const transfer = scenario.transfer("server", 2_000_000);
    scenario.finish();
    assert(transfer.mbps >= least, `${transfer.mbps}`);
  });
}

for (const make of [Lia, Olia]) {
  Deno.test(`coupled congestion control (${make.name}) uses two separate paths as well`, () => {
    using scenario = new Scenario({
      links: [link(20, 10), link(10, 10)],
      config: { congestion: (mtu, coupling) => new make(mtu, coupling) },
    });
    scenario.connect().openAndWait(1);
    const transfer = scenario.transfer("server", 4_000_000);
    scenario.finish();
    assert(transfer.mbps > 20, `${transfer.mbps}`);
    assert(scenario.sent("server", 1) > 1_000_000);
  });
}
