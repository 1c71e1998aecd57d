import { Endpoint } from "../base/endpoint.ts";
import type { Ip } from "../base/ip.ts";
import { TOOL } from "../base/result.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import { sleep } from "../io/deadline.ts";
import { type CheckAnswer, MAX_CHECK_BYTES } from "../protocol/check.ts";
import { HttpClient } from "../protocol/http_client.ts";
import { Payload } from "../protocol/payload.ts";
import { dataPhase } from "./data_phase.ts";
import type { ProbePlan } from "./options.ts";
import type { WatchJson } from "./watch_event.ts";

/** How often `mpt serve` is spoken to, in milliseconds. */
const OURS_MS = 1000;

/** How often a stranger is asked, in milliseconds: less often than httpd's KeepAliveTimeout of 5 s. */
const THEIRS_MS = 4000;

/** Bytes each way: some segments, so that more than one path gets a turn. */
const EXCHANGE_BYTES = 20_000;

/** The answer to an upload is not longer. */
const MAX_REPORT_BYTES = 262_144;

const AGENT = { "User-Agent": `${TOOL.name}/${TOOL.version}` };

/** What keeps a connection while it is watched. */
export interface WatchTalk {
  readonly keptBy: WatchJson["kept_by"];
  /** Talks until the signal aborts or the connection is over; throws what ended it. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Chooses what to say to a server so that it keeps the connection, and so that data flow.
 *
 * @param stream The connection's stream.
 * @param check What the server answered when it was probed, if it is `mpt serve`.
 */
export function watchTalk(stream: ByteStream, ip: Ip, plan: ProbePlan, check: CheckAnswer | null): WatchTalk {
  const host = plan.target.ip === undefined
    ? plan.target.host
    : Endpoint.of(ip.withZone(undefined), plan.port).host;
  if (plan.data !== "http") {
    return {
      keptBy: "keep-alive",
      run: (signal) => greet(stream, host, plan, signal),
    };
  }
  const name = ip.family === 6 && plan.target.ip !== undefined ? `[${host}]` : host;
  const client = new HttpClient(stream, plan.port === 80 ? name : `${name}:${plan.port}`);
  if (check === null) return { keptBy: "http", run: (signal) => askForHeads(client, signal) };
  const most = check.limits.token_required ? 0 : check.limits.max_bytes;
  return most < EXCHANGE_BYTES
    ? { keptBy: "check", run: (signal) => again(() => ask(client), OURS_MS, signal) }
    : { keptBy: "perf", run: (signal) => again(() => exchange(stream, client), OURS_MS, signal) };
}

async function again(talk: () => Promise<void>, pauseMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await talk();
    await sleep(pauseMs, signal);
  }
}

async function ask(client: HttpClient): Promise<void> {
  await client.get("/", MAX_CHECK_BYTES, AGENT);
}

async function exchange(stream: ByteStream, client: HttpClient): Promise<void> {
  await client.send("POST", "/perf", { ...AGENT, "Content-Length": String(EXCHANGE_BYTES) });
  await stream.write(new Payload(0).next(EXCHANGE_BYTES));
  await client.body(await client.answer(), MAX_REPORT_BYTES);
  await client.get(`/bytes/${EXCHANGE_BYTES}`, EXCHANGE_BYTES, AGENT);
}

/** HEAD has no body, whatever the server is. One that wants to end the connection is not asked again. */
async function askForHeads(client: HttpClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { headers } = await client.request("HEAD", "/", { ...AGENT, Accept: "*/*" });
    if (/\bclose\b/i.test(headers.get("connection") ?? "")) return;
    await sleep(THEIRS_MS, signal);
  }
}

/** The first data; a client opens no further subflow before some were exchanged. */
async function greet(stream: ByteStream, host: string, plan: ProbePlan, signal: AbortSignal): Promise<void> {
  await dataPhase(stream, {
    kind: plan.data,
    host,
    port: plan.port,
    timeoutMs: plan.dataTimeoutMs,
    signal,
  });
}
