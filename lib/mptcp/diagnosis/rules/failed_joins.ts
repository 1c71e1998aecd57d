import type { Certainty } from "../../../base/verdict.ts";
import { counterLine, counterLines, hasServerView, moved, saw } from "../facts.ts";
import type { ConnectOutcome, EventEvidence, Evidence } from "../evidence.ts";
import type { DiagnosisCode } from "../codes.ts";
import type { Finding } from "../finding.ts";
import { addressOf } from "../facts.ts";
import type { JoinRow } from "../join_audit.ts";

/** The joins of one connection together: counters do not tell them apart. */
export interface JoinTally {
  /** Rows that carry data. */
  readonly usable: number;
  /** Rows that were tried, or may have been, and do not. */
  readonly failed: number;
}

/** Whether what a counter counts happened to all failed joins, to none, to some, or is unknown. */
type Share = "all" | "none" | "some" | "unknown";

function shareOf(evidence: Evidence, side: "client" | "server", name: string, tally: JoinTally): Share {
  const by = moved(evidence[side], name);
  if (by === "unknown") return "unknown";
  const more = by - tally.usable;
  return more <= 0 ? "none" : more >= tally.failed ? "all" : "some";
}

/** RFC 8684 3.6: "administratively prohibited". */
const ADMIN = 3;
const UNREACHABLE: ReadonlySet<string> = new Set(["ENETUNREACH", "EHOSTUNREACH", "EACCES"]);

/** Why a way that was tried carries no data. */
export function explainFailedJoin(evidence: Evidence, row: JoinRow, tally: JoinTally): readonly Finding[] {
  const make = (
    code: DiagnosisCode,
    certainty: Certainty,
    first: string,
    ...more: readonly string[]
  ): Finding => ({
    code,
    certainty,
    subject: describe(row),
    evidence: [first, ...more],
  });
  const badKey = saw(evidence.client, "MPJoinSynAckHMacFailure") ??
    saw(evidence.server, "MPJoinAckHMacFailure");
  if (badKey !== null && tally.failed === 1) {
    return [make(
      "join-authentication-failed",
      badKey,
      "the answer to the join did not fit the keys of the connection",
      counterLine(evidence, "client", "MPJoinSynAckHMacFailure"),
    )];
  }
  switch (row.subflow?.state) {
    case "established":
      return [stalled(evidence, make, tally)];
    case "syn-sent":
      return unanswered(evidence, row, make, tally);
    case undefined:
    case "gone":
    case "closing":
    case "unknown":
      return closed(evidence, row, make, tally);
  }
}

type Make = (code: DiagnosisCode, certainty: Certainty, first: string, ...more: readonly string[]) => Finding;

/** The TCP handshake is complete at this end, the one of MPTCP is not. */
function stalled(evidence: Evidence, make: Make, tally: JoinTally): Finding {
  const { server } = evidence;
  const lines = [
    ...counterLines(evidence, "client", ["MPJoinSynAckRx"]),
    ...(hasServerView(evidence) ? counterLines(evidence, "server", ["MPJoinSynRx", "MPJoinAckRx"]) : []),
    ...(server.name === null ? [] : [`the server calls itself ${server.name}`]),
  ];
  const first = "the subflow is established for TCP, and the server does not take it in";
  const unseen = shareOf(evidence, "server", "MPJoinAckRx", tally) === "none";
  if (server.deferAccept === "yes" && unseen) {
    return make("join-stalled-by-accept-filter", "proved", first, ...lines);
  }
  if (server.deferAccept === "no") {
    return make("join-dropped", "likely", first, "the server has no accept filter", ...lines);
  }
  return make("join-stalled-by-accept-filter", "likely", first, ...lines);
}

