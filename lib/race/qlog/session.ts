import type { Transport } from "../../base/transport.ts";
import { Ip } from "../../base/ip.ts";
import type { CancelReason } from "../engine/values.ts";
import { discoverPrefixes, IPV4_ONLY_NAME } from "../order/nat64.ts";
import type { RaceCandidateJson, RaceRound, RaceServiceJson, RaceTimelineEvent } from "../result.ts";
import { finishedQuery } from "./dns.ts";
import { groupId, groupsOf, keyOf, targetOf } from "./target.ts";

/** An event of draft-kuehlewind-happy-qlog, without its session. */
export interface HeEvent {
  readonly time: number;
  /** Without the namespace. */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The names of a kind of event of the timeline. */
type Of<Name extends RaceTimelineEvent["event"]> = Extract<RaceTimelineEvent, { readonly event: Name }>;

/**
 * A race as the events of the draft. It holds what one event of the timeline does not say by itself: which
 * addresses are known, which timer runs, what the list was before.
 */
export class HeSession {
  readonly events: HeEvent[] = [];
  readonly #round: RaceRound;
  #services: readonly RaceServiceJson[] = [];
  readonly #known = new Map<string, RaceCandidateJson>();
  readonly #started = new Set<string>();
  readonly #answered = new Set<string>();
  #waiting: readonly RaceCandidateJson[] = [];
  #lastAnswer = "";
  #attempts = 0;
  #resolvedByMs: number | null = null;
  #timerUntilMs: number | null = null;
  #progressed = false;

  constructor(round: RaceRound) {
    this.#round = round;
  }

  /** Takes the whole timeline. */
  take(timeline: readonly RaceTimelineEvent[]): void {
    for (const event of timeline) this.#take(event);
  }

  #add(time: number, name: string, data: Readonly<Record<string, unknown>>): void {
    this.events.push({ time, name, data });
  }

