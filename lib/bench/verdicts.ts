import type { Verdict } from "../base/result.ts";
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from "../base/units.ts";
import { formatBenefit } from "./aggregation.ts";
import type { BenchVerdictCode } from "./codes.ts";
import { isQuic } from "./connect_perf.ts";
import { isPenalty } from "./penalties.ts";
import { cureWarnings, penaltyText, penaltyVerdict } from "./penalty_verdict.ts";
import type { Aggregation, BenchRun, FailureMissed, Penalty, RunFailure } from "./result.ts";
import { type BenchServer, limitsOf } from "./bench_server.ts";

/** A finding that `mpt explain` knows. */
type BenchVerdict = Verdict & { readonly code: BenchVerdictCode };

/** Fewer intervals than this make a weak figure. */
const FEW_INTERVALS = 4;

/** The findings in words, the most important first. */
export function benchVerdicts(
  runs: readonly BenchRun[],
  aggregations: readonly Aggregation[],
  penalties: readonly Penalty[] = [],
): readonly Verdict[] {
  const measured = runs.filter((run) => run.error === null);
  // What an aggregation says of tcp and mptcp stands for their runs
  const verdicts: BenchVerdict[] = aggregations.length > 0
    ? [
      ...aggregations.map((each) => aggregationVerdict(each, penalties)),
      ...measured.filter((run) => !isPartOf(run, aggregations)).map(plainVerdict),
    ]
    : measured.map(plainVerdict);
  for (const run of runs) {
    if (run.transport === "mptcp" && run.transport_in_force !== "mptcp" && run.error === null) {
      verdicts.push({
        code: "mptcp-fell-back",
        level: "fail",
        certainty: "proved",
        text: `The ${run.direction} asked for MPTCP and was plain TCP: the connection fell back.`,
        evidence: [],
        fix: "mpt probe of the same target tells more",
      });
    }
    if (run.transport === "mpquic" && run.transport_in_force !== "mpquic" && run.error === null) {
      verdicts.push({
        code: "mpquic-not-agreed",
        level: "fail",
        certainty: "proved",
        text:
          `The ${run.direction} asked for multipath QUIC and had one path: the server does not offer several.`,
        evidence: [],
        fix: "run mpt serve --listen mpquic@... on that machine",
      });
    }
    if (run.failure !== undefined && run.failure !== null) verdicts.push(failureVerdict(run, run.failure));
    if (run.failure_missed !== undefined && run.failure_missed !== null && run.error === null) {
      verdicts.push(missedVerdict(run, run.failure_missed));
    }
    if (run.error !== null && isMissingHere(run)) {
      verdicts.push({
        code: "mptcp-unknown",
        level: "unknown",
        certainty: "proved",
        text: `What MPTCP is worth for the ${run.direction} is unknown: ${run.error.message}.`,
        evidence: [run.error.code],
        fix: "mpt doctor",
      });
    } else if (run.error !== null) {
      verdicts.push(
        isCutShort(run) ? cutShortVerdict(run) : {
          code: "run-failed",
          level: "fail",
          certainty: "proved",
          text: `The ${run.direction} over ${run.transport}${
            run.path === null ? "" : ` from ${run.path.local}`
          } failed: ${run.error.message}.`,
          evidence: [run.error.code],
          fix: run.error.fix ?? null,
        },
      );
    }
  }
  return verdicts;
}

/** Whether a run could not be made because this host has no MPTCP. */
export function isMissingHere(run: BenchRun): boolean {
  switch (run.error?.code) {
    case "ERR_NOT_LINUX":
    case "ERR_FFI_PERMISSION":
    case "ERR_FFI_UNAVAILABLE":
    case "ERR_MPTCP_DISABLED":
    case "ERR_MPTCP_UNSUPPORTED":
      return true;
    default:
      return false;
  }
}

/** Whether a run was ended from outside: by Ctrl-C or --timeout. */
export function isCutShort(run: BenchRun): boolean {
  return run.error?.code === "ERR_ABORTED";
}

function cutShortVerdict(run: BenchRun): BenchVerdict {
  return {
    code: "run-cut-short",
    level: "unknown",
    certainty: "proved",
    text: `The ${run.direction} over ${run.transport} was cut short; until then it ran at ${
      formatRate(run.goodput_bps)
    }.`,
    evidence: [],
    fix: null,
  };
}

/** Whether an aggregation says what there is to say of a run. */
function isPartOf(run: BenchRun, aggregations: readonly Aggregation[]): boolean {
  return aggregations.some(({ transport = "mptcp", direction }) =>
    direction === run.direction &&
    (transport === "mptcp" ? !isQuic(run.transport) : isQuic(run.transport) || run.transport === "tcp")
  );
}

/** What became of a transfer whose path was broken on purpose. */
function failureVerdict({ direction, error, paths }: BenchRun, failure: RunFailure): BenchVerdict {
  const way = failure.how === "close" ? ", by closing its socket" : "";
  const after = `after ${formatDuration(failure.at_ms)}${way}`;
  const stall = formatDuration(failure.longest_stall_ms);
  return {
    code: "path-broken",
    level: error === null && failure.recovered ? "info" : "fail",
    certainty: "proved",
    text: error !== null
      ? `Path ${failure.path} of the ${direction} was broken ${after}, and the transfer did not survive it.`
      : failure.recovered
      ? `Path ${failure.path} of the ${direction} was broken ${after}: the transfer went on, and stood still for ${stall} at the most.`
      : `Path ${failure.path} of the ${direction} was broken ${after}, and nothing arrived in the ${stall} until the end` +
        `${paths.length < 2 ? ": there was no other path" : ""}.`,
    evidence: [],
    fix: null,
  };
}

