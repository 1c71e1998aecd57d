import { MptError, toMptError } from "../base/errors.ts";
import { deadline, orAborted } from "../io/deadline.ts";
import { LAST_CHUNK } from "../protocol/http1_body.ts";
import type { Meter } from "../protocol/meter.ts";
import { chunkOfZeros, Payload } from "../protocol/payload.ts";
import { MAX_REPORT_BYTES, parsePerfReport, type PerfReport } from "../protocol/perf_report.ts";
import type { HttpParts } from "./http_parts.ts";
import type { BenchSettings } from "./options.ts";
import { isRefusal, refusal } from "./refusal.ts";
import { requestFields } from "./request_fields.ts";

/** How long the server may take to close the connection after its answer, in milliseconds. */
const CLOSE_MS = 1000;

/**
 * Uploads as the body of one request. Nothing is received before all of it has arrived: Linux puts larger
 * acknowledgements into the data packets of an MPTCP connection that has received anything, 4 bytes each.
 *
 * @param limit How many bytes at the most.
 * @param untilMs When to stop sending.
 * @returns What the server saw.
 * @throws {MptError} The server's refusal, which may come at any moment, and the stream's errors.
 */
export async function push(
  lane: HttpParts,
  limit: number,
  untilMs: number,
  settings: BenchSettings,
  meter: Meter,
): Promise<PerfReport> {
  const { connection, client, stream } = lane;
  const chunked = settings.bytes === null;
  await client.send("POST", "/perf", {
    ...requestFields(settings),
    ...(chunked ? { "Transfer-Encoding": "chunked" } : { "Content-Length": String(limit) }),
    Connection: "close",
  });
  let complete = false;
  const answer = readReport(lane);
  // Who answers early may read no more: this ends the write that waits for it.
  const stop = (): void => connection.abort();
  answer.then(() => complete || stop(), stop);
  try {
    const payload = new Payload(performance.now());
    for (let left = limit; left > 0 && performance.now() < untilMs;) {
      const piece = payload.next(left);
      // The answer can be here before it is known that the last bytes were taken.
      complete = !chunked && piece.length === left;
      await stream.write(chunked ? chunkOfZeros(piece.length) : piece);
      const now = performance.now();
      payload.taken(now);
      meter.add(now, piece.length);
      left -= piece.length;
    }
    complete = true;
    if (chunked) await stream.write(LAST_CHUNK);
  } catch (error) {
    throw await reasonFor(error, answer);
  }
  const report = await answer;
  using closing = deadline(CLOSE_MS);
  // Both ends close in order; how the connection ends takes nothing from the report.
  await orAborted(client.reader.consume(() => {}), "see the end", closing.signal).catch(() => {});
  return report;
}

async function readReport({ client }: HttpParts): Promise<PerfReport> {
  const head = await client.answer();
  if (head.status !== 200) throw await refusal(client, head);
  const { body, complete } = await client.body(head, MAX_REPORT_BYTES);
  if (!complete) throw new MptError("ERR_PROTOCOL", "Cannot read the perf report: it has no fair length");
  return parsePerfReport(new TextDecoder().decode(body));
}

/** Why a write failed: the connection also breaks when the server has refused the upload. */
async function reasonFor(failure: unknown, answer: Promise<PerfReport>): Promise<unknown> {
  try {
    await answer;
  } catch (reason) {
    // Where the answer ended the write, the write knows only that it was cancelled
    const isOwn = toMptError(failure, "Cannot send").code === "ERR_ABORTED";
    return isRefusal(reason) || isOwn ? reason : failure;
  }
  const why = "the server answered before it had everything";
  return new MptError("ERR_PROTOCOL", `Cannot finish the transfer: ${why}`);
}
