import { MptError } from "../../base/errors.ts";
import type { Middlebox } from "./middlebox.ts";

/** What one middlebox did so far. */
export interface MiddleboxCount {
  /** The middlebox. */
  readonly box: Middlebox;
  /** As `parseMiddlebox` reads it. */
  readonly text: string;
  /** Packets that it was applied to; NAT and proxy count flows. */
  readonly packets: number;
  /** The bytes of those packets. */
  readonly bytes: number;
}

/** A counter of the kernel. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/**
 * The counters in what `nft -j list counters` prints.
 *
 * @param text The whole output.
 * @returns The counts by the name of the counter.
 * @throws {MptError} `ERR_PROTOCOL` when it is not JSON of that form.
 */
export function parseCounts(text: string): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  for (const entry of entries(text)) {
    const { name, packets, bytes } = members(members(entry)["counter"]);
    if (typeof name === "string" && typeof packets === "number" && typeof bytes === "number") {
      counts.set(name, { packets, bytes });
    }
  }
  return counts;
}

function entries(text: string): readonly unknown[] {
  try {
    const list = members(JSON.parse(text))["nftables"];
    if (Array.isArray(list)) return list;
  } catch {
    // Not JSON: the same complaint.
  }
  throw new MptError("ERR_PROTOCOL", "Cannot read the counters of nft: they are no list in JSON");
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
