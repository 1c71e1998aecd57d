import type { Verdict } from "../../lib/base/result.ts";
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from "../../lib/base/units.ts";
import type { DirectionJson, LabJson, LabPathJson, QuantilesJson } from "../lab/status_json.ts";
import { middleboxTable } from "./lab_changes.ts";
import type { Painter } from "./paint.ts";
import { renderVerdicts } from "./probe.ts";
import { table } from "./table.ts";

/** The labs for people: what holds in words, then each path in both directions. */
export function renderLabs(
  labs: readonly LabJson[],
  verdicts: readonly Verdict[],
  paint: Painter,
  verbose: boolean,
): string {
  return [
    ...renderVerdicts(verdicts, paint, verbose),
    ...labs.flatMap((lab) => ["", ...renderLab(lab, labs.length > 1, paint, verbose)]),
  ].join("\n");
}

function renderLab(lab: LabJson, named: boolean, paint: Painter, verbose: boolean): readonly string[] {
  return [
    ...(named ? [`${lab.name}:`] : []),
    pathTable(lab.paths, paint),
    ...(verbose ? ["", counterTable(lab.paths, paint)] : []),
    ...(lab.middleboxes.length === 0 ? [] : ["", middleboxTable(lab.middleboxes)]),
    ...(lab.servers.length === 0 ? [] : [""]),
    ...lab.servers.map((server) =>
      `on the server: ${server.command}${server.ended === null ? "" : paint.warn(` (${server.ended})`)}`
    ),
    ...(verbose ? ["", paint.dim(`made ${lab.created_at}, owner is process ${lab.owner_pid}`)] : []),
  ];
}

function pathTable(paths: readonly LabPathJson[], paint: Painter): string {
  const rows = paths.flatMap((path) =>
    (["up", "down"] as const).map((way) => {
      const direction = path[way];
      const first = way === "up";
      return [
        first ? path.name : "",
        first ? path.link : "",
        first ? state(path, paint) : "",
        way,
        ...asked(direction.asked),
        direction.rate_bps === null ? "-" : formatRate(direction.rate_bps),
        span(direction.delay_ms),
        first ? roundTrip(path) : "",
        lost(direction),
        span(direction.lateness_ms),
      ];
    })
  );
  return table(
    [
      { title: "PATH", key: true },
      { title: "LINK" },
      { title: "STATE" },
      { title: "WAY", key: true },
      { title: "ASKED RATE", align: "right" },
      { title: "DELAY", align: "right" },
      { title: "LOSS", align: "right" },
      { title: "MEASURED RATE", align: "right" },
      { title: "DELAY p50/p99", align: "right" },
      { title: "RTT", align: "right" },
      { title: "LOST", align: "right" },
      { title: "LATE p50/p99", align: "right" },
    ],
    rows,
    "",
    paint.columns,
  );
}

function state(path: LabPathJson, paint: Painter): string {
  if (path.state === "down") return paint.fail("down");
  if (path.address === "removed") return paint.fail("no address");
  if (path.up.asked.blackhole || path.down.asked.blackhole) return paint.fail("black hole");
  return path.backup ? "up, backup" : "up";
}

function asked({ rate_bps, delay_ms, jitter_ms, loss, burst_packets }: DirectionJson["asked"]): string[] {
  const jitter = jitter_ms === 0 ? "" : ` ±${jitter_ms}`;
  const burst = burst_packets === null || loss === 0 ? "" : ` by ${burst_packets}`;
  return [
    rate_bps === null ? "any" : formatRate(rate_bps),
    `${delay_ms}${jitter} ms`,
    `${formatPercent(loss)}${burst}`,
  ];
}

function span(quantiles: QuantilesJson | null): string {
  return quantiles === null ? "-" : `${formatDuration(quantiles.p50)} / ${formatDuration(quantiles.p99)}`;
}

function roundTrip({ rtt_ms }: LabPathJson): string {
  return rtt_ms === null ? "no answer" : formatDuration(rtt_ms);
}

/** Losses among all that were on the link; what the queue dropped never was. */
function lost(direction: DirectionJson): string {
  const { packets, dropped_by_loss, dropped_by_blackhole } = direction;
  if (dropped_by_loss === null && dropped_by_blackhole === null) return "-";
  const gone = (dropped_by_loss ?? 0) + (dropped_by_blackhole ?? 0);
  const all = packets + gone;
  return all === 0 ? "0 of 0" : `${formatCount(gone)} of ${formatCount(all)}`;
}

function counterTable(paths: readonly LabPathJson[], paint: Painter): string {
  const rows = paths.flatMap((path) =>
    (["up", "down"] as const).map((way) => {
      const { packets, bytes, dropped_by_queue, dropped_by_loss, dropped_by_blackhole } = path[way];
      const counts = [dropped_by_queue, dropped_by_loss, dropped_by_blackhole, path[way].dropped_by_overload];
      return [
        path.name,
        way,
        formatCount(packets),
        formatBytes(bytes),
        ...counts.map((count) => count === null ? "-" : formatCount(count)),
      ];
    })
  );
  const titles = ["PACKETS", "BYTES", "DROPPED BY QUEUE", "BY LOSS", "BY BLACK HOLE", "BY OVERLOAD"];
  return table(
    [
      { title: "PATH", key: true },
      { title: "WAY", key: true },
      ...titles.map((title) => ({ title, align: "right" as const })),
    ],
    rows,
    "",
    paint.columns,
  );
}
