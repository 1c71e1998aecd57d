import type { JsonValue } from "../../base/result.ts";
import type { RaceResult, RaceRound } from "../result.ts";
import { HeSession } from "./session.ts";

/** RFC 7464: each record of a JSON text sequence begins with this. */
const RECORD_SEPARATOR = "\x1e";

/** draft-kuehlewind-happy-qlog: the events of a draft are named after it. */
const EVENT_SCHEMA = "urn:ietf:params:qlog:events:hev3-00";

/**
 * Writes one round of a race as qlog: the events of draft-kuehlewind-happy-qlog in a JSON text sequence
 * (draft-ietf-quic-qlog-main-schema), the content of an `.sqlog` file. Neither keys nor data are in it.
 *
 * @param result The race.
 * @param index The round, from 0. @default {0}
 * @returns The text; empty when there is no such round.
 *
 * @example Keep the log of a race
 * ```ts no-run
 * import { Endpoint } from "@multipath/mpt/base";
 * import { raceQlog, raceRounds } from "@multipath/mpt/race";
 *
 * const result = await raceRounds(Endpoint.parse("example.com:443"));
 * await Deno.writeTextFile("race.sqlog", raceQlog(result));
 * ```
 */
export function raceQlog(result: RaceResult, index: number = 0): string {
  const round = result.rounds[index];
  if (round === undefined) return "";
  const { host, port } = result.target;
  const sessionId = `${host}:${port}/${index}`;
  const session = new HeSession(round);
  session.take(round.timeline);
  const header = {
    file_schema: "urn:ietf:params:qlog:file:sequential",
    serialization_format: "application/qlog+json-seq",
    title: `mpt race ${host}:${port}, round ${index + 1} of ${result.rounds.length}`,
    trace: {
      common_fields: {
        group_id: sessionId,
        time_format: "relative_to_epoch",
        // main-schema 7.1: a monotonic clock has no known epoch
        reference_time: { clock_type: "monotonic", epoch: "unknown", wall_clock_time: round.started_at },
      },
      vantage_point: { name: `${result.tool.name} ${result.tool.version}`, type: "client" },
      event_schemas: [EVENT_SCHEMA],
    },
  };
  const first = {
    time: 0,
    name: "config_set",
    data: { policy: policyOf(result, round), reason: "app_config" },
  };
  return [
    header,
    ...[first, ...session.events].map(({ time, name, data }) => ({
      time,
      name: `hev3:${name}`,
      data: { he_session_id: sessionId, ...data },
    })),
  ].map((record) => `${RECORD_SEPARATOR}${JSON.stringify(record)}\n`).join("");
}

/** draft-kuehlewind-happy-qlog: HEPolicy. */
function policyOf({ constants, options, algorithm }: RaceResult, { attempts }: RaceRound): object {
  const constant = (name: string): number => Math.round(constants[name]?.value ?? 0);
  const transports = new Set(attempts.map(({ transport }) => transport));
  const isTcp = transports.has("tcp") || transports.has("mptcp");
  const isQuic = transports.has("quic") || transports.has("mpquic");
  return {
    resolution_delay_ms: constant("resolution_delay_ms"),
    preferred_address_family_count: constant("preferred_family_count"),
    connection_attempt_delay_ms: constant("attempt_delay_ms"),
    min_connection_attempt_delay_ms: constant("min_attempt_delay_ms"),
    max_connection_attempt_delay_ms: constant("max_attempt_delay_ms"),
    ...(typeof options["max_parallel"] === "number"
      ? { max_parallel_attempts: options["max_parallel"] }
      : {}),
    ...(algorithm === "hev2"
      ? { last_resort_local_synthesis_delay_ms: constant("last_resort_synthesis_ms") }
      : {}),
    preferred_family: familyOf(options["preferred_family"]),
    // With both, each has what the draft says of it when this is absent
    ...(isTcp === isQuic ? {} : { success_definition: isTcp ? "tcp_connected" : "quic_1rtt_ready" }),
    use_historical_rtt: options["delay_from_rtt"] === true,
  };
}

function familyOf(value: JsonValue | undefined): "ipv4" | "ipv6" | "auto" {
  return value === 4 ? "ipv4" : value === 6 ? "ipv6" : "auto";
}
