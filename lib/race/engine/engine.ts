import { MptError } from "../../base/errors.ts";
import type { AddressFamily } from "../../base/ip.ts";
import { type Attempt, type AttemptState, isRunning } from "./attempt.ts";
import { knownFamilies, listCandidates } from "./candidates.ts";
import { type ListTurn, nextOfLists } from "./family_lists.ts";
import { type RaceConfig, raceConfig, type RaceOptions } from "./options.ts";
import { Pace } from "./pace.ts";
import { Resolution } from "./resolution.ts";
import type {
  CancelReason,
  Candidate,
  DnsOutcome,
  EndReason,
  NetworkView,
  RaceInput,
  RaceOutput,
} from "./values.ts";

/** What an attempt that is not started yet says of itself. */
type Change = Partial<Omit<Attempt, "id" | "candidate" | "reason" | "startMs">>;

/**
 * A race as a machine without clock or socket: what happens goes in through `handle`, what is to be done comes
 * out of `poll`, which is called after that and again when `wakeAtMs` has come. Times are milliseconds of any clock that does
 * not go back.
 */
export class RaceEngine {
  /** How the race is run, with nothing left open. */
  readonly config: RaceConfig;
  readonly #resolution: Resolution;
  readonly #pace: Pace;
  #network: NetworkView;
  readonly #attempts: Attempt[] = [];
  readonly #started = new Set<string>();
  readonly #progressed = new Set<number>();
  #outputs: RaceOutput[] = [];
  /** Null when it has to be made again. */
  #candidates: readonly Candidate[] | null = null;
  #nowMs = -Infinity;
  #startMs: number | null = null;
  #firstAttemptMs: number | null = null;
  /** When the Resolution Delay is over; null before the first address. */
  #resolvedByMs: number | null = null;
  #movedOn = false;
  #winner: number | null = null;
  #end: EndReason | null = null;

  /**
   * Prepares a race; the first `poll` begins it.
   *
   * @param options How it is run.
   * @param network What the network of this host looks like.
   * @throws {MptError} `ERR_INVALID_VALUE` for options that cannot be, or would break a MUST.
   */
  constructor(options: RaceOptions, network: NetworkView) {
    this.config = raceConfig(options);
    this.#network = network;
    this.#resolution = new Resolution(this.config, network);
    this.#pace = new Pace(this.config);
  }

  /** Every attempt that was started, in the order of starting. */
  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  /** The id of the attempt that won; null when none has. */
  get winner(): number | null {
    return this.#winner;
  }

  /** Why the race is over; null while it goes on. */
  get end(): EndReason | null {
    return this.#end;
  }

  /** What can still be tried, the next first. */
  get waiting(): readonly Candidate[] {
    return this.#list().filter(({ key }) => !this.#started.has(key));
  }

