import { setImmediate } from "node:timers";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { MptError } from "../../../lib/base/errors.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { Transport } from "../../../lib/base/transport.ts";
import type { DnsResult } from "../../../lib/dns/resolver.ts";
import { DnsName } from "../../../lib/dns/wire/name.ts";
import type { DnsRecord } from "../../../lib/dns/wire/record.ts";
import type { Candidate, QueryType } from "../../../lib/race/engine/values.ts";
import type { DialOptions, RacedConnection, RaceEnvironment } from "../../../lib/race/environment.ts";
import type { NetworkSnapshot } from "../../../lib/race/network.ts";
import { planRace, type RaceOptions } from "../../../lib/race/plan.ts";
import { type RaceOutcome, runRace } from "../../../lib/race/run.ts";
import type { RaceTimelineEvent } from "../../../lib/race/result.ts";

/** A clock that stands still while anything can be done, and then goes on to the next timer. */
export class VirtualTime {
  now = 0;
  #timers: { readonly atMs: number; readonly fire: () => void }[] = [];

  /** Calls back at a time; the answer takes the timer away. */
  at(atMs: number, fire: () => void): () => void {
    const timer = { atMs, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Runs until some work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const over = (): void => void (done = true);
    work.then(over, over);
    for (;;) {
      await settle();
      if (done) return await work;
      const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs === Infinity) throw new Error("Cannot go on: nothing will happen");
      this.#timers = this.#timers.filter((each) => each !== next);
      this.now = Math.max(this.now, next.atMs);
      next.fire();
    }
  }

  /** Runs until nothing is left to happen. */
  async drain(): Promise<void> {
    for (let steps = 0; steps < 1000; steps++) {
      await settle();
      const next = this.#timers.filter(({ atMs }) => atMs < Infinity).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) return;
      this.#timers = this.#timers.filter((each) => each !== next);
      this.now = Math.max(this.now, next.atMs);
      next.fire();
    }
  }
}

/** Lets every promise that can go on go on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a server says to a query, and when. */
export interface FakeAnswer {
  readonly afterMs: number;
  /** Addresses; or what went wrong. */
  readonly answer: readonly string[] | "no-data" | "no-name" | "failed" | "throws";
}

/** What becomes of an attempt. `deaf` ones do not listen to their signal. */
export type FakeFate =
  | { readonly kind: "connects"; readonly afterMs: number; readonly deaf?: boolean }
  | { readonly kind: "fails"; readonly afterMs: number; readonly deaf?: boolean }
  | { readonly kind: "never"; readonly deaf?: boolean };

/** A connection that remembers what was done to it. */
export class FakeConnection implements RacedConnection {
  readonly local: Endpoint = Endpoint.of("192.0.2.99", 50_000);
  readonly connectMs: number | null;
  readonly candidate: Candidate;
  readonly closed: Promise<void>;
  /** How it ended; null while it is open. */
  end: "closed" | "aborted" | null = null;
  #over: () => void = () => {};

  constructor(candidate: Candidate, connectMs: number, signal: AbortSignal) {
    this.candidate = candidate;
    this.connectMs = connectMs;
    this.closed = new Promise((resolve) => this.#over = resolve);
    signal.addEventListener("abort", () => this.abort());
  }

  transportInForce(): Transport {
    return this.candidate.transport;
  }

  paths(): readonly [] {
    return [];
  }

  close(): Promise<void> {
    this.end ??= "closed";
    this.#over();
    return Promise.resolve();
  }

  abort(): void {
    this.end ??= "aborted";
    this.#over();
  }
}

/** A network in virtual time. */
export interface FakeWorld {
  readonly options?: RaceOptions;
  readonly target?: string;
  readonly names?: readonly string[];
  readonly dns?: (name: string, type: QueryType) => FakeAnswer | null;
  readonly fate?: (candidate: Candidate, index: number) => FakeFate;
  /** Views of the network, and from when they hold; the first one from the start. */
  readonly networks?: readonly (Partial<FakeNetwork> & { readonly fromMs: number })[];
  /** Listens besides. */
  readonly onEvent?: (event: RaceTimelineEvent) => void;
  /** Takes every connection that comes up. */
  readonly connections?: FakeConnection[];
  /** When the signal aborts. */
  readonly abortAtMs?: number;
}

/** A network as a test says it. */
export interface FakeNetwork {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** The addresses of this host, one of each family. */
  readonly addresses: readonly string[];
}

/** A race that was run, and all that it left behind. */
export interface FakeRun {
  readonly outcome: RaceOutcome<FakeConnection>;
  readonly connections: readonly FakeConnection[];
  readonly events: readonly RaceTimelineEvent[];
  /** Events that came after the race was over. */
  readonly lateEvents: () => number;
  readonly time: VirtualTime;
  readonly endedAtMs: number;
  /** Whether the caller's signal had aborted by then. */
  readonly aborted: boolean;
  /** Dials and queries whose signal was not told that they are not wanted any more. */
  readonly forgotten: () => number;
}

const DUAL_STACK: FakeNetwork = { ipv4: true, ipv6: true, addresses: ["198.51.100.1", "2001:db8:ffff::1"] };

/** Runs a race in virtual time. */
export async function runFake(world: FakeWorld): Promise<FakeRun> {
  const time = new VirtualTime();
  const controller = new AbortController();
  const connections: FakeConnection[] = world.connections ?? [];
  const open = new Set<AbortSignal>();
  let dials = 0;
  const networks = world.networks ?? [{ fromMs: 0 }];
  const environment: RaceEnvironment<FakeConnection> = {
    names: (world.names ?? ["example.com"]).map((name) => DnsName.parse(name)),
    servers: [],
    isLocal: false,
    now: () => time.now,
    waitUntil: (atMs, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const stop = time.at(atMs, resolve);
        signal.addEventListener("abort", () => {
          stop();
          resolve();
        });
      }),
    query: (name, type, signal) => fakeQuery(time, open, world, name, type, signal),
    dial: (candidate, options) =>
      fakeDial(
        time,
        open,
        (world.fate ?? (() => ({ kind: "never" })))(candidate, dials++),
        candidate,
        options,
        connections,
      ),
    network: () => snapshotOf({ ...DUAL_STACK, ...networks.findLast(({ fromMs }) => fromMs <= time.now) }),
    watchNetwork: (onChange) => {
      const stops = networks.slice(1).map(({ fromMs }) => time.at(fromMs, onChange));
      return {
        [Symbol.asyncDispose]: () => {
          for (const stop of stops) stop();
          return Promise.resolve();
        },
      };
    },
  };
  if (world.abortAtMs !== undefined) time.at(world.abortAtMs, () => controller.abort());
  const events: RaceTimelineEvent[] = [];
  const plan = planRace(Endpoint.parse(world.target ?? "example.com"), { port: 8443, ...world.options });
  const outcome = await time.until(
    runRace(plan, environment, controller.signal, (event) => {
      events.push(event);
      world.onEvent?.(event);
    }),
  );
  const count = events.length;
  return {
    outcome,
    connections,
    events,
    lateEvents: () => events.length - count,
    time,
    endedAtMs: time.now,
    aborted: controller.signal.aborted,
    forgotten: () => [...open].filter((signal) => !signal.aborted).length,
  };
}

