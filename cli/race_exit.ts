import type { MptErrorCode } from "../lib/base/errors.ts";
import { type RaceRequirement, raceRequirementHolds, type RaceResult } from "../lib/race/mod.ts";
import { EXIT, exitCodeOf } from "./exit_codes.ts";

/**
 * The exit code of a race: what was required decides; else whether something connected in every round. What
 * this host or its resolver did not let happen could not be tested.
 */
export function raceExitCode(result: RaceResult, required: readonly RaceRequirement[]): number {
  const holds = required.map((each) => raceRequirementHolds(result, each));
  const lost = result.rounds.filter(({ winner }) => winner === null);
  if (lost.length === 0) return holds.includes("no") ? EXIT.failed : EXIT.ok;
  const codes = lost.map((round) => {
    const attempts = round.attempts.filter(({ start_ms }) => start_ms !== null);
    if (attempts.length > 0) {
      const answered = attempts.some(({ error }) =>
        error !== null && exitCodeOf(error.code as MptErrorCode) === EXIT.failed
      );
      return answered ? EXIT.failed : EXIT.untestable;
    }
    // The resolver's word that there is nothing is an answer; its silence is none
    return round.dns.some(({ status }) => status === "no-name" || status === "no-data")
      ? EXIT.failed
      : EXIT.untestable;
  });
  return codes.includes(EXIT.failed) ? EXIT.failed : EXIT.untestable;
}
