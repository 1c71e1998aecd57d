import { envelope } from "../../../lib/base/result.ts";
import { RACE_CONSTANTS } from "../../../lib/race/engine/constants.ts";
import { candidateStatistics, roundsConnectMs } from "../../../lib/race/statistics.ts";
import type { RaceResult, RaceRound } from "../../../lib/race/result.ts";

/** A result of rounds that were run in virtual time, without what depends on the machine. */
export function resultOf(rounds: readonly RaceRound[], change: Partial<RaceResult> = {}): RaceResult {
  const [first] = rounds;
  return {
    ...envelope({
      schema: "mpt.race/1",
      host: { os: "linux", kernel: "6.18.44", deno: "2.9.6", cpus: 2 },
      startedAtMs: 1_795_000_000_000,
      durationMs: first?.duration_ms ?? 0,
      options: { preferred_family: null, max_parallel: null, delay_from_rtt: false },
    }),
    target: { host: "example.com", port: 8443 },
    algorithm: "hev3",
    constants: Object.fromEntries(
      RACE_CONSTANTS.map(({ name, value, hev3 }) => [
        name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        { value, default: value, clause: hev3 },
      ]),
    ),
    network: { ipv4: true, ipv6: true, default_route4: true, default_route6: true, nat64: [], known: true },
    servers: ["192.0.2.53:53"],
    dns: first?.dns ?? [],
    attempts: first?.attempts ?? [],
    winner: first?.winner ?? null,
    connect_ms: first?.connect_ms ?? null,
    timeline: first?.timeline ?? [],
    rounds,
    candidates: candidateStatistics(rounds),
    rounds_connect_ms: roundsConnectMs(rounds),
    ...change,
  };
}
