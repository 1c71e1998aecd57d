import type { Evidence, SubflowEvidence } from "../evidence.ts";
import { millis, movedFully } from "../facts.ts";
import type { Finding } from "../finding.ts";
import type { JoinRow } from "../join_audit.ts";
import { describe } from "./join_tally.ts";

/**
 * An accept filter of one second, the shortest that there is, lets a join through when the SYN/ACK has been
 * repeated for the first time: the kernel does that after one second (RFC 6298 2.1).
 */
const SHORTEST_FILTER_MS = 900;

/** The handshake of a join takes two round trips, and the acknowledgement may be delayed. */
const ROUND_TRIPS = 4;

/** Whether a path whose SYN was answered has had less time than its handshake may take over so long a way. */
export function isUnfinished({ heldMs, rttMs }: SubflowEvidence): boolean {
  return heldMs !== "unknown" && rttMs !== "unknown" && heldMs < ROUND_TRIPS * rttMs;
}

/** Whether a path was kept waiting for so long as an accept filter does at least, though nothing of it was lost. */
export function wasHeld({ subflow }: JoinRow): boolean {
  if (subflow === null || subflow.heldMs === "unknown" || subflow.resent !== "no") return false;
  const tripMs = subflow.rttMs === "unknown" ? 0 : subflow.rttMs;
  return subflow.heldMs >= SHORTEST_FILTER_MS + ROUND_TRIPS * tripMs;
}

/** A path that carries data now, and was kept waiting though nothing of it was lost. */
export function heldBack(evidence: Evidence, row: JoinRow): readonly Finding[] {
  const { subflow } = row;
  if (subflow === null || subflow.heldMs === "unknown" || subflow.rttMs === "unknown") return [];
  if (!wasHeld(row)) return [];
  const { server } = evidence;
  const dropped = movedFully(server, "TcpExtTCPDeferAcceptDrop");
  if (server.deferAccept === "no" || (dropped !== "unknown" && dropped <= 1)) return [];
  return [{
    code: "join-stalled-by-accept-filter",
    certainty: "likely",
    subject: `${describe(row)} for more than ${millis(subflow.heldMs)}`,
    evidence: [
      "the subflow came up late, and nothing of it had to be sent again",
      ...(dropped === "unknown" ? [] : [`the server counted TcpExtTCPDeferAcceptDrop +${dropped}`]),
      ...(server.name === null ? [] : [`the server calls itself ${server.name}`]),
    ],
  }];
}
