import { MptError, toMptError } from "../base/errors.ts";
import { envelope } from "../base/result.ts";
import { endOf, sleep } from "../io/deadline.ts";
import type { Connection, Listener } from "../io/connection.ts";
import { hostFacts } from "../io/host.ts";
import { mptcpProblem } from "../mptcp/state.ts";
import { QuicTransportListener } from "../transport/quic.ts";
import { type Activity, lookForProgress, overdue, startActivity } from "./activity.ts";
import { CounterBaseline } from "./counter_baseline.ts";
import { Gate } from "./gate.ts";
import { defaultListen, DRAIN_MS, limitsOf, type ServeLimits, type ServeOptions } from "./options.ts";
import { ReportStore } from "./report_store.ts";
import type { ServeEvent, ServeResult } from "./result.ts";
import { serveConnection } from "./serve_connection.ts";
import { identityOf } from "./identity.ts";
import type { SynMirror } from "./syn_mirror.ts";
import { isDualStack, openListener } from "./open_listener.ts";
import { openSynMirror } from "./open_syn_mirror.ts";
import { requireUsableToken } from "./token.ts";
import { turnAway } from "./turn_away.ts";

/** How often limits in time are looked at, in milliseconds. */
const SWEEP_MS = 250;

/** How long to wait after a failed accept, in milliseconds: descriptors may be free by then. */
const FAILED_PAUSE_MS = 100;

/** A listener that fails this often in a row is broken for good; running out of descriptors does not count. */
const MAX_FAILURES = 50;

/** At most this many clients that are one too many are waited for until they ask. */
const MAX_ASKING = 64;

/** A running test server. */
export class Server implements AsyncDisposable {
  /** What it listens on. */
  readonly listeners: readonly Listener[];
  /** Resolves with the summary when the server is over. */
  readonly finished: Promise<ServeResult>;
  readonly #mirror: SynMirror | null;
  readonly #options: ServeOptions;
  readonly #limits: ServeLimits;
  readonly #gate: Gate;
  readonly #reports = new ReportStore();
  readonly #instance = crypto.randomUUID();
  readonly #baseline = new CounterBaseline();
  readonly #live = new Set<Activity>();
  readonly #turnedAway = new Set<Promise<void>>();
  readonly #onEvent: (event: ServeEvent) => void;
  readonly #startedAtMs = Date.now();
  readonly #started = performance.now();
  readonly #stopping = new AbortController();
  #connections = 0;
  #refused = 0;
  #bytesReceived = 0;
  #bytesSent = 0;
  #stopped: Promise<void> | undefined;
  /** Why a listener is broken for good. */
  #broken: MptError | null = null;

  /** Use {@linkcode serve}. */
  constructor(
    listeners: readonly Listener[],
    mirror: SynMirror | null,
    options: ServeOptions,
    limits: ServeLimits,
    onEvent: (event: ServeEvent) => void,
  ) {
    this.listeners = listeners;
    this.#mirror = mirror;
    this.#options = options;
    this.#limits = limits;
    this.#gate = new Gate(limits);
    this.#onEvent = onEvent;
    this.finished = this.#run();
  }