/** That the path is whole: what was to be seen was not seen. */
function missedVerdict({ direction, paths }: BenchRun, missed: FailureMissed): BenchVerdict {
  const why = missed === "no-such-path"
    ? `there was no such path; the ids are ${paths.map(({ id }) => id).join(", ")}`
    : "the transfer was over before";
  return {
    code: "path-not-broken",
    level: "unknown",
    certainty: "proved",
    text: `No path of the ${direction} was broken: ${why}.`,
    evidence: [],
    fix: null,
  };
}

function aggregationVerdict(each: Aggregation, penalties: readonly Penalty[]): BenchVerdict {
  const { direction, singles, transport = "mptcp" } = each;
  const [name, single] = transport === "mptcp" ? ["MPTCP", "TCP"] : ["Multipath QUIC", "QUIC"];
  const evidence = [
    `multipath ${formatRate(each.multipath_bps)}, best single path ${formatRate(each.best_single_bps)}, ` +
    `sum of ${formatCount(singles, "single path")} ${formatRate(each.sum_of_singles_bps)}`,
    `efficiency ${each.efficiency.toFixed(2)}, benefit ${formatBenefit(each.benefit)}`,
  ];
  const base = { certainty: "proved" as const, evidence };
  const factor = each.multipath_bps / each.best_single_bps;
  if (isPenalty(each) && transport === "mpquic") {
    return {
      ...base,
      code: "multipath-penalty",
      level: "warn",
      text: penaltyText(each),
      fix: "make the path that is worse a backup: --path local=IP,status=backup; or try another --scheduler",
    };
  }
  if (isPenalty(each)) {
    const penalty = penalties.find((one) => one.direction === direction);
    return penaltyVerdict(each, evidence, penalty);
  }
  if (singles < 2) {
    return {
      ...base,
      code: "multipath-one-path",
      level: "info",
      text:
        `${name} ${direction} carries ${
          formatRate(each.multipath_bps)
        }, ${single} over the one path that was ` +
        `measured ${formatRate(each.best_single_bps)}.`,
      fix: null,
    };
  }
  return {
    ...base,
    code: "multipath-gain",
    level: "ok",
    text:
      `${name} ${direction} over ${singles} paths carries ${formatRate(each.multipath_bps)}: ${
        factor.toFixed(2)
      } ` +
      `times the best single path, ${formatPercent(each.efficiency)} of the sum.`,
    fix: null,
  };
}

/** What carried the run; where multipath QUIC was asked for in vain, that too. */
function nameInForce({ transport, transport_in_force: real }: BenchRun): string {
  if (transport !== "mpquic") return transport.toUpperCase();
  return real === "mpquic" ? "Multipath QUIC" : `${real.toUpperCase()} in place of multipath QUIC,`;
}

function from(run: BenchRun): string {
  return run.path === null ? "" : ` from ${run.path.local}`;
}

function plainVerdict(run: BenchRun): BenchVerdict {
  return {
    code: "measured",
    level: "info",
    certainty: "proved",
    text: `${nameInForce(run)} ${run.direction}${from(run)}: ${formatRate(run.goodput_bps)}.`,
    evidence: [],
    fix: null,
  };
}

/** What weakens the figures. */
export function benchWarnings(
  runs: readonly BenchRun[],
  aggregations: readonly Aggregation[],
  server: BenchServer,
  penalties: readonly Penalty[] = [],
  insecure: boolean = false,
  byTime: boolean = false,
): readonly string[] {
  const warnings = [...aggregations.filter(isPenalty).map(penaltyText), ...cureWarnings(penalties)];
  const { max_bytes: most } = limitsOf(server);
  // What ended because the server allows no more does not get longer by a longer --duration. A download over QUIC
  // asks again.
  const isStopped = ({ transport, direction, bytes, streams, error }: BenchRun): boolean =>
    byTime && error === null && bytes >= most * streams && !(isQuic(transport) && direction === "download");
  const stopped = runs.filter(isStopped);
  if (stopped.length > 0) {
    warnings.push(
      `${stopped.length} of ${
        formatCount(runs.length, "run")
      } ended before the time was over: the server allows ` +
        `${formatBytes(most)} in one transfer (mpt serve --max-bytes).`,
    );
  }
  const short = runs.filter((run) =>
    run.error === null && run.intervals.length < FEW_INTERVALS && !isStopped(run)
  );
  if (short.length > 0) {
    warnings.push(
      `${short.length} of ${formatCount(runs.length, "run")} ${
        short.length === 1 ? "has" : "have"
      } fewer than ${FEW_INTERVALS} intervals: measure longer.`,
    );
  }
  const upload = runs.some((run) =>
    run.direction === "upload" && run.error === null && run.longest_stall_ms === null
  );
  if (upload) warnings.push("The server did not report on an upload: its figures are the sender's.");
  if (insecure && runs.some(({ transport }) => isQuic(transport))) {
    warnings.push("Nobody has checked who the server is: --insecure.");
  }
  if (server.check?.server.name !== "mpt") warnings.push("The server is not mpt serve.");
  return warnings;
}
