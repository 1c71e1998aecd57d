import type { ConnectOutcome, EventEvidence, Evidence } from "../evidence.ts";
import { addressOf, counterLine, movedFully, never, saw } from "../facts.ts";
import type { Finding } from "../finding.ts";
import type { JoinRow } from "../join_audit.ts";
import { wasHeld } from "./held_joins.ts";
import { anyOf, controlLines, countersOf, type JoinTally, type Make, shareOf } from "./join_tally.ts";

/** RFC 8684 3.6: "administratively prohibited". */
const ADMIN = 3;
const UNREACHABLE: ReadonlySet<string> = new Set(["ENETUNREACH", "EHOSTUNREACH", "EACCES"]);

/** The subflow came to an end: a reset in answer to the SYN, or one after the SYN/ACK, from either side. */
export function closed(evidence: Evidence, row: JoinRow, make: Make, tally: JoinTally): readonly Finding[] {
  const answered = shareOf(evidence, "client", "MPJoinSynAckRx", tally);
  const event = closingEvent(evidence, row);
  if (answered === "all") return refused(evidence, row, make, tally);
  const lines = [...countersOf(evidence), ...controlLines(row)];
  if (answered === "none") {
    const reset = shareOf(evidence, "client", "MPRstTx", { usable: 0, failed: tally.failed });
    if (row.control?.sameServer === "no") {
      return [make("join-wrong-server", "proved", "another server answers over this way", ...lines)];
    }
    if (reset === "all") return withoutOption(evidence, row, make, tally, lines);
    const outcome = outcomeOf(event) ?? row.control?.outcome;
    if (outcome === "unreachable") {
      return [
        make(
          "join-prohibited",
          "likely",
          "a router on this way says that the destination cannot be reached",
          ...lines,
        ),
      ];
    }
    if (row.control?.outcome === "refused" || row.control?.outcome === "reset") {
      return [make("join-reset", "proved", "joins and plain TCP are reset over this way", ...lines)];
    }
    if (reset === "none" && (outcome === "refused" || row.control?.outcome === "connected")) {
      return resetSyn(evidence, row, make, lines);
    }
  }
  return anyOf(
    make,
    ["join-reset", "join-stripped", "join-rejected-by-peer", "join-wrong-server"],
    "a further subflow was tried and is gone",
    ...lines,
  );
}

/** A reset came in answer to the SYN, where plain TCP connects or was not tried. */
function resetSyn(
  evidence: Evidence,
  row: JoinRow,
  make: Make,
  lines: readonly string[],
): readonly Finding[] {
  const first = "the SYN with MP_JOIN was answered by a reset";
  // A server resets a join whose token it does not know: any other machine, and itself after a fallback.
  const unknownToken = saw(evidence.server, "MPJoinNoTokenFound");
  if (row.control?.sameServer === "yes") {
    if (unknownToken !== null) {
      const counted = counterLine(evidence, "server", "MPJoinNoTokenFound");
      return [make("join-rejected-by-peer", "likely", first, counted, ...lines)];
    }
    if (never(evidence.server, "MPJoinNoTokenFound")) return [make("join-reset", "likely", first, ...lines)];
    return anyOf(make, ["join-reset", "join-rejected-by-peer"], first, ...lines);
  }
  return anyOf(make, ["join-reset", "join-wrong-server", "join-rejected-by-peer"], first, ...lines);
}

/** A SYN/ACK without MP_JOIN came, and this host reset the subflow. */
function withoutOption(
  evidence: Evidence,
  row: JoinRow,
  make: Make,
  tally: JoinTally,
  lines: readonly string[],
): readonly Finding[] {
  const first = "the SYN/ACK came back without MP_JOIN";
  const arrived = shareOf(evidence, "server", "MPJoinSynRx", tally);
  const ours = evidence.client.counters !== "unknown" && evidence.client.counters.shared === "no";
  if (arrived === "all") {
    return [
      make(
        "join-stripped",
        saw(evidence.server, "MPJoinSynRx") ?? "likely",
        first,
        "the SYN reached the server with MP_JOIN",
        ...lines,
      ),
    ];
  }
  // The server counts joins that reach it; one that reaches a machine without MPTCP is not removed.
  if (arrived === "none" && row.control?.sameServer === "yes") {
    return [
      make(
        "join-stripped",
        ours ? "proved" : "likely",
        first,
        "no SYN with MP_JOIN reached the server",
        ...lines,
      ),
    ];
  }
  return anyOf(make, ["join-stripped", "join-wrong-server"], first, ...lines);
}

const HELD = "the subflow was established for TCP for a while, and its MPTCP handshake was not complete";

/** The SYN/ACK fitted, and then a reset came: the server's, or one in its name. */
function refused(
  evidence: Evidence,
  row: JoinRow,
  make: Make,
  tally: JoinTally,
): readonly Finding[] {
  const { server } = evidence;
  const event = closingEvent(evidence, row);
  const rejected = saw(server, "MPJoinRejected");
  const lines = countersOf(evidence);
  const first = "the join was answered, and then reset";
  if (rejected !== null) {
    const counted = counterLine(evidence, "server", "MPJoinRejected");
    // What an accept filter lets through when the server has closed the connection is refused.
    if (wasHeld(row) && server.deferAccept !== "no") {
      return server.deferAccept === "yes"
        ? [make("join-stalled-by-accept-filter", "likely", HELD, first, counted, ...lines)]
        : anyOf(
          make,
          ["join-stalled-by-accept-filter", "join-rejected-by-peer"],
          HELD,
          first,
          counted,
          ...lines,
        );
    }
    return [make("join-rejected-by-peer", rejected, first, counted, ...lines)];
  }
  if (event?.resetReason === ADMIN) {
    const said = "the reset says: administratively prohibited";
    return [make("join-rejected-by-peer", "likely", first, said, ...lines)];
  }
  const unseen = never(server, "MPJoinRejected") &&
    shareOf(evidence, "server", "MPJoinAckRx", tally) === "none";
  if (!unseen) {
    const codes = ["join-rejected-by-peer", "join-stripped", "join-reset"] as const;
    if (!wasHeld(row)) return anyOf(make, codes, first, ...lines);
    return anyOf(make, ["join-stalled-by-accept-filter", ...codes], HELD, first, ...lines);
  }
  // A server resets what completes a join without MP_JOIN; one that sent no reset did not get that far.
  const resets = movedFully(server, "TcpOutRsts");
  const counted = `the server sent ${resets === "unknown" ? "an unknown number of" : resets} resets`;
  if (resets === 0) return [make("join-reset", "likely", first, counted, ...lines)];
  if (resets === "unknown") return anyOf(make, ["join-stripped", "join-reset"], first, counted, ...lines);
  return [
    make(
      "join-stripped",
      "likely",
      "the third packet of the join reached the server without MP_JOIN",
      counted,
      ...lines,
    ),
  ];
}

function closingEvent({ events }: Evidence, row: JoinRow): EventEvidence | undefined {
  if (events === "unknown") return undefined;
  return events.find((event) =>
    event.kind === "subflow-closed" && (row.local === null || event.local === row.local) &&
    (row.remote === null || event.remote === null || event.remote === addressOf(row.remote))
  );
}

function outcomeOf(event: EventEvidence | undefined): ConnectOutcome | undefined {
  const error = event?.error;
  if (error === null || error === undefined) return undefined;
  return error === "ECONNREFUSED" ? "refused" : UNREACHABLE.has(error) ? "unreachable" : undefined;
}