  /** Stops listening, lets transfers finish for up to 5 seconds, then resets what is left. */
  close(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  /** As {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.finished;
  }

  async #run(): Promise<ServeResult> {
    const sweep = setInterval(() => this.#sweep(), SWEEP_MS);
    const { signal } = this.#options;
    const stop = (): void => void this.close();
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    const mirroring = this.#mirror?.run({ gate: this.#gate, onEvent: this.#onEvent });
    try {
      await Promise.all(this.listeners.map((listener) => this.#acceptAll(listener)));
      await this.close();
      await mirroring;
    } finally {
      clearInterval(sweep);
      signal?.removeEventListener("abort", stop);
    }
    return {
      ...envelope({
        schema: "mpt.serve/1",
        host: hostFacts(),
        startedAtMs: this.#startedAtMs,
        durationMs: performance.now() - this.#started,
        options: {
          max_connections: this.#limits.maxConnections,
          max_per_address: this.#limits.maxPerAddress,
          max_bytes: this.#limits.maxBytes,
          max_duration_ms: this.#limits.maxDurationMs,
          idle_timeout_ms: this.#limits.idleTimeoutMs,
          once: this.#options.once ?? false,
          token: this.#options.token !== undefined,
          fallback: this.#options.fallback ?? null,
          congestion: this.#options.congestion ?? null,
          syn_mirror_port: this.#options.synMirrorPort === undefined ? 0 : this.#options.synMirrorPort,
        },
        end: this.#broken === null || signal?.aborted
          ? endOf(signal)
          : { reason: "error", error: { code: this.#broken.code, message: this.#broken.message } },
      }),
      listeners: this.listeners.map(({ local, transport }) => ({ address: local.address, transport })),
      syn_mirrors: this.#mirror?.addresses ?? [],
      mirrored: this.#mirror?.answered ?? 0,
      connections: this.#connections,
      refused: this.#refused,
      bytes_received: this.#bytesReceived,
      bytes_sent: this.#bytesSent,
    };
  }

  async #acceptAll(listener: Listener): Promise<void> {
    for (let failures = 0; failures < MAX_FAILURES;) {
      try {
        const connection = await listener.accept();
        if (connection === null) return;
        this.#welcome(connection, listener);
        failures = 0;
      } catch (error) {
        const failure = toMptError(error, "Cannot accept a connection");
        this.#onEvent({ event: "warning", text: failure.message });
        if (failure.code !== "ERR_TOO_MANY_FILES" && ++failures >= MAX_FAILURES) this.#broken = failure;
        await sleep(FAILED_PAUSE_MS, this.#stopping.signal);
      }
    }
  }

  #welcome(connection: Connection, listener: Listener): void {
    const address = connection.remote.host;
    const reason = this.#gate.enter(address);
    if (reason !== null) {
      this.#refused++;
      this.#onEvent({ event: "refused", remote: connection.remote.address, reason });
      const patient = this.#turnedAway.size < MAX_ASKING;
      const leaving = turnAway(connection, reason, patient, this.#stopping.signal)
        .finally(() => this.#turnedAway.delete(leaving));
      this.#turnedAway.add(leaving);
      return;
    }
    const activity = startActivity(connection, performance.now());
    this.#live.add(activity);
    this.#connections++;
    this.#serve(connection, listener, activity).finally(() => {
      this.#live.delete(activity);
      this.#gate.leave(address);
      if (this.#options.once) this.close();
    });
  }

  async #serve(connection: Connection, listener: Listener, activity: Activity): Promise<void> {
    const { token } = this.#options;
    const synMirrorPort = this.#mirror?.portFor(listener.local) ?? null;
    const services = {
      limits: this.#limits,
      token,
      reports: this.#reports,
      instance: this.#instance,
      synMirrorPort,
      watch: this.#baseline.watch,
    };
    const served = await serveConnection(connection, listener, activity, services);
    this.#bytesReceived += served.bytes_received;
    this.#bytesSent += served.bytes_sent;
    this.#onEvent({ event: "connection", ...served });
  }

  #sweep(): void {
    this.#baseline.refresh();
    const now = performance.now();
    for (const activity of this.#live) {
      lookForProgress(activity, now, this.#limits);
      const limit = overdue(activity, now, this.#limits);
      if (limit !== null) end(activity, limit);
    }
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.listeners, this.#mirror].map((each) => each?.close()));
    const until = performance.now() + DRAIN_MS;
    while (this.#live.size > 0 && performance.now() < until) {
      // Connections between two requests have nothing to finish.
      for (const activity of this.#live) if (!activity.busy) end(activity, "shutdown");
      await sleep(20);
    }
    for (const activity of this.#live) end(activity, "shutdown");
    while (this.#live.size > 0) await sleep(5);
    await Promise.all(this.#turnedAway);
  }
}

function end(activity: Activity, why: "idle" | "limit" | "shutdown"): void {
  activity.ended ??= why;
  activity.connection.abort();
}

/**
 * Starts the test server: check and perf on every address, told apart by the first bytes.
 *
 * @param options Addresses, limits, token, signal.
 * @param onEvent Called for what happens: listening, finished connections, refusals.
 * @returns The running server.
 * @throws {MptError} Why an address cannot be listened on, or a certificate cannot be used; nothing is left open
 * then.
 *
 * @example A server for one check
 * ```ts
 * import { serve } from "@multipath/mpt/serve";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const listen = [Endpoint.parse("tcp@127.0.0.1:0", { allowPortZero: true })];
 * await using server = await serve({ listen });
 * const answer = await fetch(`http://${server.listeners[0]!.local.address}/`);
 * console.assert((await answer.json()).schema === "mpt.check/1");
 * ```
 */
export async function serve(
  options: ServeOptions = {},
  onEvent: (event: ServeEvent) => void = () => {},
): Promise<Server> {
  const limits = limitsOf(options);
  requireUsableToken(options.token);
  const endpoints = options.listen ?? defaultListen();
  if (endpoints.length === 0) throw new MptError("ERR_USAGE", "Cannot serve: no address to listen on");
  const identity = identityOf(options, endpoints);
  const listeners: Listener[] = [];
  let mirror: SynMirror | null;
  try {
    for (const endpoint of endpoints) {
      const listener = await openListener(endpoint, { ...options, ...identity });
      listeners.push(listener);
      const wanted = endpoint.transport ?? "mptcp";
      const fallback = listener.transport === wanted
        ? null
        : mptcpProblem()?.message ?? "MPTCP is not available";
      onEvent({
        event: "listening",
        address: listener.local.address,
        transport: listener.transport,
        fallback,
        ...(listener instanceof QuicTransportListener ? { pin: listener.pin } : {}),
      });
    }
    // QUIC has no SYN
    const addresses = listeners.flatMap((listener, i) =>
      listener instanceof QuicTransportListener
        ? []
        : [{ local: listener.local, dualStack: isDualStack(endpoints[i]!) }]
    );
    mirror = await openSynMirror(addresses, options.synMirrorPort, onEvent);
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
  return new Server(listeners, mirror, options, limits, onEvent);
}
