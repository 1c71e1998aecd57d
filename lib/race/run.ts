import { Endpoint } from "../base/endpoint.ts";
import type { Connection } from "../io/connection.ts";
import { drive, type Driven } from "./drive.ts";
import type { RacedConnection, RaceEnvironment } from "./environment.ts";
import { engineOptions, planRace, type RaceOptions, type RacePlan, raceTarget } from "./plan.ts";
import { RaceRecord } from "./record.ts";
import type { RaceRound, RaceTimelineEvent } from "./result.ts";
import { systemEnvironment } from "./system.ts";

/**
 * What came of a race: the winning connection, ready to use, and everything that happened on the way. Dispose
 * of it to close the connection.
 */
export interface RaceOutcome<C = Connection> extends RaceRound, AsyncDisposable {
  /** The connection of the winner; null when nothing connected. */
  readonly connection: C | null;
  /** What happened without the connection: what `JSON.stringify` writes. */
  toJSON(): RaceRound;
}

/**
 * Connects to a host by Happy Eyeballs: names are looked up and addresses, families, transports and interfaces
 * raced as RFC 8305 or the draft of version 3 say. A failed attempt is data: it stands in `attempts`.
 *
 * @param target A host name or an address, with or without a port; `mptcp@` and its like choose the transport.
 * @param options Port, transports, timing, limits, signal.
 * @param onEvent Called for everything that happens, until the race is over.
 * @returns The winner's connection and the whole story, also when nothing connected or the signal ended it.
 * @throws {MptError} `ERR_INVALID_ENDPOINT`, `ERR_INVALID_VALUE` for what cannot be raced; `ERR_PERMISSION`
 * when `/etc/resolv.conf` or `/etc/hosts` may not be read; what `onEvent` throws, which ends the race.
 *
 * @example Connect to whichever address of localhost answers
 * ```ts
 * import assert from "node:assert/strict";
 * import { race } from "@multipath/mpt/race";
 *
 * const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * await using outcome = await race("127.0.0.1", { port: server.addr.port });
 *
 * assert(outcome.connection !== null && outcome.winner === 0);
 * assert.equal(outcome.attempts[0]?.outcome, "won");
 * server.close();
 * ```
 */
export async function race(
  target: string | Endpoint,
  options: RaceOptions = {},
  onEvent: (event: RaceTimelineEvent) => void = () => {},
): Promise<RaceOutcome> {
  const plan = planRace(typeof target === "string" ? Endpoint.parse(target) : target, options);
  return await runRace(plan, await systemEnvironment(plan), options.signal, onEvent);
}

/** Runs a race that is decided on, in any environment. */
export async function runRace<C extends RacedConnection>(
  plan: RacePlan,
  environment: RaceEnvironment<C>,
  signal: AbortSignal | undefined,
  onEvent: (event: RaceTimelineEvent) => void,
): Promise<RaceOutcome<C>> {
  const network = environment.network();
  const startMs = environment.now();
  // Whoever listens must not leave a race behind by throwing
  const thrown: unknown[] = [];
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const record = new RaceRecord(startMs, Date.now(), (event) => {
    try {
      if (thrown.length === 0) onEvent(event);
    } catch (error) {
      thrown.push(error);
      stop.abort();
    }
  });
  const names = plan.target.ip === undefined ? environment.names.map(String) : [plan.target.host];
  const seed = Math.floor(Math.random() * 2 ** 32);
  let driven: Driven<C> | undefined;
  for (const name of names) {
    const elapsedMs = environment.now() - startMs;
    if (driven !== undefined && elapsedMs >= plan.timeoutMs) break;
    driven = await drive({
      engine: forName(plan, environment, name, elapsedMs, seed),
      environment,
      network,
      record,
      history: plan.history,
      signal: either,
    });
    // The next name of the search list, as resolv.conf(5) has it
    if (driven.reason !== "no-addresses" || either.aborted) break;
  }
  const outcome = outcomeOf(record, driven!);
  if (thrown.length === 0) return outcome;
  await outcome[Symbol.asyncDispose]();
  throw thrown[0];
}

function forName<C extends RacedConnection>(
  plan: RacePlan,
  environment: RaceEnvironment<C>,
  name: string,
  elapsedMs: number,
  seed: number,
): ReturnType<typeof engineOptions> {
  const options = engineOptions(plan, raceTarget(plan, name), elapsedMs, seed);
  // RFC 6761 6.3: no server is asked about this host
  return environment.isLocal ? { ...options, serviceQuery: null, protocols: null } : options;
}

function outcomeOf<C extends RacedConnection>(
  record: RaceRecord,
  { reason, endMs, winner, waiting, connection, settled }: Driven<C>,
): RaceOutcome<C> {
  const round = record.end(reason, winner, waiting, endMs);
  return {
    ...round,
    connection,
    toJSON: () => round,
    async [Symbol.asyncDispose](): Promise<void> {
      await connection?.close();
      await settled;
    },
  };
}
