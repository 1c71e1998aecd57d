import { formatPercent } from "../../base/units.ts";
import type { Demand } from "./demand.ts";

/** What differs from how a path was planned. */
export interface FaultView {
  readonly state: "up" | "down";
  readonly address: "present" | "removed";
  readonly resetNewFlows: boolean;
  readonly up: { readonly planned: Demand; readonly asked: Demand };
  readonly down: { readonly planned: Demand; readonly asked: Demand };
}

/** The faults of a path in words: what is not as it was planned. */
export function faultsOf(view: FaultView): readonly string[] {
  return [
    ...(view.state === "down" ? ["down"] : []),
    ...(view.address === "removed" ? ["address removed"] : []),
    ...(view.resetNewFlows ? ["new flows reset"] : []),
    ...bothWays(differences(view.up.planned, view.up.asked), differences(view.down.planned, view.down.asked)),
  ];
}

function differences(planned: Demand, asked: Demand): readonly string[] {
  return [
    ...(asked.blackhole ? ["black hole"] : []),
    ...(asked.rateMbit === planned.rateMbit
      ? []
      : [asked.rateMbit === null ? "no rate limit" : `rate of ${asked.rateMbit} Mbit/s`]),
    ...(asked.delayMs === planned.delayMs ? [] : [`delay of ${asked.delayMs} ms`]),
    ...(asked.jitterMs === planned.jitterMs ? [] : [`jitter of ${asked.jitterMs} ms`]),
    ...(asked.loss === planned.loss && (asked.burst === planned.burst || asked.loss === 0) ? [] : [
      `loss of ${formatPercent(asked.loss)}` +
      (asked.burst === null ? "" : ` in bursts of ${asked.burst}`),
    ]),
  ];
}

/** One entry for what is the same both ways. */
function bothWays(up: readonly string[], down: readonly string[]): readonly string[] {
  return [
    ...up.map((fault) => down.includes(fault) ? fault : `${fault} (up)`),
    ...down.filter((fault) => !up.includes(fault)).map((fault) => `${fault} (down)`),
  ];
}
