import { Endpoint } from "../base/endpoint.ts";
import { toMptError } from "../base/errors.ts";
import type { EventEvidence } from "../mptcp/diagnosis/mod.ts";
import { watchEvents } from "../mptcp/events.ts";
import type { PathManagerEvent } from "../netlink/mptcp_events.ts";

/** The path manager's events since a moment, as far as this program may hear them. */
export interface SeenEvents extends AsyncDisposable {
  /** Why they are not heard; null when they are. */
  readonly reason: string | null;
  /** The events about a connection; `unknown` when they are not heard, or when the kernel dropped some. */
  about(token: number | null): readonly EventEvidence[] | "unknown";
  /** The addresses that the other end announced, with the connection's port where they have none. */
  announced(token: number | null, port: number): readonly string[] | "unknown";
}

function notHeard(error: unknown): SeenEvents {
  return {
    reason: toMptError(error, "Cannot watch").message.replace(/^Cannot .*?: /, ""),
    about: () => "unknown",
    announced: () => "unknown",
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Starts to listen; never fails. */
export function seeEvents(): SeenEvents {
  let watch: ReturnType<typeof watchEvents>;
  try {
    watch = watchEvents();
  } catch (error) {
    // The events need CAP_NET_ADMIN; without them less is known.
    return notHeard(error);
  }
  const seen: PathManagerEvent[] = [];
  const done = (async () => {
    for await (const event of watch) seen.push(event);
  })().catch(() => {
    seen.push({ kind: "lost", command: 0, unknown: [] });
  });
  const of = (token: number | null): readonly PathManagerEvent[] | "unknown" => {
    if (token === null || seen.some(({ kind }) => kind === "lost")) return "unknown";
    return seen.filter((event) => event.token === token);
  };
  return {
    reason: null,
    about(token) {
      const events = of(token);
      return events === "unknown" ? events : events.map(eventEvidence);
    },
    announced(token, port) {
      const events = of(token);
      if (events === "unknown") return events;
      const remotes = events.flatMap(({ kind, remote }) =>
        kind === "announced" && remote !== undefined ? [remote] : []
      );
      return remotes.map((remote) => Endpoint.of(remote.host, remote.port || port).address);
    },
    async [Symbol.asyncDispose]() {
      await watch.close();
      await done;
    },
  };
}

function eventEvidence(event: PathManagerEvent): EventEvidence {
  return {
    kind: kindOf(event),
    local: event.local?.host ?? null,
    remote: event.remote?.host ?? null,
    error: event.error ?? null,
    resetReason: event.resetReason ?? null,
    denyInitialJoins: event.denyJoinId0 === undefined ? "unknown" : event.denyJoinId0 ? "yes" : "no",
  };
}

function kindOf({ kind }: PathManagerEvent): EventEvidence["kind"] {
  switch (kind) {
    case "established":
    case "announced":
    case "removed":
    case "subflow-established":
    case "subflow-closed":
      return kind;
    default:
      return "other";
  }
}
