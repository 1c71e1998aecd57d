import type { Endpoint } from "../base/endpoint.ts";
import type { ProfileName, RaceProfile } from "./profiles.ts";
import type { RaceEvent, RaceResult } from "./result.ts";
import { raceRounds, type RaceRoundsOptions } from "./rounds.ts";

/** A race under the parameters of another client. */
export interface ProfileRun {
  /** Whose parameters. */
  readonly profile: ProfileName;
  /** The client and its version. */
  readonly client: string;
  /** Where the values come from. */
  readonly source: string;
  /** What nobody has published: the race had the value of the standard there. */
  readonly unknown: readonly string[];
  /** What of the client the race did not imitate. */
  readonly differs: readonly string[];
  /** What came of it. */
  readonly result: RaceResult;
}

/**
 * Races to a host under the published parameters of other clients, one after the other. Transports are those
 * of the clients; limits, servers and families are those of the caller.
 *
 * @param target The host.
 * @param options How to race, apart from what a profile says.
 * @param profiles The clients, see `PROFILES`.
 * @param onEvent Called for everything that happens, with the client whose race it is.
 * @returns A result for each client; fewer when the signal ended it.
 * @throws {MptError} What `raceRounds` throws.
 *
 * @example Would a browser be faster?
 * ```ts no-run
 * import { Endpoint } from "@multipath/mpt/base";
 * import { compareProfiles, PROFILES } from "@multipath/mpt/race";
 *
 * for (const { client, result } of await compareProfiles(Endpoint.parse("example.com"), {}, PROFILES)) {
 *   console.log(client, result.connect_ms);
 * }
 * ```
 */
export async function compareProfiles(
  target: Endpoint,
  options: RaceRoundsOptions,
  profiles: readonly RaceProfile[],
  onEvent: (event: RaceEvent, profile: RaceProfile) => void = () => {},
): Promise<readonly ProfileRun[]> {
  const runs: ProfileRun[] = [];
  for (const profile of profiles) {
    if (options.signal?.aborted) break;
    const { name, client, source, unknown, differs, policy } = profile;
    const result = await raceRounds(target, { ...options, ...policy }, (event) => onEvent(event, profile));
    runs.push({ profile: name, client, source, unknown, differs, result });
  }
  return runs;
}
