import type { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { DnsResult } from "../dns/resolver.ts";
import type { CancelReason, Candidate, EndReason, QueryType, StartReason } from "./engine/values.ts";
import type { RacedConnection } from "./environment.ts";
import type {
  RaceAttemptJson,
  RaceCandidateJson,
  RaceErrorJson,
  RaceQueryJson,
  RaceRound,
  RaceServiceJson,
  RaceTimelineEvent,
} from "./result.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A timeline event before it has its time. */
type Untimed<T> = T extends RaceTimelineEvent ? Omit<T, "at_ms"> : never;

/** What happens in a race, written down as it does. Times go in as the clock tells them. */
export class RaceRecord {
  readonly #startMs: number;
  readonly #startedAtMs: number;
  readonly #onEvent: (event: RaceTimelineEvent) => void;
  readonly #queries: Mutable<RaceQueryJson>[] = [];
  readonly #answered = new Set<number>();
  readonly #attempts: Mutable<RaceAttemptJson>[] = [];
  readonly #timeline: RaceTimelineEvent[] = [];
  readonly #timers = new Map<"resolution-delay" | "next-attempt", number | null>();
  #waiting: readonly Candidate[] = [];

  /**
   * Begins a record.
   *
   * @param startMs The clock at the start of the race.
   * @param startedAtMs The same in milliseconds since 1970.
   * @param onEvent Called for each event.
   */
  constructor(startMs: number, startedAtMs: number, onEvent: (event: RaceTimelineEvent) => void) {
    this.#startMs = startMs;
    this.#startedAtMs = startedAtMs;
    this.#onEvent = onEvent;
  }

  /** Notes a query, and gives its index. */
  query(name: string, type: QueryType, nowMs: number): number {
    const index = this.#queries.length;
    const at = this.#at(nowMs);
    this.#queries.push({
      index,
      name,
      type,
      start_ms: at,
      end_ms: at,
      status: "cancelled",
      reason: null,
      answers: [],
      services: [],
      names: [],
      ttl_seconds: null,
      server: null,
      tries: [],
    });
    this.#note(nowMs, { event: "query", query: index, name, type });
    return index;
  }

  /** Notes what came of a query. */
  answer(index: number, result: DnsResult, nowMs: number): void {
    const query = this.#queries[index];
    if (query === undefined) return;
    this.#answered.add(index);
    Object.assign(query, answerJson(result), { end_ms: this.#at(nowMs) });
    query.tries = result.tries.map(({ server, transport, startMs, endMs, outcome }) => ({
      server,
      transport,
      start_ms: this.#at(startMs),
      end_ms: this.#at(endMs),
      outcome,
    }));
    const { name, type, status, answers, services, reason } = query;
    this.#note(nowMs, { event: "answer", query: index, name, type, status, answers, services, reason });
  }

  /** Notes that a query failed without the resolver's saying so. */
  queryFailed(index: number, error: MptError, nowMs: number): void {
    const query = this.#queries[index];
    if (query === undefined) return;
    this.#answered.add(index);
    Object.assign(query, { status: "failed", reason: error.message, end_ms: this.#at(nowMs) });
    const { name, type, status, answers, services, reason } = query;
    this.#note(nowMs, { event: "answer", query: index, name, type, status, answers, services, reason });
  }

  /** Notes that nobody waits for an answer any more. */
  queryDropped(index: number, nowMs: number): void {
    const query = this.#queries[index];
    if (query !== undefined && !this.#answered.has(index)) query.end_ms = this.#at(nowMs);
  }

  /** Notes what is tried next, where that is news. */
  waiting(candidates: readonly Candidate[], nowMs: number): void {
    const before = this.#waiting;
    this.#waiting = candidates;
    if (
      candidates.length === before.length && candidates.every(({ key }, index) => key === before[index]?.key)
    ) return;
    this.#note(nowMs, { event: "candidates", waiting: candidates.map(candidateJson) });
  }

  /** Notes a timer that is set or not needed any more, where that is news. */
  timer(timer: "resolution-delay" | "next-attempt", untilMs: number | null, nowMs: number): void {
    if ((this.#timers.get(timer) ?? null) === untilMs) return;
    this.#timers.set(timer, untilMs);
    this.#note(nowMs, { event: "timer", timer, until_ms: untilMs === null ? null : this.#at(untilMs) });
  }

  /** Notes the start of an attempt, and gives its index. */
  attempt(candidate: Candidate, reason: StartReason, held: boolean, nowMs: number): number {
    const index = this.#attempts.length;
    const json = candidateJson(candidate);
    this.#attempts.push({ ...notStarted(json, index), reason, start_ms: this.#at(nowMs) });
    this.#waiting = this.#waiting.filter(({ key }) => key !== candidate.key);
    this.#note(nowMs, { event: "attempt", attempt: index, candidate: json, reason, held });
    return index;
  }

  /** Notes that the transport's handshake is done and another one goes on. */
  progress(index: number, nowMs: number): void {
    this.#change(index, { progress_ms: this.#at(nowMs) });
    this.#note(nowMs, { event: "progress", attempt: index });
  }

  /** Notes that an attempt may go on with its handshake. */
  proceed(index: number, nowMs: number): void {
    this.#note(nowMs, { event: "proceed", attempt: index });
  }

  /** Notes a connection; whether it won is told by {@linkcode won}. */
  connected(index: number, connection: RacedConnection, nowMs: number): void {
    const startMs = this.#attempts[index]?.start_ms ?? 0;
    const connectMs = round(connection.connectMs ?? this.#at(nowMs) - startMs);
    this.#change(index, {
      outcome: "lost",
      end_ms: this.#at(nowMs),
      connect_ms: connectMs,
      transport_in_force: connection.transportInForce(),
      local: connection.local.address,
    });
    this.#note(nowMs, { event: "connected", attempt: index, connect_ms: connectMs });
  }

  /** Notes a failure. */
  failed(index: number, { code, message }: MptError, nowMs: number): void {
    const error: RaceErrorJson = { code, message };
    this.#change(index, { outcome: "failed", end_ms: this.#at(nowMs), error });
    this.#note(nowMs, { event: "failed", attempt: index, error });
  }

  /** Notes that an attempt is given up; one whose time was over has failed. */
  cancelled(index: number, reason: CancelReason, error: RaceErrorJson | null, nowMs: number): void {
    const outcome = reason === "timed-out" ? "failed" : "cancelled";
    this.#change(index, { outcome, cancel_reason: reason, end_ms: this.#at(nowMs), error });
    this.#note(nowMs, { event: "cancelled", attempt: index, reason });
  }

  /** Notes the winner. */
  won(index: number, nowMs: number): void {
    this.#change(index, { outcome: "won" });
    this.#note(nowMs, { event: "won", attempt: index });
  }

  /** Notes another network. */
  network(ipv4: boolean, ipv6: boolean, nowMs: number): void {
    this.#note(nowMs, { event: "network", ipv4, ipv6 });
  }

  /** Ends the record. */
  end(reason: EndReason, winner: number | null, waiting: readonly Candidate[], nowMs: number): RaceRound {
    this.#note(nowMs, { event: "end", reason, winner });
    for (const query of this.#queries) if (!this.#answered.has(query.index)) query.end_ms = this.#at(nowMs);
    const won = winner === null ? undefined : this.#attempts[winner];
    const started = this.#attempts.length;
    return {
      started_at: new Date(this.#startedAtMs).toISOString(),
      duration_ms: this.#at(nowMs),
      dns: this.#queries,
      attempts: [
        ...this.#attempts,
        ...waiting.map((candidate, index) => notStarted(candidateJson(candidate), started + index)),
      ],
      winner,
      connect_ms: won?.end_ms ?? null,
      end_reason: reason,
      timeline: this.#timeline,
    };
  }

  #change(index: number, change: Partial<RaceAttemptJson>): void {
    const attempt = this.#attempts[index];
    if (attempt !== undefined) Object.assign(attempt, change);
  }

  #at(nowMs: number): number {
    return round(Math.max(0, nowMs - this.#startMs));
  }

  #note(nowMs: number, event: Untimed<RaceTimelineEvent>): void {
    const timed: RaceTimelineEvent = { at_ms: this.#at(nowMs), ...event };
    this.#timeline.push(timed);
    this.#onEvent(timed);
  }
}

/** Microseconds are what the clocks give; more digits would be noise. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** A candidate as it stands in results. */
export function candidateJson(candidate: Candidate): RaceCandidateJson {
  return {
    address: candidate.ip.toString(),
    connect_to: candidate.connectTo.toString(),
    family: candidate.ip.family,
    port: candidate.port,
    transport: candidate.transport,
    interface: candidate.interface,
    service: candidate.service?.name ?? null,
  };
}

function notStarted(candidate: RaceCandidateJson, index: number): RaceAttemptJson {
  return {
    index,
    ...candidate,
    reason: null,
    start_ms: null,
    progress_ms: null,
    end_ms: null,
    outcome: "not-started",
    cancel_reason: null,
    connect_ms: null,
    transport_in_force: null,
    local: null,
    error: null,
  };
}

/** Records of one answer that results show: a server may send thousands. */
const MAX_SHOWN = 256;

function answerJson(
  { status, reason, records, names, ttl, server }: DnsResult,
): Pick<RaceQueryJson, "status" | "reason" | "answers" | "services" | "names" | "ttl_seconds" | "server"> {
  const answers: Ip[] = [];
  const services: RaceServiceJson[] = [];
  for (const record of records.slice(0, MAX_SHOWN)) {
    if (record.type === "A" || record.type === "AAAA") answers.push(record.address);
    else if (record.type === "HTTPS" || record.type === "SVCB") {
      const { port, alpn, ech, ipv4Hints, ipv6Hints } = record.params;
      services.push({
        priority: record.priority,
        target: record.target.toString(),
        port,
        alpn,
        ech: ech !== null,
        hints: [...ipv6Hints, ...ipv4Hints].map(String),
      });
    }
  }
  return {
    status,
    reason,
    answers: answers.map(String),
    services,
    names: names.slice(1).map(String),
    ttl_seconds: ttl,
    server,
  };
}