/** The SYN got no answer. */
function unanswered(evidence: Evidence, row: JoinRow, make: Make, tally: JoinTally): readonly Finding[] {
  const arrived = shareOf(evidence, "server", "MPJoinSynRx", tally);
  const lines = [...countersOf(evidence), ...controlLines(row)];
  const first = "the SYN with MP_JOIN got no answer";
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
      return [
        make("join-path-dead", "possible", first, ...lines),
        make("join-return-path", "possible", first, ...lines),
      ];
    default:
      if (known) {
        return [
          make("join-path-dead", "possible", first, ...lines),
          make("join-dropped", "possible", first, ...lines),
        ];
      }
      return (["join-path-dead", "join-return-path", "join-dropped"] as const).map((code) =>
        make(code, "possible", first, ...lines)
      );
  }
}

/** The subflow came to an end: a reset in answer to the SYN, or one after the SYN/ACK, from either side. */
function closed(evidence: Evidence, row: JoinRow, make: Make, tally: JoinTally): readonly Finding[] {
  const answered = shareOf(evidence, "client", "MPJoinSynAckRx", tally);
  const event = closingEvent(evidence, row);
  if (answered === "all") return [refused(evidence, event, make, tally)];
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
      const codes = row.control?.sameServer === "yes"
        ? ["join-reset"] as const
        : ["join-reset", "join-wrong-server"] as const;
      return codes.map((code) =>
        make(
          code,
          codes.length === 1 ? "likely" : "possible",
          "the SYN with MP_JOIN was answered by a reset",
          ...lines,
        )
      );
    }
  }
  return (["join-reset", "join-stripped", "join-rejected-by-peer", "join-wrong-server"] as const).map((
    code,
  ) => make(code, "possible", "a further subflow was tried and is gone", ...lines));
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
  if (arrived === "none") {
    // The server counts joins that reach it; one that reaches another machine is not removed.
    const sure = ours && row.control?.sameServer === "yes" ? "proved" : "likely";
    return [make("join-stripped", sure, first, "no SYN with MP_JOIN reached the server", ...lines)];
  }
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
  if (row.announced === "not-needed") return [make("join-stripped", "likely", first, ...lines)];
  return [
    make("join-stripped", "possible", first, ...lines),
    make("join-wrong-server", "possible", first, ...lines),
  ];
}

/** The SYN/ACK fitted, and then the server ended it. */
function refused(
  evidence: Evidence,
  event: EventEvidence | undefined,
  make: Make,
  tally: JoinTally,
): Finding {
  const rejected = saw(evidence.server, "MPJoinRejected");
  const lines = countersOf(evidence);
  const first = "the server answered the join and then reset it";
  if (rejected !== null) {
    return make(
      "join-rejected-by-peer",
      rejected,
      first,
      counterLine(evidence, "server", "MPJoinRejected"),
      ...lines,
    );
  }
  const unseen = moved(evidence.server, "MPJoinRejected") === 0 &&
    shareOf(evidence, "server", "MPJoinAckRx", tally) === "none";
  if (unseen) {
    return make(
      "join-stripped",
      "likely",
      "the third packet of the join reached the server without MP_JOIN",
      ...lines,
    );
  }
  const said = event?.resetReason === ADMIN ? ["the reset says: administratively prohibited"] : [];
  return make("join-rejected-by-peer", "likely", first, ...said, ...lines);
}

function countersOf(evidence: Evidence): readonly string[] {
  return [
    ...counterLines(evidence, "client", ["MPJoinSynTx", "MPJoinSynAckRx", "MPRstTx"]),
    ...(hasServerView(evidence) ? counterLines(evidence, "server", ["MPJoinSynRx", "MPJoinAckRx"]) : []),
  ];
}

function controlLines({ control }: JoinRow): readonly string[] {
  if (control === null) return [];
  const same = control.sameServer === "unknown"
    ? ""
    : control.sameServer === "yes"
    ? ", and the same server answered"
    : ", and another server answered";
  return [`plain TCP from ${control.local} to ${control.remote}: ${control.outcome}${same}`];
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

/** A way in words: `from 192.0.2.2 to 198.51.100.1:443`. */
export function describe({ local, remote }: JoinRow): string {
  return [local === null ? null : `from ${local}`, remote === null ? null : `to ${remote}`]
    .filter((part) => part !== null).join(" ");
}
