import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { envelope, type JsonValue } from "../base/result.ts";
import { deadline, endOf } from "../io/deadline.ts";
import { hostFacts } from "../io/host.ts";
import { RACE_CONSTANTS } from "./engine/constants.ts";
import { planRace, type RaceOptions, type RacePlan } from "./plan.ts";
import type { RaceConstantJson, RaceEvent, RaceResult, RaceRound } from "./result.ts";
import { type RaceOutcome, runRace } from "./run.ts";
import { candidateStatistics, roundsConnectMs } from "./statistics.ts";
import { type SystemEnvironment, systemEnvironment } from "./system.ts";
import { raceVerdicts } from "./verdicts.ts";
import { warmUp } from "./warm_up.ts";

/** Options of {@linkcode raceRounds}. */
export interface RaceRoundsOptions extends RaceOptions {
  /** How often to race, 1 to 10000. @default {1} */
  readonly rounds?: number;
}

const MAX_ROUNDS = 10_000;

/** How long a connection may take to close in order, in milliseconds. */
const CLOSE_MS = 1000;

/**
 * Races to a host one or more times and tells what was found: who won, whether another family would have been
 * faster, and what the race hides. Connections are closed as soon as they are there.
 *
 * @param target The host; port 443 when it names none.
 * @param options How to race, how often, signal.
 * @param onEvent Called for everything that happens.
 * @returns The result, also when the signal cut it short.
 * @throws {MptError} `ERR_INVALID_VALUE` for what cannot be raced; `ERR_PERMISSION` when `/etc/resolv.conf` or
 * `/etc/hosts` may not be read.
 *
 * @example Is IPv6 as fast as IPv4?
 * ```ts no-run
 * import { raceRounds } from "@multipath/mpt/race";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const result = await raceRounds(Endpoint.parse("example.com:443"), { rounds: 10, exhaustive: true });
 * for (const { address, connect_ms } of result.candidates) console.log(address, connect_ms?.p50);
 * ```
 */
export async function raceRounds(
  target: Endpoint,
  options: RaceRoundsOptions = {},
  onEvent: (event: RaceEvent) => void = () => {},
): Promise<RaceResult> {
  const count = options.rounds ?? 1;
  if (!Number.isInteger(count) || count < 1 || count > MAX_ROUNDS) {
    throw new MptError("ERR_INVALID_VALUE", `Cannot race ${count} times: it is not from 1 to ${MAX_ROUNDS}`);
  }
  const plan = planRace(target, options);
  const environment = await systemEnvironment(plan);
  await warmUp(plan, options.signal);
  const startedAtMs = Date.now();
  const started = performance.now();
  const { json: network } = environment.network();
  const rounds: RaceRound[] = [];
  while (rounds.length < count) {
    const round = rounds.length;
    const outcome = await runRace(plan, environment, options.signal, (event) => {
      onEvent({ round, ...event });
    });
    await closeInTime(outcome);
    rounds.push(outcome.toJSON());
    if (options.signal?.aborted) break;
  }
  const candidates = candidateStatistics(rounds);
  const first = rounds[0]!;
  return {
    ...envelope({
      schema: "mpt.race/1",
      host: hostFacts(),
      startedAtMs,
      durationMs: performance.now() - started,
      options: { ...optionsJson(plan), rounds: count },
      warnings: warningsOf(plan, environment),
      verdicts: raceVerdicts({ plan, network, isLocal: environment.isLocal, rounds, candidates }),
      end: endOf(options.signal),
    }),
    target: { host: target.host, port: plan.port },
    algorithm: plan.algorithm,
    constants: constantsJson(plan),
    network,
    servers: environment.servers,
    dns: first.dns,
    attempts: first.attempts,
    winner: first.winner,
    connect_ms: first.connect_ms,
    timeline: first.timeline,
    rounds,
    candidates,
    rounds_connect_ms: roundsConnectMs(rounds),
  };
}

/** A server that says goodbye to nobody does not keep the next round waiting. */
async function closeInTime(outcome: RaceOutcome): Promise<void> {
  using limit = deadline(CLOSE_MS);
  limit.signal.addEventListener("abort", () => outcome.connection?.abort(), { once: true });
  await outcome[Symbol.asyncDispose]();
}

function warningsOf({ quic, tls, transports }: RacePlan, { warnings }: SystemEnvironment): readonly string[] {
  const quicIsRaced = transports.some((transport) => transport === "quic" || transport === "mpquic");
  return [
    ...warnings,
    ...((quicIsRaced && quic.insecure) || tls?.insecure
      ? ["The server's certificate was not checked (--insecure)."]
      : []),
  ];
}

/** `attemptDelayMs` is `attempt_delay_ms` in JSON. */
function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function constantsJson({ timings, algorithm }: RacePlan): Readonly<Record<string, RaceConstantJson>> {
  return Object.fromEntries(
    RACE_CONSTANTS.map((each) => [
      snakeCase(each.name),
      { value: timings[each.name], default: each.value, clause: each[algorithm] },
    ]),
  );
}

function optionsJson(plan: RacePlan): Readonly<Record<string, JsonValue>> {
  return {
    target: plan.target.toString(),
    transports: plan.transports,
    transport_order: plan.transportOrder,
    families: plan.families,
    preferred_family: plan.preferredFamily,
    interfaces: plan.interfaces.map(({ name, delayMs }) => ({ name, delay_ms: delayMs })),
    resolver: plan.resolver?.map(({ address }) => address) ?? null,
    service_query: plan.serviceQuery?.type ?? null,
    nat64: plan.nat64.map(({ ip, length }) => `${ip}/${length}`),
    delay_from_rtt: plan.delayFromRtt,
    hasten_on_answers: plan.hastenOnAnswers,
    max_parallel: plan.maxParallel === Infinity ? null : plan.maxParallel,
    attempt_timeout_ms: plan.attemptTimeoutMs,
    timeout_ms: plan.timeoutMs,
    exhaustive: plan.exhaustive,
    congestion: plan.congestion ?? null,
    quic_alpn: plan.quic.alpn ?? null,
    tls: plan.tls !== null,
    insecure: (plan.tls?.insecure ?? plan.quic.insecure) ?? false,
  };
}
