import type { Tristate } from "../base/path.ts";
import { type Transport, TRANSPORTS } from "../base/transport.ts";
import { hiddenTroubles } from "./troubles.ts";
import type { RaceResult, RaceRound } from "./result.ts";

/** What can be required of a race: who wins, or that it hides nothing (`clean`). */
export type RaceRequirement = "ipv4" | "ipv6" | Transport | "clean";

/** Every {@linkcode RaceRequirement}. */
export const RACE_REQUIREMENTS: readonly RaceRequirement[] = Object.freeze(
  ["ipv6", "ipv4", ...TRANSPORTS, "clean"] as const,
);

/**
 * Whether something that was required of a race holds in every round.
 *
 * @param result The result of the race.
 * @param requirement `ipv4`, `ipv6` or a transport: it won; a transport counts by what is in force, so that MPTCP
 * that fell back is `tcp`. `clean`: something won, and the race hides no broken address and no failed query.
 * @returns `unknown` when a round was cut short before it was decided.
 *
 * @example Require IPv6
 * ```ts no-run
 * import { raceRounds, raceRequirementHolds } from "@multipath/mpt/race";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const result = await raceRounds(Endpoint.parse("example.com:443"), { rounds: 5 });
 * if (raceRequirementHolds(result, "ipv6") !== "yes") console.error(result.verdicts[0]?.text);
 * ```
 */
export function raceRequirementHolds(result: RaceResult, requirement: RaceRequirement): Tristate {
  const each = result.rounds.map((round) => holds(round, requirement));
  if (each.includes("no")) return "no";
  return each.length === 0 || each.includes("unknown") ? "unknown" : "yes";
}

function holds(round: RaceRound, requirement: RaceRequirement): Tristate {
  const winner = round.winner === null ? undefined : round.attempts[round.winner];
  if (winner === undefined) return round.end_reason === "aborted" ? "unknown" : "no";
  switch (requirement) {
    case "ipv4":
    case "ipv6":
      return winner.family === (requirement === "ipv4" ? 4 : 6) ? "yes" : "no";
    case "clean":
      return hiddenTroubles(round).length === 0 ? "yes" : "no";
    default:
      return winner.transport_in_force === requirement ? "yes" : "no";
  }
}
