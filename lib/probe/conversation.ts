import { Endpoint } from "../base/endpoint.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection } from "../io/connection.ts";
import type { DataOutcome } from "../mptcp/diagnosis/mod.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { type DataPhase, dataPhase } from "./data_phase.ts";
import type { ProbePlan } from "./options.ts";
import { transfer } from "./transfer.ts";

/** Without any progress for this long a transfer has stopped, in milliseconds. */
const STALL_MS = 2500;

/** Over a slow path an answer, or what was lost and is sent again, takes some round trips. */
const ROUND_TRIPS = 4;

/** What is said over one connection: the first request, more of the same, a transfer, the end. */
export class Conversation {
  /** The first request and its answer. */
  readonly phase: DataPhase;
  readonly #connection: Connection;
  readonly #stream: ByteStream;
  readonly #plan: ProbePlan;
  readonly #signal: AbortSignal | undefined;
  #broken = false;

  private constructor(
    connection: Connection,
    stream: ByteStream,
    phase: DataPhase,
    plan: ProbePlan,
    signal: AbortSignal | undefined,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.phase = phase;
    this.#plan = plan;
    this.#signal = signal;
  }

  /** Sends the first data and waits for its answer. */
  static async begin(
    connection: Connection,
    plan: ProbePlan,
    signal: AbortSignal | undefined,
  ): Promise<Conversation> {
    const stream = await connection.openStream();
    const host = plan.target.ip === undefined
      ? plan.target.host
      : Endpoint.of(plan.target.ip, plan.port).host;
    const phase = await dataPhase(stream, {
      kind: plan.data,
      host: plan.target.ip?.family === 6 && plan.data === "http" ? `[${host}]` : host,
      port: plan.port,
      timeoutMs: plan.dataTimeoutMs,
      signal,
    });
    return new Conversation(connection, stream, phase, plan, signal);
  }

  /** The server's view as it is now; null where it has none, or gives no answer. */
  async askAgain(): Promise<CheckAnswer | null> {
    if (this.phase.again === null || this.#broken) return null;
    try {
      return await this.phase.again();
    } catch {
      this.#broken = true;
      return null;
    }
  }

  /** A transfer both ways, with a server that has what it takes. */
  async transfer(acked: () => number): Promise<DataOutcome> {
    const { check, client } = this.phase;
    if (check === null || client === null || this.#broken) return "not-sent";
    const outcome = await transfer(this.#stream, client, check, {
      stallMs: Math.min(STALL_MS, this.#plan.dataTimeoutMs),
      slowMs: () => ROUND_TRIPS * this.#slowestMs(),
      timeoutMs: 2 * this.#plan.dataTimeoutMs,
      acked,
      signal: this.#signal,
    });
    if (outcome !== "answered" && outcome !== "not-sent") this.#broken = true;
    return outcome;
  }

  /** The round-trip time of the slowest path by now, its queues included, in milliseconds. */
  #slowestMs(): number {
    return Math.max(0, ...this.#connection.paths().map(({ rttMs }) => rttMs ?? 0));
  }

  /** In order where the conversation is over; by reset where an answer may still be on its way. */
  async leave(): Promise<void> {
    const { data } = this.phase;
    if (data.kind === "http" && data.status === "yes" && !this.#broken) return await this.#connection.close();
    this.#connection.abort();
    await this.#connection.closed;
  }
}
