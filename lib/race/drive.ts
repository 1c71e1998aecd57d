import { MptError, toMptError } from "../base/errors.ts";
import { DnsName } from "../dns/wire/name.ts";
import { AttemptRun } from "./attempt_run.ts";
import { dnsOutcome } from "./dns_outcome.ts";
import { RaceEngine } from "./engine/engine.ts";
import type { RaceOptions as EngineOptions } from "./engine/options.ts";
import type {
  CancelReason,
  Candidate,
  EndReason,
  QueryType,
  RaceInput,
  RaceOutput,
} from "./engine/values.ts";
import type { RacedConnection, RaceEnvironment } from "./environment.ts";
import type { NetworkSnapshot } from "./network.ts";
import type { RaceHistory } from "./order/history.ts";
import type { RaceRecord } from "./record.ts";

/** How long a race waits, when it is decided, for what it gave up to be gone, in milliseconds. */
const GRACE_MS = 250;

/** What has happened and was not told to the engine yet. */
interface Arrival {
  readonly input: RaceInput;
  readonly atMs: number;
  readonly error?: MptError;
}

/** A query on its way. */
interface QueryRun {
  readonly index: number;
  readonly controller: AbortController;
}

/** What {@linkcode drive} needs. */
export interface DriveOptions<C extends RacedConnection> {
  readonly engine: EngineOptions;
  readonly environment: RaceEnvironment<C>;
  readonly network: NetworkSnapshot;
  readonly record: RaceRecord;
  readonly history: RaceHistory | undefined;
  readonly signal: AbortSignal | undefined;
}

/** How a race for one name ended. */
export interface Driven<C> {
  readonly reason: EndReason;
  /** When it was decided. */
  readonly endMs: number;
  /** The winner's connection; null without a winner. */
  readonly connection: C | null;
  /** The winner's index in the result. */
  readonly winner: number | null;
  /** Candidates whose turn did not come. */
  readonly waiting: readonly Candidate[];
  /** Resolves when nothing goes on any more, such as an attempt that was given up. Never rejects. */
  readonly settled: Promise<void>;
}

/** Runs an engine: does what it asks for, and tells it what happens, until the race is over. */
export async function drive<C extends RacedConnection>(options: DriveOptions<C>): Promise<Driven<C>> {
  return await new Driver(options).run();
}

class Driver<C extends RacedConnection> {
  readonly #environment: RaceEnvironment<C>;
  readonly #record: RaceRecord;
  readonly #history: RaceHistory | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #engine: RaceEngine;
  readonly #attempts = new Map<number, AttemptRun<C>>();
  readonly #queries = new Map<number, QueryRun>();
  readonly #work: Promise<void>[] = [];
  #network: NetworkSnapshot;
  #networkChanged = false;
  /** When the engine was asked last. */
  #polledMs = -Infinity;
  #arrivals: Arrival[] = [];
  /** Ends the wait for the next thing to do. */
  #wake: (() => void) | null = null;
  #lastWait: Promise<void> = Promise.resolve();

  constructor(options: DriveOptions<C>) {
    const { environment, engine, network, history } = options;
    this.#environment = environment;
    this.#record = options.record;
    this.#history = history;
    this.#signal = options.signal;
    this.#network = network;
    const historyOf = (ip: Candidate["ip"], name: string | null) => history?.of(ip, name, environment.now());
    this.#engine = new RaceEngine({ ...engine, historyOf }, network.view);
  }

  async run(): Promise<Driven<C>> {
    const abort = (): void => this.#tell({ kind: "abort" });
    if (this.#signal?.aborted) abort();
    this.#signal?.addEventListener("abort", abort);
    const watch = this.#environment.watchNetwork(() => {
      this.#networkChanged = true;
      this.#wake?.();
    });
    let nowMs = this.#environment.now();
    try {
      for (;;) {
        this.#take();
        nowMs = this.#environment.now();
        const outputs = this.#engine.poll(nowMs);
        this.#polledMs = nowMs;
        this.#noteCandidates(outputs, nowMs);
        for (const output of outputs) this.#perform(output, nowMs);
        if (this.#engine.end !== null) break;
        this.#noteTimers(nowMs);
        await this.#sleep(this.#engine.wakeAtMs ?? Infinity);
      }
    } finally {
      this.#signal?.removeEventListener("abort", abort);
      this.#work.push(Promise.resolve(watch?.[Symbol.asyncDispose]()));
    }
    return await this.#finish(this.#engine.end, nowMs);
  }

