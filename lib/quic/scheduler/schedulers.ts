import { backupOnly } from "./backup_only.ts";
import { blest } from "./blest.ts";
import { earliest } from "./earliest.ts";
import { ecf } from "./ecf.ts";
import { minRtt } from "./min_rtt.ts";
import { redundant } from "./redundant.ts";
import { roundRobin } from "./round_robin.ts";
import type { SchedulerFactory } from "./scheduler.ts";
import { weighted } from "./weighted.ts";

/** The names of the schedulers that come with the library. */
export type SchedulerName =
  | "earliest"
  | "min-rtt"
  | "round-robin"
  | "weighted"
  | "blest"
  | "ecf"
  | "redundant"
  | "backup-only";

/** The scheduler of a connection that names none. */
export const DEFAULT_SCHEDULER: SchedulerName = "earliest";

/**
 * The schedulers by name: `earliest`, which is the default, adds paths up and is never slower than the best one;
 * `min-rtt` takes the smallest RTT with room; `round-robin` one after the other; `weighted` shares out by how
 * fast the paths deliver; `blest` and `ecf` are the published ones; `redundant` sends everything on every path;
 * `backup-only` uses one path until it fails.
 */
export const schedulers: Readonly<Record<SchedulerName, SchedulerFactory>> = {
  earliest,
  "min-rtt": minRtt,
  "round-robin": roundRobin,
  weighted: () => weighted(),
  blest,
  ecf,
  redundant,
  "backup-only": backupOnly,
};

/** Whether this is the name of a scheduler. */
export function isSchedulerName(name: string): name is SchedulerName {
  return Object.hasOwn(schedulers, name);
}
