import { formatBytes, formatCount, formatDuration, formatRate } from "../../lib/base/units.ts";
import type { BenchEvent } from "../../lib/bench/mod.ts";

const BAR_WIDTH = 24;

/** What to show on the terminal while a benchmark runs. */
export class LiveBench {
  #title = "";
  #runs = 0;
  #peakBps = 1;
  #lastMs = 0;

  /** A line that stays, or null. */
  note(event: BenchEvent): string | null {
    if (event.event === "try-fix") {
      this.#runs++;
      return `trying the fix for one run: ${event.command}${
        event.undo === null ? "" : ` (taken back by: ${event.undo})`
      }`;
    }
    if (event.event !== "plan") return null;
    this.#runs = event.cost.runs;
    const { runs, bytes, duration_ms: usual, max_duration_ms: most } = event.cost;
    const cost = [
      formatCount(runs, "run"),
      ...(bytes === null ? [] : [formatBytes(bytes)]),
      ...(usual === null ? [] : [`about ${formatDuration(usual)}`]),
      `at most ${formatDuration(most)}`,
    ];
    return `cost: ${cost.join(", ")}; paths: ${event.paths.join(", ")}`;
  }

  /** The lines that the next event replaces. */
  status(event: BenchEvent): readonly string[] {
    switch (event.event) {
      case "plan":
      case "try-fix":
        return [];
      case "run": {
        const path = event.path === null ? "" : ` from ${event.path.local}`;
        this.#title = `run ${event.run + 1} of ${this.#runs}: ${event.transport} ${event.direction}${path}`;
        this.#lastMs = 0;
        return [this.#title];
      }
      case "interval": {
        const seconds = (event.interval.at_ms - this.#lastMs) / 1000;
        this.#lastMs = event.interval.at_ms;
        this.#peakBps = Math.max(this.#peakBps, event.goodput_bps);
        const at = formatDuration(event.interval.at_ms);
        const lines = event.interval.paths.map(({ id, bytes }) => {
          const bps = seconds > 0 ? bytes * 8 / seconds : 0;
          return `  path ${id} ${bar(bps / this.#peakBps)} ${formatRate(bps)}`;
        });
        return [`${this.#title}  ${at}  ${formatRate(event.goodput_bps)}`, ...lines];
      }
      case "run-end":
        return [];
    }
  }
}

/** A bar of blocks, an eighth of a column fine. */
export function bar(part: number, columns: number = BAR_WIDTH): string {
  const eighths = Math.round(Math.max(0, Math.min(1, part)) * columns * 8);
  const full = "█".repeat(Math.floor(eighths / 8));
  const rest = eighths % 8 === 0 ? "" : "▏▎▍▌▋▊▉"[eighths % 8 - 1]!;
  return (full + rest).padEnd(columns, " ");
}
