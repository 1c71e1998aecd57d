import { PERF_FIELDS } from "../protocol/perf.ts";
import type { BenchSettings } from "./options.ts";
import { AGENT } from "./server.ts";

/** The fields of every request for a transfer. */
export function requestFields(settings: BenchSettings): Readonly<Record<string, string>> {
  return {
    ...AGENT,
    [PERF_FIELDS.interval]: String(settings.intervalMs),
    ...(settings.token === undefined ? {} : { Authorization: `Bearer ${settings.token}` }),
  };
}
