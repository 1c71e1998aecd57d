/**
 * Connecting by Happy Eyeballs, seen from inside: DNS queries of its own (A, AAAA, HTTPS), addresses, families,
 * transports and interfaces raced as RFC 8305 or the draft of version 3 say, the winner as a ready connection, and
 * everything that happened on the way.
 *
 * @example Connect, and see what the race has hidden
 * ```ts no-run
 * import { race } from "@multipath/mpt/race";
 *
 * await using outcome = await race("example.com:443", { transports: ["mptcp", "tcp"] });
 * console.log(outcome.connection?.remote.address, outcome.connect_ms);
 * for (const { address, outcome: result, error } of outcome.attempts) console.log(address, result, error?.message);
 * ```
 *
 * @module
 */

// connecting
export { race, type RaceOutcome } from "./run.ts";
export { RACE_PORT, type RaceInterfaceOptions, type RaceOptions } from "./plan.ts";
export type { RaceTlsOptions } from "./tls_connection.ts";

// measuring
export { raceRounds, type RaceRoundsOptions } from "./rounds.ts";
export { RACE_REQUIREMENTS, type RaceRequirement, raceRequirementHolds } from "./requirement.ts";
export type {
  AttemptOutcome,
  RaceAttemptJson,
  RaceCandidateJson,
  RaceCandidateStatistics,
  RaceConstantJson,
  RaceErrorJson,
  RaceEvent,
  RaceNetworkJson,
  RaceQueryJson,
  RaceResult,
  RaceRound,
  RaceServiceJson,
  RaceTimelineEvent,
} from "./result.ts";

// as other clients do it, and as a file says
export { parsePolicy, type RacePolicy } from "./policy.ts";
export { type ProfileName, profileNamed, PROFILES, type RaceProfile } from "./profiles.ts";
export { compareProfiles, type ProfileRun } from "./compare.ts";

// for other tools
export { raceQlog } from "./qlog/qlog.ts";

// what other programs do
export { inferClient, type InferEvent, type InferOptions } from "./infer/infer.ts";
export type { InferFindings, InferResult, ScenarioRun, SeenAttempt, SeenQuery } from "./infer/result.ts";
export type { ScenarioName } from "./infer/scenario.ts";

// the rules
export type { CancelReason, EndReason, QueryType, StartReason } from "./engine/values.ts";
export type { DestinationHistory } from "./order/destination_order.ts";
export {
  DEFAULT_TIMINGS,
  RACE_CONSTANTS,
  type RaceConstant,
  type RaceTimings,
  type RaceVersion,
} from "./engine/constants.ts";
export { RaceHistory } from "./order/history.ts";
export {
  DEFAULT_POLICY,
  IPV4_FIRST_POLICY,
  type PolicyRow,
  type PolicyTable,
  policyTable,
} from "./order/policy_table.ts";
export type { Prefix } from "./order/prefix.ts";
