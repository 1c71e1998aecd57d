import type { SubflowEvidence } from "../mptcp/diagnosis/mod.ts";
import type { MptcpInspection } from "../mptcp/inspect.ts";
import { subflowEvidence } from "./server_evidence.ts";

/** A join that was established for TCP, and not for MPTCP. */
interface Held {
  readonly evidence: SubflowEvidence;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Remembers joins that wait for the other end, for when they are gone. */
export class SubflowLog {
  readonly #now: () => number;
  readonly #held = new Map<string, Held>();

  /** @param now The time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Takes a look at the subflows. */
  see(inspection: MptcpInspection | null): void {
    const now = this.#now();
    for (const [index, subflow] of inspection?.subflows.entries() ?? []) {
      const evidence = subflowEvidence(subflow, index);
      if (evidence.role !== "join" || evidence.state !== "established" || evidence.complete !== "no") {
        continue;
      }
      const sinceMs = this.#held.get(keyOf(evidence))?.sinceMs ?? now;
      this.#held.set(keyOf(evidence), { evidence, sinceMs, untilMs: now });
    }
  }

  /** The joins that waited and are not there any more. */
  vanished(inspection: MptcpInspection | null): readonly SubflowEvidence[] {
    if (inspection === null) return [];
    const present = new Set(inspection.subflows.map((subflow) => keyOf(subflow)));
    return [...this.#held].filter(([key]) => !present.has(key)).map(([, { evidence, sinceMs, untilMs }]) => ({
      ...evidence,
      state: "gone",
      heldMs: untilMs - sinceMs,
    }));
  }
}

function keyOf({ local, remote }: { readonly local: string; readonly remote: string }): string {
  return `${local} ${remote}`;
}
