import type { PathInfo } from "../base/path.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection } from "../io/connection.ts";
import { sleep } from "../io/deadline.ts";
import type { HttpClient } from "../protocol/http_client.ts";
import { Payload } from "../protocol/payload.ts";
import { changeOfEvent, changesBetween, type PathChange } from "./path_changes.ts";
import type { SeenEvents } from "./seen_events.ts";

/** How often to look at the paths, in milliseconds: what goes stale is not among the kernel's events. */
const LOOK_MS = 50;

/** How often to exchange a few bytes, in milliseconds: a path that carries nothing shows nothing. */
const EXCHANGE_MS = 250;

/** How many each way: some segments, so that every path gets a turn. */
const EXCHANGE_BYTES = 20_000;

/** The answer to an upload is not longer. */
const MAX_REPORT_BYTES = 262_144;

/** What the kernel tells and what is seen of one change are not further apart, in milliseconds. */
const SAME_MS = 500;

/** What was watched, and what happened. */
export interface WatchJson {
  /** How long, in milliseconds. */
  readonly duration_ms: number;
  /** Whether the kernel told what happened, or only looking again and again. */
  readonly by: "events" | "polling";
  /** Whether bytes were exchanged all the time; an idle path that dies does not show. */
  readonly traffic: boolean;
  /** What happened, in order. */
  readonly changes: readonly PathChange[];
}

/** What a watch needs. */
export interface WatchOptions {
  readonly durationMs: number;
  readonly token: number | null;
  readonly events: SeenEvents;
  /** The stream of the connection. */
  readonly stream: ByteStream;
  /** The HTTP client of a conversation with `mpt serve`; null where nothing can be said. */
  readonly client: HttpClient | null;
  readonly signal: AbortSignal | undefined;
  /** Called once it has begun. */
  readonly onStart: (by: WatchJson["by"]) => void;
  readonly onChange: (change: PathChange) => void;
}

/** What the path manager's events always tell, and better. Of priorities they tell those of the other end. */
const TOLD: ReadonlySet<PathChange["change"]> = new Set(["established", "closed"]);

/** Keeps a connection and tells what happens to its paths. */
export async function watchPaths(connection: Connection, options: WatchOptions): Promise<WatchJson> {
  const { durationMs, token, events, stream, client, signal } = options;
  const startedMs = performance.now();
  const atMs = (): number => Math.round(performance.now() - startedMs);
  const changes: PathChange[] = [];
  const tell = (change: PathChange): void => {
    if (changes.some((earlier) => isSame(earlier, change))) return;
    changes.push(change);
    options.onChange(change);
  };
  const told = events.heard && token !== null;
  using _listening = events.listen((event) => {
    if (!told || event.token !== token) return;
    const change = changeOfEvent(event, atMs());
    if (change !== null) tell(withId(change, paths));
  });
  let paths = connection.paths();
  let multipath = connection.isMultipath();
  options.onStart(told ? "events" : "polling");
  const stop = new AbortController();
  const traffic = client === null ? null : keepTalking(stream, client, stop.signal);
  let ended = false;
  connection.closed.then(() => ended = true);
  while (performance.now() - startedMs < durationMs && !signal?.aborted) {
    await sleep(Math.min(LOOK_MS, Math.max(1, durationMs - (performance.now() - startedMs))), signal);
    if (ended) {
      tell({ ...NOWHERE, at_ms: atMs(), change: "ended" });
      break;
    }
    const now = connection.paths();
    for (const change of changesBetween(paths, now, atMs())) {
      if (!told || !TOLD.has(change.change)) tell(change);
    }
    paths = now;
    if (multipath && !connection.isMultipath()) {
      multipath = false;
      tell({ ...NOWHERE, at_ms: atMs(), change: "fallback" });
    }
  }
  stop.abort();
  await traffic;
  return { duration_ms: atMs(), by: told ? "events" : "polling", traffic: traffic !== null, changes };
}

function isSame(one: PathChange, other: PathChange): boolean {
  return one.change === other.change && one.by !== other.by && one.local === other.local &&
    one.remote === other.remote && Math.abs(one.at_ms - other.at_ms) < SAME_MS;
}

const NOWHERE = {
  path: null,
  local: null,
  remote: null,
  by: "polling",
  error: null,
  reset_reason: null,
} as const;

/** An event names the addresses; the id of the path is that of the path with these. */
function withId(change: PathChange, paths: readonly PathInfo[]): PathChange {
  const path = paths.find(({ local, remote }) =>
    local.address === change.local && remote.address === change.remote
  );
  return path === undefined ? change : { ...change, path: path.id };
}

/** A few bytes up and down, now and then. It ends with the connection, at the latest. */
async function keepTalking(stream: ByteStream, client: HttpClient, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<false>((resolve) =>
    signal.addEventListener("abort", () => resolve(false), { once: true })
  );
  while (!signal.aborted) {
    const done = exchange(stream, client).then(() => true, () => false);
    if (!await Promise.race([done, aborted])) return;
    await sleep(EXCHANGE_MS, signal);
  }
}

async function exchange(stream: ByteStream, client: HttpClient): Promise<void> {
  await client.send("POST", "/perf", { "Content-Length": String(EXCHANGE_BYTES) });
  await stream.write(new Payload(0).next(EXCHANGE_BYTES));
  await client.body(await client.answer(), MAX_REPORT_BYTES);
  await client.get(`/bytes/${EXCHANGE_BYTES}`, EXCHANGE_BYTES);
}