  /** Until when is waited for further answers, and for the next attempt; null for no wait. */
  get timers(): { readonly resolutionDelayMs: number | null; readonly nextAttemptMs: number | null } {
    if (this.#end !== null) return { resolutionDelayMs: null, nextAttemptMs: null };
    const next = this.#attempts.length > 0 && this.#mayStart() && this.waiting.length > 0
      ? this.#nextStartMs()
      : Infinity;
    return {
      resolutionDelayMs: this.#movedOn ? null : this.#resolvedByMs,
      nextAttemptMs: Number.isFinite(next) ? next : null,
    };
  }

  /** When to call `poll` at the latest, though nothing happens; null when that is not needed. */
  get wakeAtMs(): number | null {
    if (this.#end !== null || this.#startMs === null) return null;
    const times = [this.#startMs + this.config.deadlineMs];
    // When it is over and there is no address (any more), only an answer can change that
    if (!this.#movedOn && (this.#resolvedByMs ?? -Infinity) > this.#nowMs) {
      times.push(this.#resolvedByMs ?? Infinity);
    }
    for (const attempt of this.#running()) times.push(attempt.startMs + this.config.attemptTimeoutMs);
    if (this.#mayStart() && this.waiting.length > 0) times.push(this.#nextStartMs());
    const lastResort = this.#lastResortMs();
    if (lastResort !== null) times.push(lastResort);
    return Math.max(this.#nowMs, Math.min(...times));
  }

  /**
   * Tells what happened; nothing is decided before the next `poll`, so that what happened at the same time can
   * be told together. What belongs to an attempt or a query that is over is ignored.
   *
   * @param input What happened.
   * @param nowMs When.
   * @throws {MptError} `ERR_INVALID_VALUE` for an id that was never given out.
   */
  handle(input: RaceInput, nowMs: number): void {
    this.#advanceTo(nowMs);
    switch (input.kind) {
      case "answer":
        return this.#onAnswer(input.queryId, input.outcome);
      case "progress": {
        const attempt = this.#find(input.attemptId);
        if (this.#end !== null || attempt.state !== "connecting") return;
        this.#change(attempt, { state: "handshaking" });
        // RFC 8305 knows no success beyond the transport's
        if (this.config.version === "hev3" && !this.#progressed.has(attempt.id)) {
          this.#progressed.add(attempt.id);
          this.#pace.onProgress(this.#nowMs, attempt.startMs, input.expectedMs);
        }
        return;
      }
      case "connected":
        return this.#onConnected(this.#find(input.attemptId));
      case "failed": {
        const attempt = this.#find(input.attemptId);
        if (this.#end !== null || !isRunning(attempt)) return;
        this.#finish(attempt, "failed", input.reason);
        this.#pace.onFailure(this.#nowMs);
        return;
      }
      case "network":
        if (this.#end !== null) return;
        this.#network = input.network;
        this.#resolution.setNetwork(input.network);
        this.#candidates = null;
        return;
      case "abort":
        if (this.#end === null) this.#over("aborted", "aborted");
        return;
      default:
        input satisfies never;
    }
  }

  /**
   * Takes what is to be done now, in this order.
   *
   * @param nowMs The time.
   * @returns What is new since the last call.
   */
  poll(nowMs: number): readonly RaceOutput[] {
    this.#advanceTo(nowMs);
    this.#startMs ??= this.#nowMs;
    if (this.#end === null) this.#proceed();
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #proceed(): void {
    const { deadlineMs, attemptTimeoutMs } = this.config;
    if (this.#nowMs >= (this.#startMs ?? 0) + deadlineMs) return this.#over("deadline", "deadline");
    for (const attempt of this.#running()) {
      if (this.#nowMs < attempt.startMs + attemptTimeoutMs) continue;
      this.#cancel(attempt, "timed-out");
      this.#pace.onFailure(this.#nowMs);
    }
    const lastResort = this.#lastResortMs();
    if (lastResort !== null && this.#nowMs >= lastResort && this.#resolution.useLastResort()) {
      this.#candidates = null;
    }
    this.#ask();
    if (this.#serviceWasLost()) return this.#over("service-lookup-failed", "service-lookup-failed");
    this.#releaseHeld();
    this.#moveOn();
    while (this.#mayStart() && this.#startNext()) { /* one after the other */ }
    this.#endIfNothingIsLeft();
  }

  #ask(): void {
    const queries = this.#resolution.queries();
    for (const { id, name, type } of queries) this.#outputs.push({ kind: "query", id, name, type });
  }

  /** draft-ietf-happy-happyeyeballs-v3 4.2, RFC 8305 3. */
  #moveOn(): void {
    if (this.#movedOn) return;
    const { config } = this;
    const families = this.#knownFamilies();
    if (families.size === 0) return;
    if (config.target.kind === "addresses") {
      this.#movedOn = true;
      return;
    }
    if (config.waitForAllAnswers) {
      this.#movedOn = this.#resolution.familySettled(6) && this.#resolution.familySettled(4);
      return;
    }
    const preferred = this.#resolution.preferredFamily;
    const familyKnown = families.has(preferred) || this.#resolution.familySettled(preferred);
    this.#movedOn = (familyKnown && this.#resolution.serviceSettled) ||
      this.#nowMs >= (this.#resolvedByMs ?? Infinity);
  }

  /** The Resolution Delay begins with the first address, as in the examples of draft 4.2.2. */
  #awaitOthers(): void {
    if (this.config.waitForAllAnswers) return;
    if (this.#resolvedByMs === null && this.#knownFamilies().size > 0) {
      this.#resolvedByMs = this.#nowMs + this.config.resolutionDelayMs;
    }
  }

  #knownFamilies(): ReadonlySet<AddressFamily> {
    const { config } = this;
    return knownFamilies({ config, resolution: this.#resolution });
  }

  #mayStart(): boolean {
    if (!this.#movedOn || this.#end !== null) return false;
    if (this.#winner !== null && !this.config.exhaustive) return false;
    return this.#running().length < this.config.maxParallel;
  }

  /** The candidate whose turn it is, and when: those of a later interface wait for their time. */
  #nextStartMs(): number {
    if (this.config.lists === "by-family") return this.#nextOfLists()?.atMs ?? Infinity;
    const waits = this.waiting.map(({ notBeforeMs }) =>
      this.#firstAttemptMs === null ? 0 : this.#firstAttemptMs + notBeforeMs
    );
    return Math.max(this.#pace.nextMs, Math.min(...waits));
  }

  #nextOfLists(): ListTurn | null {
    const firstMs = this.#firstAttemptMs ?? -Infinity;
    return nextOfLists(this.waiting, this.#attempts, firstMs + this.config.attemptDelayMs);
  }

  /** What may start now. */
  #turn(): ListTurn | null {
    if (this.config.lists === "by-family") return this.#nextOfLists();
    const first = this.#firstAttemptMs;
    const candidate = this.waiting.find(({ notBeforeMs }) =>
      this.#nowMs >= (first ?? -Infinity) + notBeforeMs
    );
    if (candidate === undefined) return null;
    const reason = first === null ? "first" : this.#pace.afterFailure ? "failure" : "delay";
    return { candidate, atMs: this.#pace.nextMs, reason };
  }

  #startNext(): boolean {
    const turn = this.#turn();
    if (turn === null || this.#nowMs < turn.atMs) return false;
    const { candidate, reason } = turn;
    if (!this.config.keepEarlier) {
      for (const attempt of this.#running()) this.#cancel(attempt, "overtaken");
    }
    const held = this.config.handshakeNeedsService && this.config.dnsProtected &&
      !this.#resolution.serviceSettled;
    const attempt: Attempt = {
      id: this.#attempts.length + 1,
      candidate,
      reason,
      startMs: this.#nowMs,
      endMs: null,
      state: "connecting",
      failure: null,
      held,
    };
    this.#attempts.push(attempt);
    this.#started.add(candidate.key);
    this.#firstAttemptMs ??= this.#nowMs;
    this.#pace.onStart(this.#nowMs, candidate.connectTo, candidate.interface);
    this.#outputs.push({
      kind: "attempt",
      id: attempt.id,
      candidate,
      reason,
      handshake: held ? "hold" : "proceed",
    });
    return true;
  }

  #onAnswer(queryId: number, outcome: DnsOutcome): void {
    const isNew = this.#end === null;
    if (!this.#resolution.answer(queryId, outcome)) throw unknownId("query", queryId);
    if (!isNew) return;
    const before = this.#list().length;
    this.#candidates = null;
    this.#awaitOthers();
    const stuck = this.#running().length > 0 && this.#running().every(({ state }) => state === "connecting");
    if (this.config.hastenOnAnswers && stuck && this.#list().length > before) this.#pace.hasten(this.#nowMs);
  }

  #onConnected(attempt: Attempt): void {
    if (this.#end !== null || !isRunning(attempt)) return;
    this.#finish(attempt, "connected", null);
    if (this.#winner !== null) return;
    this.#winner = attempt.id;
    this.#outputs.push({ kind: "won", id: attempt.id });
    if (!this.config.exhaustive) this.#over("won", "lost");
  }

  /** RFC 9460 3.1: an answer that may not be forged and does not come is an attack. */
  #serviceWasLost(): boolean {
    return this.config.dnsProtected && this.#resolution.serviceFailure !== null;
  }

  /** draft-ietf-happy-happyeyeballs-v3 6.3. */
  #releaseHeld(): void {
    if (!this.#resolution.serviceSettled) return;
    for (const attempt of this.#running()) {
      if (!attempt.held) continue;
      this.#change(attempt, { held: false });
      const service = this.#list().find(({ key }) => key === attempt.candidate.key)?.service ?? null;
      this.#outputs.push({ kind: "proceed", id: attempt.id, service });
    }
  }

  /** RFC 8305 7.2: when to ask for A records on a network with IPv6 only; null when that is of no use. */
  #lastResortMs(): number | null {
    const { version, target, lastResortSynthesisMs } = this.config;
    if (
      version !== "hev2" || target.kind !== "name" || !this.#resolution.isIpv6Only || this.#winner !== null
    ) return null;
    if (this.#resolution.lastResortUsed || this.waiting.length > 0) return null;
    // Without any address there is no attempt to wait for
    if (this.#attempts.length === 0) {
      return this.#resolution.queried && this.#resolution.familySettled(6) ? this.#nowMs : null;
    }
    return this.#attempts[this.#attempts.length - 1]!.startMs + lastResortSynthesisMs;
  }

  #endIfNothingIsLeft(): void {
    if (this.#running().length > 0 || this.#resolution.pending.length > 0) return;
    if (this.#lastResortMs() !== null) return;
    if (this.#movedOn && this.waiting.length > 0) return;
    if (this.#winner !== null) return this.#over("won", "lost");
    if (this.#movedOn || this.waiting.length === 0) {
      this.#over(this.#attempts.length > 0 ? "all-failed" : "no-addresses", "lost");
    }
  }

  #over(reason: EndReason, cancelReason: CancelReason): void {
    for (const attempt of this.#running()) this.#cancel(attempt, cancelReason);
    const lingerMs = reason === "won" ? this.config.answersAfterSuccessMs : 0;
    for (const { id } of this.#resolution.pending) this.#outputs.push({ kind: "drop-query", id, lingerMs });
    this.#end = this.#winner === null ? reason : "won";
    this.#outputs.push({ kind: "end", reason: this.#end, winner: this.#winner });
  }

  #cancel(attempt: Attempt, reason: CancelReason): void {
    this.#finish(attempt, "cancelled", reason);
    this.#outputs.push({ kind: "cancel", id: attempt.id, reason });
  }

  #finish(attempt: Attempt, state: AttemptState, failure: string | null): void {
    this.#change(attempt, { state, failure, endMs: this.#nowMs, held: false });
  }

  #change(attempt: Attempt, change: Change): void {
    this.#attempts[attempt.id - 1] = { ...attempt, ...change };
  }

  #running(): readonly Attempt[] {
    return this.#attempts.filter(isRunning);
  }

  #list(): readonly Candidate[] {
    this.#candidates ??= listCandidates({
      config: this.config,
      network: this.#network,
      resolution: this.#resolution,
      started: this.#started,
    });
    return this.#candidates;
  }

  #find(id: number): Attempt {
    const attempt = this.#attempts[id - 1];
    if (attempt === undefined) throw unknownId("attempt", id);
    return attempt;
  }

  /** A clock that goes back stands still. */
  #advanceTo(nowMs: number): void {
    if (Number.isNaN(nowMs)) {
      throw new MptError("ERR_INVALID_VALUE", "Cannot go on with the race: the time is not a number");
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }
}

function unknownId(what: string, id: number): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot go on with the race: there is no ${what} ${id}`);
}
