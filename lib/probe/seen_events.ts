import { watchEvents } from "../mptcp/events.ts";
import type { PathManagerEvent } from "../netlink/mptcp_events.ts";
import type { EventEvidence } from "../mptcp/diagnosis/mod.ts";

/** The path manager's events since a moment, as far as this program may hear them. */
export interface SeenEvents extends AsyncDisposable {
  /** The events about a connection; `unknown` without CAP_NET_ADMIN, or when the kernel dropped some. */
  about(token: number | null): readonly EventEvidence[] | "unknown";
  /** The addresses that the other end announced; `unknown` likewise. */
  announced(token: number | null): readonly string[] | "unknown";
}

/** Starts to listen; never fails. */
export function seeEvents(): SeenEvents {
  const seen: PathManagerEvent[] = [];
  let watch: ReturnType<typeof watchEvents>;
  try {
    watch = watchEvents();
  } catch {
    // The events need CAP_NET_ADMIN; without them less is known.
    return { about: () => "unknown", announced: () => "unknown", [Symbol.asyncDispose]: async () => {} };
  }
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
    about(token) {
      const events = of(token);
      return events === "unknown" ? events : events.map(eventEvidence);
    },
    announced(token) {
      const events = of(token);
      if (events === "unknown") return events;
      return events.filter(({ kind }) => kind === "announced").flatMap(({ remote }) => remote?.address ?? []);
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
