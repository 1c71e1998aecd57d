import { formatCount, formatDuration } from "../../lib/base/units.ts";
import type { WatchEvent, WatchJson } from "../../lib/probe/mod.ts";
import type { Painter } from "./paint.ts";

/** The longest word of what can happen. */
const WORD = "established".length;

/** Something that happened, as a line with the time of day. */
export function watchLine(event: WatchEvent, paint: Painter): string {
  const ends = [event.local, event.remote].filter((end) => end !== null).join(" to ");
  const where = event.interface === null ? ends : `${ends} (${event.interface})`;
  const word = colour(event, paint)(event.change.padEnd(WORD));
  return `${paint.dim(timeOfDay(event.time))}  ${word}  ${where === "" ? "" : `${where}: `}${event.text}`;
}

/** What was watched and how, in sentences. */
export function watchSummary(watch: WatchJson): string {
  const how = watch.source === "events"
    ? "told by the kernel's events; stale and recovered by looking"
    : `by looking again and again, not by the kernel's events: ${watch.source_reason}`;
  const kept: Readonly<Record<WatchJson["kept_by"], string>> = {
    "perf": "a few kilobytes each second kept it",
    "check": "a request each second kept it",
    "http": "a HEAD request now and then kept it",
    "keep-alive": "only keep-alive was on its paths",
  };
  const lines = [
    `Watched a connection to ${watch.address} for ${formatDuration(watch.duration_ms)}: ${
      formatCount(watch.events.length + watch.dropped, "event")
    }, ${how}; ${kept[watch.kept_by]}.`,
  ];
  const stale = watch.counters?.["MPTcpExtSubflowStale"] ?? 0;
  const recovered = watch.counters?.["MPTcpExtSubflowRecover"] ?? 0;
  if (stale > 0 || recovered > 0) {
    lines.push(
      `The kernel's scheduler gave up on a path ${formatCount(stale, "time")} and took one back ${
        formatCount(recovered, "time")
      }${watch.counters_shared === "no" ? "" : " (perhaps of other connections too)"}.`,
    );
  }
  return lines.join("\n");
}

function timeOfDay(time: string): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

function colour({ change, backup }: WatchEvent, paint: Painter): (text: string) => string {
  switch (change) {
    case "established":
    case "recovered":
      return paint.ok;
    case "priority":
      return backup ? paint.warn : paint.ok;
    case "stale":
    case "removed":
    case "lost":
      return paint.warn;
    case "closed":
    case "fallback":
    case "ended":
      return paint.fail;
    case "announced":
      return (text) => text;
  }
}
