import { toMptError } from "../../base/errors.ts";
import { deadline, orAborted } from "../../io/deadline.ts";
import { type CheckAnswer, MAX_CHECK_BYTES, parseCheckAnswer } from "../../protocol/check.ts";
import { hqGet } from "../../protocol/hq.ts";
import type { QuicConnection } from "../../quic/driver/api.ts";
import { reasonOf } from "../failure.ts";
import type { DataJson } from "../result.ts";

/** What the server answered. */
export interface Asked {
  readonly data: DataJson;
  /** How the server sees the connection, when it is `mpt serve`. */
  readonly server: CheckAnswer | null;
}

/** Asks for `/` over hq-interop: the check of `mpt serve`. A failure is data. */
export async function askCheck(
  connection: QuicConnection,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Asked> {
  const started = performance.now();
  using limit = deadline(timeoutMs, signal);
  try {
    const asking = connection.openStream("bidirectional", limit.signal)
      .then((stream) => hqGet(stream, "/", MAX_CHECK_BYTES));
    const text = await orAborted(asking, "get an answer", limit.signal);
    const server = parseCheckAnswer(text);
    const words = server === null
      ? `hq-interop, ${text.length} characters`
      : `${server.server.name} serve ${server.server.version}`;
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    return { data: { kind: "http", status: "yes", ms, text: words }, server };
  } catch (error) {
    const failure = toMptError(error, "Cannot get an answer");
    const silent = limit.signal.aborted;
    const text = limit.expired ? `no answer in ${timeoutMs / 1000} s` : reasonOf(failure);
    return { data: { kind: "http", status: silent ? "unknown" : "no", ms: null, text }, server: null };
  }
}
