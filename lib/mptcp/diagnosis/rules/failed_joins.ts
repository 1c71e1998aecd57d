import type { Evidence, SubflowEvidence } from "../evidence.ts";
import { counterLine, counterLines, hasServerView, millis, movedFully, saw } from "../facts.ts";
import type { Finding } from "../finding.ts";
import type { JoinRow } from "../join_audit.ts";
import { isUnfinished } from "./held_joins.ts";
import {
  anyOf,
  controlLines,
  countersOf,
  describe,
  type JoinTally,
  type Make,
  shareOf,
} from "./join_tally.ts";
import { LOSSY } from "./loss.ts";
import { fixOfWay } from "./own_names.ts";
import { closed } from "./reset_joins.ts";

/** Why a way that was tried carries no data. */
export function explainFailedJoin(evidence: Evidence, row: JoinRow, tally: JoinTally): readonly Finding[] {
  const make: Make = (code, certainty, first, ...more) => {
    const fix = fixOfWay(evidence, code, row);
    return {
      code,
      certainty,
      subject: describe(row),
      evidence: [first, ...more],
      ...(fix === undefined ? {} : { fix }),
    };
  };
  const badKey = saw(evidence.client, "MPJoinSynAckHMacFailure") ??
    saw(evidence.server, "MPJoinAckHMacFailure");
  if (badKey !== null && tally.failed === 1) {
    return [make(
      "join-authentication-failed",
      badKey,
      "the answer to the join did not fit the keys of the connection",
      counterLine(evidence, "client", "MPJoinSynAckHMacFailure"),
      ...(hasServerView(evidence) ? [counterLine(evidence, "server", "MPJoinAckHMacFailure")] : []),
    )];
  }
  switch (row.subflow?.state) {
    case "established":
      if (isUnfinished(row.subflow)) return [unfinished(row.subflow, make)];
      return row.subflow.resent === "yes"
        ? anyOf(make, ["join-path-lossy", ...STALLED], ESTABLISHED, "its SYN had to be sent again")
        : stalled(evidence, make, tally);
    case "syn-sent":
      return unanswered(evidence, row, make, tally);
    case undefined:
    case "gone":
    case "closing":
    case "unknown":
      return closed(evidence, row, make, tally);
  }
}

function unfinished({ heldMs, rttMs }: SubflowEvidence, make: Make): Finding {
  return make(
    "join-unfinished",
    "likely",
    `answers come back: a round trip took ${millis(rttMs)}, and the handshake takes two of them or more`,
    `the path was seen coming up for ${millis(heldMs)}`,
  );
}

/** The kernel sends the last packet of a join's handshake again every few milliseconds: far more than others add. */
const RESENT = 10;

const ESTABLISHED = "the subflow is established for TCP, and its MPTCP handshake is not complete";

/** The TCP handshake is complete at this end, the one of MPTCP is not. */
function stalled(evidence: Evidence, make: Make, tally: JoinTally): readonly Finding[] {
  const { server } = evidence;
  const lines = [
    ...counterLines(evidence, "client", ["MPJoinSynAckRx"]),
    ...(hasServerView(evidence) ? counterLines(evidence, "server", ["MPJoinSynRx", "MPJoinAckRx"]) : []),
    ...(server.name === null ? [] : [`the server calls itself ${server.name}`]),
  ];
  const first = ESTABLISHED;
  switch (shareOf(evidence, "server", "MPJoinAckRx", tally)) {
    case "all":
      return [
        make(
          "join-return-path",
          "likely",
          first,
          "the server took it in, which did not get back here",
          ...lines,
        ),
      ];
    case "none": {
      const dropped = movedFully(server, "TcpExtTCPDeferAcceptDrop");
      const filter = `the server counted TcpExtTCPDeferAcceptDrop ${
        dropped === "unknown" ? dropped : `+${dropped}`
      }`;
      // Every connection that comes through the filter counts once, the first subflow of this one as well.
      if (server.deferAccept === "no" || (dropped !== "unknown" && dropped <= 1)) {
        const none = server.deferAccept === "no" ? "the listener has no accept filter" : filter;
        return [
          make("join-dropped", "likely", "the last packet of the handshake did not arrive", none, ...lines),
        ];
      }
      if (server.deferAccept === "yes") {
        const sure = dropped === "unknown" || dropped < RESENT
          ? "likely"
          : saw(server, "MPJoinSynRx") ?? "likely";
        return [make(
          "join-stalled-by-accept-filter",
          sure,
          first,
          "the server says that its listener has an accept filter (TCP_DEFER_ACCEPT)",
          filter,
          ...lines,
        )];
      }
      return anyOf(make, ["join-stalled-by-accept-filter", "join-dropped"], first, filter, ...lines);
    }
    case "some":
    case "unknown":
      return anyOf(make, STALLED, first, WAIT_LONGER, ...lines);
  }
}

/** The last packet of the handshake was held back, or lost, or what the server answers to it was. */
const STALLED = ["join-stalled-by-accept-filter", "join-dropped", "join-return-path"] as const;

const WAIT_LONGER =
  "an accept filter lets the path through in the end, if the server keeps the connection that long (--join-timeout); what is dropped stays so";

/** The SYN got no answer. */
function unanswered(evidence: Evidence, row: JoinRow, make: Make, tally: JoinTally): readonly Finding[] {
  const arrived = shareOf(evidence, "server", "MPJoinSynRx", tally);
  const lines = [...countersOf(evidence), ...controlLines(row)];
  const first = "the SYN with MP_JOIN got no answer";
  if (row.control?.resent === "yes") {
    return anyOf(make, ["join-path-lossy", "join-dropped"], first, LOSSY, ...lines);
  }
  if (arrived === "all") {
    const certainty = saw(evidence.server, "MPJoinSynRx") ?? "likely";
    // Where plain TCP comes back over the same way, it is the option in the SYN/ACK that does not.
    if (row.control?.outcome === "connected") return [make("join-dropped", certainty, first, ...lines)];
    return [
      make("join-return-path", certainty, "the SYN with MP_JOIN arrived, its answer did not", ...lines),
    ];
  }
  const known = arrived === "none";
  switch (row.control?.outcome) {
    case "connected":
      return [make("join-dropped", known ? "proved" : "likely", first, ...lines)];
    case "unreachable":
      return [make("join-prohibited", "likely", first, ...lines)];
    case "timed-out":
      if (known) return [make("join-path-dead", "proved", first, ...lines)];
      return anyOf(make, ["join-path-dead", "join-return-path"], first, ...lines);
    default:
      return anyOf(
        make,
        // A kernel that is busy with the socket misses an ICMP message, and goes on waiting.
        known
          ? ["join-path-dead", "join-dropped", "join-prohibited"]
          : ["join-path-dead", "join-return-path", "join-dropped", "join-prohibited"],
        first,
        ...lines,
      );
  }
}