  #take(event: RaceTimelineEvent): void {
    const { at_ms: at } = event;
    switch (event.event) {
      case "query":
        return this.#add(at, "dns_query_started", {
          dns_id: `${event.query}`,
          hostname: event.name,
          qtypes: [event.type],
        });
      case "answer":
        return this.#answer(event);
      case "candidates":
        return this.#candidates(event);
      case "timer":
        return this.#timer(event);
      case "attempt":
        return this.#attempt(event);
      case "progress":
        this.#progressed = true;
        return;
      case "proceed":
        return this.#add(at, "attempt_resumed", { attempt_id: `${event.attempt}`, reason: "svcb_received" });
      case "connected":
        return this.#outcome(at, event.attempt, "success");
      case "failed":
        return this.#outcome(at, event.attempt, "failure", event.error.code);
      case "cancelled":
        return this.#outcome(at, event.attempt, RESULTS[event.reason]);
      case "won":
        return this.#add(at, "connection_selected", { attempt_id: `${event.attempt}` });
      case "network":
        return;
      case "end":
        return this.#end(event);
      default:
        event satisfies never;
    }
  }

  #answer(event: Of<"answer">): void {
    const query = this.#round.dns[event.query];
    this.#lastAnswer = event.type;
    for (const address of event.answers) this.#answered.add(address);
    if (event.services.length > 0) this.#services = event.services;
    if (query !== undefined) {
      this.#add(event.at_ms, "dns_query_finished", finishedQuery(event, query, this.#round.dns));
    }
    if (event.name !== IPV4_ONLY_NAME) return;
    for (const { ip, length } of discoverPrefixes(event.answers.map((address) => Ip.parse(address)))) {
      this.#add(event.at_ms, "nat64_prefix_discovered", {
        prefix: `${ip}`,
        prefix_length: length,
        source: "rfc7050_discovery",
      });
    }
  }

  #candidates({ at_ms: at, waiting }: Of<"candidates">): void {
    const fresh = waiting.filter((each) => !this.#known.has(keyOf(each)));
    for (const candidate of fresh) {
      this.#known.set(keyOf(candidate), candidate);
      this.#add(at, "candidate_discovered", {
        source: this.#sourceOf(candidate),
        target: targetOf(candidate, this.#services),
        group_id: groupId(candidate.service),
      });
    }
    for (const candidate of this.#waiting) {
      const key = keyOf(candidate);
      if (this.#started.has(key) || waiting.some((each) => keyOf(each) === key)) continue;
      this.#known.delete(key);
      const hinted = this.#sourceOf(candidate) === "svcb_hint";
      this.#add(at, "candidate_removed", {
        target: targetOf(candidate, this.#services),
        reason: hinted ? "svcb_hint_replaced" : "dns_negative",
        had_active_attempt: false,
      });
    }
    this.#waiting = waiting;
    if (this.#attempts === 0 || waiting.length === 0 || fresh.length === 0) return;
    this.#add(at, "candidates_resorted", {
      reason: this.#lastAnswer === "HTTPS" || this.#lastAnswer === "SVCB" ? "new_svcb" : "new_addresses",
      new_order: waiting.map((each) => targetOf(each, this.#services)),
    });
  }

  #sourceOf({ address, connect_to }: RaceCandidateJson): "dns" | "svcb_hint" | "nat64_synthesis" {
    if (address !== connect_to) return "nat64_synthesis";
    if (this.#answered.has(address)) return "dns";
    return this.#services.some(({ hints }) => hints.includes(address)) ? "svcb_hint" : "dns";
  }

  #timer({ at_ms: at, timer, until_ms: until }: Of<"timer">): void {
    if (timer === "resolution-delay") {
      // When it is over it is unset as well: its time stays known
      this.#resolvedByMs = until ?? this.#resolvedByMs;
      return;
    }
    if (until === null) {
      if (this.#timerUntilMs !== null) {
        this.#add(at, "next_attempt_timer_canceled", { reason: "list_exhausted" });
      }
      this.#timerUntilMs = null;
      return;
    }
    this.#timerUntilMs = until;
    this.#add(at, "next_attempt_timer_set", {
      delay_ms: Math.max(0, Math.round(until - at)),
      reason: this.#progressed ? "handshake_progress" : "initial",
    });
    this.#progressed = false;
  }

  #attempt({ at_ms: at, attempt, candidate, reason, held }: Of<"attempt">): void {
    const target = targetOf(candidate, this.#services);
    const id = `${attempt}`;
    if (this.#attempts++ === 0 && this.#waiting.length > 0) {
      this.#add(at, "candidates_sorted", { groups: groupsOf(this.#waiting, this.#services) });
    }
    this.#started.add(keyOf(candidate));
    if (reason === "delay" && this.#timerUntilMs !== null) {
      this.#add(at, "next_attempt_timer_fired", {});
      this.#timerUntilMs = null;
    }
    // The draft has no word for an attempt that starts because another one failed: it is not scheduled
    if (reason !== "failure") {
      this.#add(at, "attempt_scheduled", {
        attempt_id: id,
        target,
        scheduled_after_ms: 0,
        reason: reason === "delay" ? "policy_timer" : this.#firstReason(at),
      });
    }
    this.#add(at, "attempt_started", {
      attempt_id: id,
      target,
      transport: wireTransport(candidate.transport),
      ...(isMultipath(candidate.transport) ? { multipath: true } : {}),
    });
    if (!held) return;
    const waitsFor = this.#round.dns.find(({ type }) => type === "HTTPS" || type === "SVCB")?.index;
    this.#add(at, "attempt_pended", {
      attempt_id: id,
      reason: "awaiting_svcb",
      ...(waitsFor === undefined ? {} : { waiting_for: `${waitsFor}` }),
    });
  }

  #firstReason(at: number): "dns_completed" | "resolution_delay_expired" {
    return this.#resolvedByMs !== null && at >= this.#resolvedByMs
      ? "resolution_delay_expired"
      : "dns_completed";
  }

  #outcome(at: number, attempt: number, result: string, errorCode?: string): void {
    const { start_ms: start, connect_ms: connect } = this.#round.attempts[attempt] ?? {};
    const duration = result === "success" && connect ? connect : at - (start ?? at);
    this.#add(at, "attempt_outcome", {
      attempt_id: `${attempt}`,
      result,
      ...(errorCode === undefined ? {} : { error_code: errorCode }),
      connect_duration_ms: Math.max(0, Math.round(duration)),
    });
  }

  #end({ at_ms: at, reason }: Of<"end">): void {
    if (this.#timerUntilMs !== null) {
      this.#add(at, "next_attempt_timer_canceled", { reason: reason === "won" ? "success" : "abort" });
      this.#timerUntilMs = null;
    }
    if (reason !== "won") this.#add(at, "connection_aborted", { reason: REASONS[reason] });
    this.#add(at, "metrics", this.#metrics());
  }

  #metrics(): Readonly<Record<string, unknown>> {
    const { attempts, winner, connect_ms, duration_ms } = this.#round;
    const started = attempts.filter(({ outcome }) => outcome !== "not-started");
    const succeeded = started.filter(({ outcome }) => outcome === "won" || outcome === "lost").length;
    const won = winner === null ? undefined : attempts[winner];
    return {
      outcome: won === undefined ? "aborted" : "success",
      total_duration_ms: Math.round(duration_ms),
      ...(won === undefined ? {} : {
        tt_first_success_ms: Math.round(connect_ms ?? duration_ms),
        first_success_family: `ipv${won.connect_to.includes(":") ? 6 : 4}`,
        first_success_transport: wireTransport(won.transport),
      }),
      attempts_total: started.length,
      attempts_success: succeeded,
      attempts_failure: started.length - succeeded,
    };
  }
}

/** What the draft calls the end of an attempt that was given up. */
const RESULTS: Readonly<Record<CancelReason, "timeout" | "canceled">> = {
  lost: "canceled",
  "timed-out": "timeout",
  overtaken: "timeout",
  aborted: "canceled",
  deadline: "timeout",
  "service-lookup-failed": "canceled",
};

/** Why there is no connection, in words. */
const REASONS: Readonly<Record<Exclude<RaceRound["end_reason"], "won">, string>> = {
  "all-failed": "all attempts failed",
  "no-addresses": "no addresses resolved",
  deadline: "the time of the race was over",
  aborted: "user canceled",
  "service-lookup-failed": "the service records that may not be forged did not come",
};

/** The draft knows two transports; what MPTCP and multipath QUIC look like on the wire is one of them. */
function wireTransport(transport: Transport): "tcp" | "quic" {
  return transport === "quic" || transport === "mpquic" ? "quic" : "tcp";
}

function isMultipath(transport: Transport): boolean {
  return transport === "mptcp" || transport === "mpquic";
}
