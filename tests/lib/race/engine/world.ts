import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { isRunning } from "../../../../lib/race/engine/attempt.ts";
import { RaceEngine } from "../../../../lib/race/engine/engine.ts";
import type { RaceOptions } from "../../../../lib/race/engine/options.ts";
import type {
  Candidate,
  DnsOutcome,
  NetworkView,
  QueryType,
  RaceInput,
  RaceOutput,
  Service,
} from "../../../../lib/race/engine/values.ts";

/** A host with both families and a source address for each. */
export const DUAL_STACK: NetworkView = {
  ipv4: true,
  ipv6: true,
  defaultRoute4: true,
  defaultRoute6: true,
  nat64: [],
  sourceOf: (ip) => ({ ip: Ip.parse(ip.family === 6 ? "2001:db8:ffff::1" : "198.51.100.1") }),
};
export const IPV4_ONLY: NetworkView = {
  ...DUAL_STACK,
  ipv6: false,
  defaultRoute6: false,
  sourceOf: (ip, name) => ip.family === 4 ? DUAL_STACK.sourceOf(ip, name) : null,
};
export const IPV6_ONLY: NetworkView = {
  ...DUAL_STACK,
  ipv4: false,
  defaultRoute4: false,
  sourceOf: (ip, name) => ip.family === 6 ? DUAL_STACK.sourceOf(ip, name) : null,
};

/** What is done to an attempt: after how long, and what. `never` stands for a black hole. */
export type Fate =
  | { readonly kind: "connects"; readonly afterMs: number; readonly progressMs?: number }
  | { readonly kind: "fails"; readonly afterMs: number }
  | { readonly kind: "never" };

/** What a server says. */
export interface Reply {
  readonly afterMs: number;
  readonly outcome: DnsOutcome;
}

/** A world without a clock of its own. */
export interface World {
  readonly options?: Partial<RaceOptions>;
  readonly network?: NetworkView;
  /** The answer to a query; null when none comes. A list: one answer after the other to the same query. */
  readonly dns?: (name: string, type: QueryType) => Reply | readonly Reply[] | null;
  readonly fate?: (candidate: Candidate, index: number) => Fate;
  /** Things that happen at their time. */
  readonly events?: readonly { readonly atMs: number; readonly input: RaceInput }[];
}

/** An output and when it came. */
export type Logged = RaceOutput & { readonly atMs: number };

/** What happened in a race. */
export interface Run {
  readonly engine: RaceEngine;
  readonly log: readonly Logged[];
  /** When each attempt was started and to where. */
  readonly starts: readonly { readonly atMs: number; readonly to: string; readonly reason: string }[];
  readonly endMs: number;
}

/** More steps than any race needs. */
const MAX_STEPS = 20_000;

/** Lets a race run in virtual time until it ends. */
export function run(world: World): Run {
  const { network = DUAL_STACK, dns = () => null, fate = () => ({ kind: "never" }), events = [] } = world;
  const engine = new RaceEngine({
    target: { kind: "name", name: "example.com" },
    port: 443,
    ...world.options,
  }, network);
  const log: Logged[] = [];
  const agenda: { atMs: number; order: number; input: RaceInput }[] = [];
  const at = (atMs: number, input: RaceInput): void => {
    agenda.push({ atMs, order: agenda.length, input });
    agenda.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  };
  for (const event of events) at(event.atMs, event.input);
  let now = 0;
  for (let step = 0; engine.end === null; step++) {
    assert.ok(step < MAX_STEPS, "the race does not end");
    for (const output of engine.poll(now)) {
      log.push({ ...output, atMs: now });
      if (output.kind === "query") {
        const replies = dns(output.name, output.type);
        for (const reply of replies === null ? [] : [replies].flat() as readonly Reply[]) {
          at(now + reply.afterMs, { kind: "answer", queryId: output.id, outcome: reply.outcome });
        }
      } else if (output.kind === "attempt") {
        const what = fate(output.candidate, output.id - 1);
        if (what.kind === "connects") {
          if (what.progressMs !== undefined) {
            at(now + what.progressMs, { kind: "progress", attemptId: output.id });
          }
          at(now + what.afterMs, { kind: "connected", attemptId: output.id });
        } else if (what.kind === "fails") {
          at(now + what.afterMs, { kind: "failed", attemptId: output.id, reason: "refused" });
        }
      }
    }
    if (engine.end !== null) break;
    const wake = engine.wakeAtMs;
    const [next] = agenda;
    assert.ok(wake === null || wake > now, `the race asks to be woken at ${wake}, which is now`);
    if (next !== undefined && (wake === null || next.atMs <= wake)) {
      now = next.atMs;
      while (agenda[0]?.atMs === now) engine.handle(agenda.shift()!.input, now);
    } else now = wake ?? now;
  }
  const late = agenda.splice(0);
  const count = log.length;
  log.push(...engine.poll(now).map((output) => ({ ...output, atMs: now })));
  // What comes too late changes nothing
  for (const { input, atMs } of late) engine.handle(input, atMs);
  assert.deepEqual(engine.poll(1e9), []);
  assert.equal(engine.wakeAtMs, null);
  assert.ok(engine.attempts.every((attempt) => !isRunning(attempt)), "an attempt goes on after the end");
  assert.ok(count <= log.length);
  const starts = log.flatMap((each) =>
    each.kind === "attempt"
      ? [{ atMs: each.atMs, to: each.candidate.connectTo.toString(), reason: each.reason }]
      : []
  );
  return { engine, log, starts, endMs: now };
}

/** An answer with addresses. */
export function addresses(afterMs: number, ...texts: readonly string[]): Reply {
  return { afterMs, outcome: { kind: "addresses", addresses: texts.map((text) => Ip.parse(text)) } };
}

/** An answer that says that there is nothing. */
export function negative(afterMs: number): Reply {
  return { afterMs, outcome: { kind: "negative" } };
}

/** An answer with services. */
export function services(afterMs: number, ...parts: readonly Partial<Service>[]): Reply {
  return {
    afterMs,
    outcome: { kind: "services", services: parts.map((part) => ({ ...PLAIN_SERVICE, ...part })) },
  };
}

const PLAIN_SERVICE: Service = {
  priority: 1,
  target: ".",
  port: null,
  alpn: [],
  noDefaultAlpn: false,
  ech: null,
  unusable: false,
  ipv4Hints: [],
  ipv6Hints: [],
};

/** Answers by type, the same for every name. */
export function byType(
  replies: Partial<Record<QueryType, Reply | null>>,
): (name: string, type: QueryType) => Reply | null {
  return (_name, type) => replies[type] ?? null;
}
