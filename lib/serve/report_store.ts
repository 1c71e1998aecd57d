import type { PerfReport } from "../protocol/perf_report.ts";

/** Reports of this many transfers are kept; the oldest goes first. */
const CAPACITY = 64;

/** The reports of the latest perf transfers, by a name that cannot be guessed. */
export class ReportStore {
  readonly #reports = new Map<string, () => PerfReport>();

  /**
   * Keeps a report.
   *
   * @param report Makes the report when it is asked for: a running transfer has one too.
   * @returns The name to ask for.
   */
  keep(report: () => PerfReport): string {
    const id = crypto.randomUUID();
    this.#reports.set(id, report);
    for (const oldest of this.#reports.keys()) {
      if (this.#reports.size <= CAPACITY) break;
      this.#reports.delete(oldest);
    }
    return id;
  }

  /** The report as it is now, or null when there is none of that name (any more). */
  get(id: string): PerfReport | null {
    return this.#reports.get(id)?.() ?? null;
  }
}
