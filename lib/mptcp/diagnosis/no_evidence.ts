import type { EndEvidence, Evidence } from "./evidence.ts";

const NOTHING_KNOWN: EndEvidence = { counters: "unknown", subflows: "unknown", bytes: "unknown" };

/**
 * Evidence in which nothing is known yet: what a probe starts from.
 *
 * @param target Address and port.
 * @returns The evidence; spread what is known over it.
 */
export function noEvidence(target: string): Evidence {
  const attempt = { outcome: "unknown", ms: "unknown", data: "unknown", transfer: "unknown" } as const;
  return {
    target,
    host: {
      mptcp: "unknown",
      reason: null,
      pathManager: "unknown",
      blackholeTimeoutS: "unknown",
      addresses: "unknown",
    },
    tcp: { ...attempt, resent: "unknown" },
    mptcp: { ...attempt, afterConnect: "unknown", afterData: "unknown", atEnd: "unknown" },
    client: NOTHING_KNOWN,
    server: {
      ...NOTHING_KNOWN,
      kind: "unknown",
      name: null,
      listener: "unknown",
      inForce: "unknown",
      seesClientAt: null,
      deferAccept: "unknown",
      initialJoins: "unknown",
    },
    mirror: "unknown",
    plainMirror: "unknown",
    joins: { waitedMs: 0, controls: [], announced: "unknown", lost: [] },
    events: "unknown",
  };
}