  async #finish(reason: EndReason, endMs: number): Promise<Driven<C>> {
    const winner = this.#engine.winner === null ? null : this.#attempts.get(this.#engine.winner) ?? null;
    const settled = Promise.allSettled([
      this.#lastWait,
      ...this.#work,
      ...[...this.#attempts.values()].filter((each) => each !== winner).map((each) => each.done),
    ]).then(() => {});
    const enough = new AbortController();
    const grace = this.#environment.waitUntil(this.#environment.now() + GRACE_MS, enough.signal);
    await Promise.race([settled, grace]);
    enough.abort();
    await grace;
    return {
      reason,
      endMs,
      connection: winner?.handOver(this.#signal) ?? null,
      winner: winner?.index ?? null,
      waiting: this.#engine.waiting,
      settled,
    };
  }

  /** Waits for a time, or until something happens. */
  async #sleep(untilMs: number): Promise<void> {
    if (this.#arrivals.length > 0 || this.#networkChanged) return;
    const timer = new AbortController();
    const timeIsUp = this.#environment.waitUntil(untilMs, timer.signal);
    const somethingHappens = new Promise<void>((resolve) => this.#wake = resolve);
    await Promise.race([somethingHappens, timeIsUp]);
    this.#wake = null;
    timer.abort();
    // To end a wait takes a moment in which other things can be done
    this.#lastWait = timeIsUp;
  }

  #tell(input: RaceInput, error?: MptError, atMs: number = this.#environment.now()): void {
    this.#arrivals.push({ input, atMs, ...(error === undefined ? {} : { error }) });
    this.#wake?.();
  }

  /** The delays of a race count from when an answer came, which it took time to read; time goes on only. */
  #cameAt(endMs: number): number {
    return Math.max(this.#arrivals.at(-1)?.atMs ?? this.#polledMs, Math.min(endMs, this.#environment.now()));
  }

  /** Tells the engine what has happened, all that happened at once together. */
  #take(): void {
    if (this.#networkChanged) this.#lookAtNetwork();
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const { input, atMs, error } of arrivals) {
      this.#engine.handle(input, atMs);
      if (!("attemptId" in input)) continue;
      const run = this.#attempts.get(input.attemptId);
      const state = this.#engine.attempts[input.attemptId - 1]?.state;
      if (run === undefined) continue;
      if (input.kind === "progress" && state === "handshaking") this.#record.progress(run.index, atMs);
      if (input.kind === "failed" && state === "failed" && error !== undefined) {
        this.#record.failed(run.index, error, atMs);
      }
      if (input.kind === "connected" && state === "connected") this.#onConnected(input.attemptId, run, atMs);
    }
  }

  #onConnected(id: number, run: AttemptRun<C>, atMs: number): void {
    const { connection, candidate } = run;
    if (connection === null) return;
    this.#record.connected(run.index, connection, atMs);
    if (this.#history !== undefined) {
      const rttMs = connection.paths()[0]?.rttMs ?? connection.connectMs;
      if (rttMs !== null) this.#history.note(candidate.connectTo, candidate.interface, rttMs, atMs);
    }
    if (this.#engine.winner !== id) this.#work.push(run.close());
  }

