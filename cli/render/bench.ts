import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from "../../lib/base/units.ts";
import { type Aggregation, type BenchResult, type BenchRun, isMissingHere } from "../../lib/bench/mod.ts";
import { formatBenefit } from "../../lib/bench/aggregation.ts";
import type { Painter } from "./paint.ts";
import { renderVerdicts, warning } from "./probe.ts";
import { table } from "./table.ts";
import { wrap } from "./wrap.ts";

const SPARKS = "▁▂▃▄▅▆▇█";

/** The result for people: the answer in words, then the runs, then the paths. */
export function renderBench(result: BenchResult, paint: Painter, verbose: boolean): string {
  // Results of earlier versions have no penalties.
  const tried = (result.penalties ?? []).flatMap((penalty) => penalty.tried?.run ?? []);
  return [
    ...renderVerdicts(result.verdicts, paint, verbose),
    ...result.warnings.filter((text) => !result.verdicts.some((each) => each.text.startsWith(text)))
      .map((text) => warning(text, paint)),
    ...(result.end.reason === "done"
      ? []
      : [paint.warn(`${cut(result.end.reason)}: this is what was measured so far`)]),
    "",
    runTable([...result.runs.map((run) => row(run)), ...tried.map((run) => row(run, "fixed"))], paint),
    ...result.runs.flatMap((run) => pathTable(run, paint, verbose)),
    ...tried.flatMap((run) => pathTable(run, paint, verbose, " with the fix")),
    ...(verbose ? result.runs.flatMap(heldUp) : []),
    ...result.aggregations.flatMap((each) => ["", wrap(aggregation(each), paint.columns)]),
  ].join("\n");
}

function cut(reason: BenchResult["end"]["reason"]): string {
  return reason === "timeout" ? "--timeout is over" : reason;
}

function runTable(rows: readonly (readonly string[])[], paint: Painter): string {
  return table(
    [
      { title: "TRANSPORT", key: true },
      { title: "DIRECTION", key: true },
      { title: "PATH", key: true },
      { title: "GOODPUT", align: "right" },
      { title: "BYTES", align: "right" },
      { title: "TIME", align: "right" },
      { title: "STALL", align: "right" },
      { title: "LOADED RTT p50/p95", align: "right" },
      { title: "CPU", align: "right" },
      { title: "OVER TIME" },
    ],
    rows,
    "",
    paint.columns,
  );
}

function row(run: BenchRun, mark: string = ""): readonly string[] {
  const path = run.path === null ? run.paths.length > 1 ? `all ${run.paths.length}` : "-" : run.path.local;
  return [
    run.transport === run.transport_in_force
      ? run.transport
      : `${run.transport} (was ${run.transport_in_force})`,
    run.direction,
    mark === "" ? path : `${path}, ${mark}`,
    goodput(run),
    formatBytes(run.bytes),
    formatDuration(run.duration_ms),
    run.longest_stall_ms === null ? "-" : formatDuration(run.longest_stall_ms),
    run.rtt_ms === null ? "-" : `${formatDuration(run.rtt_ms.p50)} / ${formatDuration(run.rtt_ms.p95)}`,
    formatDuration(run.cpu_ms),
    sparkline(run),
  ];
}

function goodput(run: BenchRun): string {
  if (run.error === null || run.bytes > 0) return formatRate(run.goodput_bps);
  return isMissingHere(run) ? "unknown" : "failed";
}

/** The goodput of each interval as a row of blocks; the tallest is the best interval of the run. */
export function sparkline(run: BenchRun): string {
  let before = 0;
  const rates = run.intervals.map((interval) => {
    const ms = interval.at_ms - before;
    before = interval.at_ms;
    return ms > 0 ? interval.bytes / ms : 0;
  });
  // A last interval of a few milliseconds would be all noise.
  const whole = rates.length > 1 ? rates.slice(0, -1) : rates;
  const best = Math.max(...whole, 0);
  if (best === 0) return "";
  return whole.slice(-40).map((rate) => SPARKS[Math.min(7, Math.floor(rate / best * 7.99))]).join("");
}

function pathTable(
  run: BenchRun,
  paint: Painter,
  verbose: boolean,
  how: string = "",
): readonly string[] {
  if (run.paths.length < 2 && !verbose) return [];
  const rows = run.paths.map((path) => [
    String(path.id),
    path.local,
    path.remote,
    path.interface ?? "-",
    path.state,
    path.status,
    path.share === null ? "-" : formatPercent(path.share),
    formatBytes(path.run_bytes),
    path.rtt_ms === null ? "-" : formatDuration(path.rtt_ms),
    formatBytes(path.bytes_retransmitted),
  ]);
  const columns = [
    { title: "PATH", key: true },
    { title: "LOCAL" },
    { title: "REMOTE" },
    { title: "INTERFACE" },
    { title: "STATE" },
    { title: "STATUS" },
    { title: "SHARE", align: "right" as const },
    { title: "BYTES", align: "right" as const },
    { title: "RTT", align: "right" as const },
    { title: "RETRANSMITTED", align: "right" as const },
  ];
  return ["", `Paths of ${run.transport} ${run.direction}${how}:`, table(columns, rows, "  ", paint.columns)];
}

/** What kept a sender over QUIC from sending more; results of earlier versions do not tell. */
function heldUp({ transport, direction, blocked }: BenchRun): readonly string[] {
  if (blocked === undefined || blocked === null) return [];
  const times = [
    `the congestion window ${blocked.congestion}`,
    `the pacer ${blocked.pacing}`,
    `the server's flow control ${blocked.connection_flow_control} (connection) and ${blocked.stream_flow_control} (stream)`,
  ];
  return ["", `What held the ${transport} ${direction} up, in times: ${times.join(", ")}.`];
}

function aggregation(each: Aggregation): string {
  const what = each.transport === undefined ? each.direction : `${each.transport} ${each.direction}`;
  return `Aggregation, ${what}: efficiency ${each.efficiency.toFixed(2)} (of the sum of ${
    formatCount(each.singles, "single path")
  }, ${formatRate(each.sum_of_singles_bps)}), benefit ${formatBenefit(each.benefit)} (0 is the best ` +
    `single path, ${formatRate(each.best_single_bps)}; 1 the sum).`;
}
