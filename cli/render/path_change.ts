import type { PathChange, WatchJson } from "../../lib/probe/mod.ts";
import type { Painter } from "./paint.ts";

const WORDS: Readonly<Record<PathChange["change"], string>> = {
  announced: "the server announced an address",
  withdrawn: "the server withdrew an address",
  joining: "a SYN was sent",
  established: "established",
  backup: "is a backup now",
  available: "is no backup any more",
  stale: "stale: nothing comes back",
  recovered: "recovered",
  closed: "closed",
  fallback: "the connection fell back to TCP",
  ended: "the connection ended",
};

/** One change of a path as a line. */
export function renderPathChange(change: PathChange, paint: Painter): string {
  const seconds = `${(change.at_ms / 1000).toFixed(2)} s`.padStart(9);
  const path = change.path === null ? "" : `path ${change.path} `;
  const ends = [change.local, change.remote].filter((end) => end !== null).join(" to ");
  const words = paintOf(change, paint)(WORDS[change.change]);
  const reasons = [change.error, change.reset_reason].filter((reason) => reason !== null);
  const where = `${path}${ends}`.trim();
  return `${seconds}  ${where === "" ? "" : `${where}: `}${words}${
    reasons.length === 0 ? "" : ` (${reasons.join(", ")})`
  }`;
}

function paintOf({ change }: PathChange, paint: Painter): (text: string) => string {
  switch (change) {
    case "established":
    case "recovered":
    case "available":
      return paint.ok;
    case "stale":
    case "backup":
    case "withdrawn":
      return paint.warn;
    case "closed":
    case "fallback":
    case "ended":
      return paint.fail;
    case "announced":
    case "joining":
      return (text) => text;
  }
}

/** What was watched and how, in a sentence. */
export function renderWatch({ duration_ms, by, traffic, changes }: WatchJson): string {
  const count = changes.length === 0
    ? "nothing changed"
    : changes.length === 1
    ? "1 change"
    : `${changes.length} changes`;
  const how = by === "events"
    ? "told by the kernel's events, stale and recovered by looking"
    : "by looking at the paths again and again, because the kernel's events need CAP_NET_ADMIN";
  const idle = traffic ? "" : "; the connection was idle, so that a path that dies does not show";
  return `Watched the paths for ${(duration_ms / 1000).toFixed(1)} s: ${count} (${how}${idle}).`;
}