  #perform(output: RaceOutput, nowMs: number): void {
    switch (output.kind) {
      case "query":
        return this.#ask(output.id, output.name, output.type, nowMs);
      case "drop-query": {
        const query = this.#queries.get(output.id);
        if (query === undefined) return;
        this.#queries.delete(output.id);
        this.#record.queryDropped(query.index, nowMs);
        // Nobody here keeps answers for later: there is nothing to linger for
        return query.controller.abort();
      }
      case "attempt":
        return this.#connect(output.id, output.candidate, output, nowMs);
      case "proceed":
        return this.#record.proceed(this.#attempts.get(output.id)?.index ?? 0, nowMs);
      case "cancel":
        return this.#cancel(output.id, output.reason, nowMs);
      case "won": {
        const run = this.#attempts.get(output.id);
        const { endMs } = this.#engine.attempts[output.id - 1] ?? {};
        return run === undefined ? undefined : this.#record.won(run.index, endMs ?? nowMs);
      }
      case "end":
        return;
      default:
        output satisfies never;
    }
  }

  #ask(id: number, name: string, type: QueryType, nowMs: number): void {
    const run: QueryRun = { index: this.#record.query(name, type, nowMs), controller: new AbortController() };
    this.#queries.set(id, run);
    this.#work.push(this.#answer(id, run, name, type));
  }

  async #answer(id: number, run: QueryRun, name: string, type: QueryType): Promise<void> {
    try {
      const result = await this.#environment.query(DnsName.parse(name), type, run.controller.signal);
      if (this.#queries.get(id) !== run) return;
      const atMs = this.#cameAt(result.endMs);
      this.#record.answer(run.index, result, atMs);
      this.#tell({ kind: "answer", queryId: id, outcome: dnsOutcome(result) }, undefined, atMs);
    } catch (error) {
      if (this.#queries.get(id) !== run) return;
      const failure = toMptError(error, `Cannot look up ${name}`);
      this.#record.queryFailed(run.index, failure, this.#environment.now());
      this.#tell({ kind: "answer", queryId: id, outcome: { kind: "failed", reason: failure.message } });
    }
  }

  #connect(
    id: number,
    candidate: Candidate,
    { reason, handshake }: Extract<RaceOutput, { readonly kind: "attempt" }>,
    nowMs: number,
  ): void {
    const index = this.#record.attempt(candidate, reason, handshake === "hold", nowMs);
    const source = this.#network.view.sourceOf(candidate.connectTo, candidate.interface)?.ip.toString() ??
      null;
    this.#attempts.set(
      id,
      new AttemptRun(index, candidate, source, this.#environment, {
        progress: () => this.#tell({ kind: "progress", attemptId: id }),
        connected: () => this.#tell({ kind: "connected", attemptId: id }),
        failed: (error) => this.#tell({ kind: "failed", attemptId: id, reason: error.message }, error),
      }),
    );
  }

  #cancel(id: number, reason: CancelReason, nowMs: number): void {
    const run = this.#attempts.get(id);
    if (run === undefined) return;
    // It connected in the same moment as the winner
    if (run.connection !== null) this.#record.connected(run.index, run.connection, nowMs);
    else {
      const seconds = (this.#engine.config.attemptTimeoutMs / 1000).toString();
      const error = reason !== "timed-out" ? null : {
        code: "ERR_TIMED_OUT",
        message: `Cannot connect to ${run.remote}: no answer in ${seconds} s`,
      };
      this.#record.cancelled(run.index, reason, error, nowMs);
    }
    run.cancel(reason);
  }

  #lookAtNetwork(): void {
    this.#networkChanged = false;
    const before = this.#network;
    const now = this.#environment.network();
    if (sameNetwork(before, now)) return;
    this.#network = now;
    // RFC 8305 4: what was learnt belongs to the network that is gone
    this.#history?.flush();
    this.#record.network(now.view.ipv4, now.view.ipv6, this.#environment.now());
    this.#tell({ kind: "network", network: now.view });
    for (const [id, run] of this.#attempts) {
      if (run.source === null || run.connection !== null || run.over) continue;
      if (!before.addresses.has(run.source) || now.addresses.has(run.source)) continue;
      const error = new MptError(
        "ERR_ADDRESS_NOT_LOCAL",
        `Cannot go on connecting to ${run.remote}: this host lost the address ${run.source}`,
      );
      this.#tell({ kind: "failed", attemptId: id, reason: error.message }, error);
      run.cancel("aborted");
    }
  }

  /** The list as it was before those that are started now were taken from it. */
  #noteCandidates(outputs: readonly RaceOutput[], nowMs: number): void {
    const starting = outputs.flatMap((output) => output.kind === "attempt" ? [output.candidate] : []);
    this.#record.waiting([...starting, ...this.#engine.waiting], nowMs);
  }

  #noteTimers(nowMs: number): void {
    const { resolutionDelayMs, nextAttemptMs } = this.#engine.timers;
    this.#record.timer("resolution-delay", resolutionDelayMs, nowMs);
    this.#record.timer("next-attempt", nextAttemptMs, nowMs);
  }
}

function sameNetwork(a: NetworkSnapshot, b: NetworkSnapshot): boolean {
  const { ipv4, ipv6, defaultRoute4, defaultRoute6 } = a.view;
  return ipv4 === b.view.ipv4 && ipv6 === b.view.ipv6 && defaultRoute4 === b.view.defaultRoute4 &&
    defaultRoute6 === b.view.defaultRoute6 && a.addresses.size === b.addresses.size &&
    [...a.addresses].every((address) => b.addresses.has(address));
}
