import { MptError } from "../base/errors.ts";
import { deadline, orAborted, timedOutError } from "../io/deadline.ts";
import type { ResponseHead } from "../protocol/http1.ts";
import type { Meter } from "../protocol/meter.ts";
import { encodePerfHeader, PERF_FIELDS, PERF_UPGRADE } from "../protocol/perf.ts";
import type { HttpParts } from "./http_parts.ts";
import type { BenchSettings } from "./options.ts";
import { refusal } from "./refusal.ts";
import { requestFields } from "./request_fields.ts";
import { ANSWER_MS } from "./timing.ts";

/**
 * Turns a connection into a perf download.
 *
 * @returns The name of the server's report.
 */
export async function startDownload(
  { client }: HttpParts,
  settings: BenchSettings,
  signal: AbortSignal,
): Promise<string> {
  const upgrade = client.request("GET", "/perf", {
    ...requestFields(settings),
    Connection: "Upgrade",
    Upgrade: PERF_UPGRADE,
    ...(settings.durationMs === null
      ? {}
      : { [PERF_FIELDS.duration]: String(Math.round(settings.durationMs)) }),
    // The sender's congestion control decides, and here that is the server.
    ...(settings.congestion === undefined ? {} : { [PERF_FIELDS.congestion]: settings.congestion }),
  });
  const head = await inTime(upgrade, signal);
  if (head.status !== 101) throw await refusal(client, head);
  return head.headers.get(PERF_FIELDS.id) ?? "";
}

async function inTime(upgrade: Promise<ResponseHead>, signal: AbortSignal): Promise<ResponseHead> {
  using limit = deadline(ANSWER_MS, signal);
  try {
    return await orAborted(upgrade, "start the transfer", limit.signal);
  } catch (error) {
    throw limit.expired ? timedOutError("start the transfer", ANSWER_MS) : error;
  }
}

/** Downloads. Its own direction stays open: a half-closed MPTCP connection opens no further subflow. */
export async function pull({ stream, client }: HttpParts, wanted: number, meter: Meter): Promise<void> {
  await stream.write(encodePerfHeader(wanted));
  let left = wanted;
  await client.reader.consume((chunk) => {
    left -= chunk.length;
    // The cost was told before, and a server must not raise it
    if (left < 0) {
      throw new MptError(
        "ERR_PROTOCOL",
        "Cannot finish the transfer: the server sends more than was asked for",
      );
    }
    meter.add(performance.now(), chunk.length);
  });
}
