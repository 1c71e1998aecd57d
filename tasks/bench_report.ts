/**
 * The tables of `deno task bench`: pure text from samples.
 *
 * @module
 */
import { median } from "../lib/base/statistics.ts";

/** What a figure is wanted to be. */
export interface Target {
  /** In words: `at least 0.9 of iperf3`. */
  readonly text: string;
  /** Whether the medians are so. */
  readonly met: boolean;
}

/** What one program did in the runs of a row. */
export interface Samples {
  /** One figure a run, in the unit of the row. */
  readonly figures: readonly number[];
  /** Processor time of both ends in seconds per gigabyte, one a run; empty where it was not measured. */
  readonly cpuSecondsPerGb: readonly number[];
}

/** One measurement, made by mpt and beside it by its peers. */
export interface Row {
  /** What was measured: `mptcp download`. */
  readonly what: string;
  /** The unit of the figures: `Mbit/s`; empty for a plain number. */
  readonly unit: string;
  readonly mpt: Samples;
  /** In the order of the section's peers. */
  readonly peers: readonly Samples[];
  readonly target: Target | null;
}

/** Measurements that belong together. */
export interface Section {
  readonly title: string;
  /** How it was measured, in a sentence or two. */
  readonly text: string;
  /** The programs beside mpt. */
  readonly peers: readonly string[];
  readonly rows: readonly Row[];
}

/** No samples: the program was not run. */
export const NONE: Samples = { figures: [], cpuSecondsPerGb: [] };

/**
 * A section as Markdown.
 *
 * @param section What was measured.
 * @returns A heading, the text and a table.
 */
export function renderSection(section: Section): string {
  const { title, text, peers, rows } = section;
  const withCpu = rows.some((row) => row.mpt.cpuSecondsPerGb.length > 0);
  const head = [
    "",
    "unit",
    "mpt",
    ...peers,
    ...peers.map((peer) => `mpt / ${peer}`),
    ...(withCpu ? ["mpt", ...peers].map((name) => `CPU s/GB, ${name}`) : []),
    "target",
    "met",
  ];
  const body = rows.map((row) => [
    row.what,
    row.unit,
    figure(row.mpt.figures),
    ...row.peers.map((peer) => figure(peer.figures)),
    ...row.peers.map((peer) => ratioText(row.mpt.figures, peer.figures)),
    ...(withCpu ? [row.mpt, ...row.peers].map((each) => middle(each.cpuSecondsPerGb)) : []),
    row.target?.text ?? "-",
    row.target === null ? "-" : row.target.met ? "yes" : "**no**",
  ]);
  return `## ${title}\n\n${text}\n\n${markdownTable([head, ...body])}`;
}

/**
 * The median of one program over that of another.
 *
 * @returns NaN where one of them has no samples.
 */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
  return (median(ours) ?? NaN) / (median(theirs) ?? NaN);
}

/** A wish for the smallest median. */
export function atLeast(ours: Samples, least: number, unit: string): Target {
  return { text: `≥ ${least} ${unit}`.trimEnd(), met: (median(ours.figures) ?? NaN) >= least };
}

/** A wish for a median below a limit. */
export function below(ours: Samples, limit: number, unit: string): Target {
  return { text: `< ${limit} ${unit}`, met: (median(ours.figures) ?? NaN) < limit };
}

/** A wish for the smallest ratio of two medians. */
export function atLeastRatio(ours: Samples, theirs: Samples, least: number, of: string): Target {
  return { text: `≥ ${least} of ${of}`, met: ratio(ours.figures, theirs.figures) >= least };
}

/** A wish for the largest ratio of two medians. */
export function atMostRatio(ours: Samples, theirs: Samples, most: number, of: string): Target {
  return { text: `≤ ${most} of ${of}`, met: ratio(ours.figures, theirs.figures) <= most };
}

/** Median and range, three digits each; a dash without samples. */
export function figure(samples: readonly number[]): string {
  if (samples.length === 0) return "-";
  return `${middle(samples)} (${digits(Math.min(...samples))} to ${digits(Math.max(...samples))})`;
}

/** The median; a dash without samples. */
export function middle(samples: readonly number[]): string {
  const value = median(samples);
  return value === null ? "-" : digits(value);
}

/** The ratio of two medians; a dash where there is none. */
export function ratioText(ours: readonly number[], theirs: readonly number[]): string {
  const value = ratio(ours, theirs);
  return Number.isNaN(value) ? "-" : value.toFixed(2);
}

/** Three significant digits, and never an exponent. */
function digits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : value >= 1 ? 2 : 3);
}

/** Columns as wide as their widest cell, which is how `deno fmt` has them. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length), 3));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  const [head, ...body] = rows.map(line);
  return [head, rule, ...body].join("\n");
}
