import { toMptError } from "../base/errors.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import { sleep } from "../io/deadline.ts";
import type { DataOutcome } from "../mptcp/diagnosis/mod.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import type { HttpClient } from "../protocol/http_client.ts";
import { Payload } from "../protocol/payload.ts";
import { dataOutcome } from "./data_outcome.ts";

/** Bytes each way: enough that a middlebox which looks at the first packets only is past them. */
const DOWNLOAD_BYTES = 200_000;

/**
 * Fewer: what fills the first window of the receiver waits 200 ms on a loopback interface, whose segments are as
 * large as half that window, for the kernel to send the rest.
 */
const UPLOAD_BYTES = 100_000;

/** The largest answer to an upload. */
const MAX_ANSWER_BYTES = 262_144;

/** How often to look whether anything moved, in milliseconds. */
const LOOK_MS = 100;

/** What a transfer needs. */
export interface TransferOptions {
  /** Without any progress for this long it has stopped, in milliseconds. */
  readonly stallMs: number;
  /** At least so long, as the paths are by then: queues that fill make them slower. */
  readonly slowMs: () => number;
  /** Longest duration; a transfer that still moves then is left alone, in milliseconds. */
  readonly timeoutMs: number;
  /** Bytes that the other end has acknowledged so far: what an upload shows before its answer. */
  readonly acked: () => number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Downloads and uploads a little, on a connection to an `mpt serve`. It tells a transfer that has stopped from
 * one that is slow: `silent` is the first, `unknown` the second.
 */
export async function transfer(
  stream: ByteStream,
  client: HttpClient,
  check: CheckAnswer,
  options: TransferOptions,
): Promise<DataOutcome> {
  const { max_bytes: most, token_required: refused } = check.limits;
  if (refused || most === 0) return "not-sent";
  const counted = { bytes: 0 };
  const down = await watched(download(client, Math.min(DOWNLOAD_BYTES, most), counted), counted, options);
  if (down !== "answered") return down;
  return await watched(upload(stream, client, Math.min(UPLOAD_BYTES, most)), counted, options);
}

async function download(client: HttpClient, bytes: number, counted: { bytes: number }): Promise<DataOutcome> {
  const head = await client.request("GET", `/bytes/${bytes}`);
  if (head.status !== 200) return "not-sent";
  for (let left = bytes; left > 0;) {
    const chunk = await client.reader.readSome(left);
    if (chunk === null) return "closed";
    left -= chunk.length;
    counted.bytes += chunk.length;
  }
  return "answered";
}

async function upload(stream: ByteStream, client: HttpClient, bytes: number): Promise<DataOutcome> {
  await client.send("POST", "/perf", { "Content-Length": String(bytes) });
  const payload = new Payload(0);
  for (let left = bytes; left > 0;) {
    const piece = payload.next(left);
    await stream.write(piece);
    left -= piece.length;
  }
  const head = await client.answer();
  await client.body(head, MAX_ANSWER_BYTES);
  return head.status === 200 ? "answered" : "not-sent";
}

/** Waits for the work as long as something moves. */
async function watched(
  work: Promise<DataOutcome>,
  counted: { readonly bytes: number },
  options: TransferOptions,
): Promise<DataOutcome> {
  const ended = work.catch((error: unknown) => dataOutcome(toMptError(error, "Cannot go on").code, false));
  const startedMs = performance.now();
  let progress = -1;
  let movedAtMs = startedMs;
  for (;;) {
    const stop = new AbortController();
    const outcome = await Promise.race([ended, sleep(LOOK_MS, stop.signal).then(() => null)]);
    stop.abort();
    if (outcome !== null) return outcome;
    if (options.signal?.aborted) return "unknown";
    const now = performance.now();
    const moved = counted.bytes + options.acked();
    if (moved > progress) {
      progress = moved;
      movedAtMs = now;
    }
    const stoodMs = now - movedAtMs;
    if (stoodMs >= options.stallMs && stoodMs >= options.slowMs()) return "silent";
    if (now - startedMs >= options.timeoutMs) return "unknown";
  }
}
