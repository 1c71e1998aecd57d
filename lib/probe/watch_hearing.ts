import { toMptError } from "../base/errors.ts";
import { type EventWatch, watchEvents } from "../mptcp/events.ts";
import type { PathManagerEvent } from "../netlink/mptcp_events.ts";
import type { WatchJson } from "./watch_event.ts";

/** The kernel's events, where this program may hear them. */
export interface HeardEvents extends AsyncDisposable {
  readonly source: WatchJson["source"];
  /** Why they are not heard; null when they are. */
  readonly reason: string | null;
  /** Calls for each event of a connection, those that came before this included. */
  listen(token: number | null, onEvent: (event: PathManagerEvent) => void): void;
  /** Calls no more. */
  silence(): void;
}

/** More connections than a host makes between a connect and the look at it. */
const MAX_EARLY = 1000;

/** Starts to hear; never fails. */
export function hearEvents(): HeardEvents {
  let watch: EventWatch;
  try {
    watch = watchEvents();
  } catch (error) {
    return deaf(toMptError(error, "Cannot watch").message.replace(/^Cannot .*?: /, ""));
  }
  const early: PathManagerEvent[] = [];
  const keep = (event: PathManagerEvent): void => {
    if (early.length < MAX_EARLY) early.push(event);
  };
  let take = keep;
  const done = (async () => {
    for await (const event of watch) take(event);
  })().catch(() => take({ kind: "lost", command: 0, unknown: [] }));
  return {
    source: "events",
    reason: null,
    listen(token, onEvent) {
      take = (event) => {
        if (event.kind === "lost" || (token !== null && event.token === token)) onEvent(event);
      };
      early.splice(0).forEach((event) => take(event));
    },
    silence() {
      take = () => {};
    },
    async [Symbol.asyncDispose]() {
      await watch.close();
      await done;
    },
  };
}

function deaf(reason: string): HeardEvents {
  return {
    source: "polling",
    reason,
    listen: () => {},
    silence: () => {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