function snapshotOf({ ipv4, ipv6, addresses }: FakeNetwork): NetworkSnapshot {
  const ips = addresses.map((text) => Ip.parse(text));
  return {
    view: {
      ipv4,
      ipv6,
      defaultRoute4: ipv4,
      defaultRoute6: ipv6,
      nat64: [],
      sourceOf: (destination) => {
        const ip = ips.find((each) => each.family === destination.family);
        return ip === undefined ? null : { ip };
      },
    },
    json: { ipv4, ipv6, default_route4: ipv4, default_route6: ipv6, nat64: [], known: true },
    addresses: new Set(addresses),
  };
}

function fakeQuery(
  time: VirtualTime,
  open: Set<AbortSignal>,
  { dns = () => null }: FakeWorld,
  name: DnsName,
  type: QueryType,
  signal: AbortSignal,
): Promise<DnsResult> {
  const startMs = time.now;
  open.add(signal);
  return new Promise((resolve, reject) => {
    const reply = dns(name.key, type);
    const stop = reply === null ? () => {} : time.at(startMs + reply.afterMs, () => {
      open.delete(signal);
      if (reply.answer === "throws") reject(new MptError("ERR_NET_PERMISSION", "Cannot ask: no permission"));
      else resolve(resultOf(name, type, reply.answer, startMs, time.now));
    });
    signal.addEventListener("abort", () => {
      stop();
      reject(new MptError("ERR_ABORTED", "Cannot look up: cancelled"));
    });
  });
}

function resultOf(
  name: DnsName,
  type: QueryType,
  answer: readonly string[] | "no-data" | "no-name" | "failed",
  startMs: number,
  endMs: number,
): DnsResult {
  const base = { name, type, names: [name], ttl: 60, server: "192.0.2.53:53", startMs, endMs, tries: [] };
  if (typeof answer === "string") {
    return { ...base, status: answer, reason: answer === "failed" ? "SERVFAIL" : null, records: [] };
  }
  const records = answer.map((text): DnsRecord => {
    const address = Ip.parse(text);
    return { name, ttl: 60, type: address.family === 4 ? "A" : "AAAA", address };
  });
  return { ...base, status: "positive", reason: null, records };
}

function fakeDial(
  time: VirtualTime,
  open: Set<AbortSignal>,
  fate: FakeFate,
  candidate: Candidate,
  { signal }: DialOptions,
  connections: FakeConnection[],
): Promise<FakeConnection> {
  const startMs = time.now;
  open.add(signal);
  return new Promise((resolve, reject) => {
    const stop = fate.kind === "never" ? () => {} : time.at(startMs + fate.afterMs, () => {
      open.delete(signal);
      if (fate.kind === "fails") {
        return reject(new MptError("ERR_REFUSED", "Cannot connect to X: connection refused"));
      }
      const connection = new FakeConnection(candidate, fate.afterMs, signal);
      connections.push(connection);
      resolve(connection);
    });
    if (fate.deaf) return;
    signal.addEventListener("abort", () => {
      stop();
      reject(new MptError("ERR_ABORTED", "Cannot connect: cancelled"));
    });
  });
}
