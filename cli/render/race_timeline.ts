import { formatCount, formatDuration } from "../../lib/base/units.ts";
import type { RaceAttemptJson, RaceQueryJson, RaceRound } from "../../lib/race/mod.ts";
import type { Painter } from "./paint.ts";
import { pad, width } from "./table.ts";

/** What a row says behind its bar. */
interface Row {
  readonly label: string;
  readonly startMs: number | null;
  readonly endMs: number | null;
  /** When a further handshake began; null or absent where there is none. */
  readonly progressMs?: number | null;
  readonly line: string;
  readonly end: string;
  readonly note: string;
  readonly paint: (text: string) => string;
}

/** Candidates without an attempt that are shown; a name can have hundreds. */
const MAX_NOT_STARTED = 4;

/** The least that a bar can be seen in, and what stands between the columns. */
const MIN_BAR = 10;
const GAP = 2;

/** A label or a note takes at most this part of the width. */
const LABEL_SHARE = 0.45;
const NOTE_SHARE = 0.3;

/** Columns from one mark of the axis to the next, at least. */
const TICK_COLUMNS = 11;

/**
 * A round as rows of bars on one time axis: a row for each DNS query, then one for each attempt.
 *
 * @param round The round.
 * @param paint Colours.
 * @param columns The width of the terminal.
 * @param all Whether every candidate that was not started is shown.
 */
export function raceTimeline(
  round: RaceRound,
  paint: Painter,
  columns: number,
  all: boolean,
): readonly string[] {
  const started = round.attempts.filter(({ start_ms }) => start_ms !== null);
  const others = round.attempts.filter(({ start_ms }) => start_ms === null);
  const shown = all ? others : others.slice(0, MAX_NOT_STARTED);
  const left = others.length - shown.length;
  const rows = [
    ...round.dns.map((query) => queryRow(query, paint)),
    ...[...started, ...shown].map((attempt) => attemptRow(attempt, paint)),
  ];
  if (rows.length === 0) return [];
  const endMs = Math.max(1, round.duration_ms, ...rows.map((row) => row.endMs ?? 0));
  const labels = Math.min(
    Math.floor(columns * LABEL_SHARE),
    Math.max(...rows.map(({ label }) => width(label))),
  );
  const notes = Math.min(
    Math.floor(columns * NOTE_SHARE),
    Math.max(...rows.map(({ note }) => width(note))),
    Math.max(0, columns - labels - MIN_BAR - 2 * GAP),
  );
  const bar = Math.max(MIN_BAR, columns - labels - notes - 2 * GAP);
  return [
    paint.dim(`${" ".repeat(labels + GAP)}${axis(endMs, bar)}`.trimEnd()),
    ...rows.map((row) =>
      [
        pad(cut(row.label, labels), labels + GAP),
        barOf(row, endMs, bar),
        " ".repeat(GAP),
        row.paint(cutEnd(row.note, notes)),
      ].join("").trimEnd()
    ),
    ...(left > 0 ? [paint.dim(`${formatCount(left, "more candidate")} not started`)] : []),
  ];
}

function queryRow(query: RaceQueryJson, paint: Painter): Row {
  const { type, name, status, answers, services, start_ms, end_ms, reason } = query;
  const row = { label: `${pad(type, 5)} ${name}`, startMs: start_ms, endMs: end_ms, line: "─" };
  switch (status) {
    case "positive": {
      const aliases = services.filter(({ priority }) => priority === 0).length;
      const note = aliases > 0
        ? `alias to ${services[0]?.target}`
        : services.length > 0
        ? formatCount(services.length, "service")
        : formatCount(answers.length, "address", "addresses");
      return { ...row, end: "●", note, paint: same };
    }
    case "no-data":
      return { ...row, end: "○", note: "none", paint: same };
    case "no-name":
      return { ...row, end: "○", note: "no such name", paint: same };
    case "failed":
      return { ...row, end: "✗", note: short(reason ?? "failed"), paint: paint.warn };
    case "cancelled":
      return { ...row, end: "┄", note: "not awaited", paint: paint.dim };
    default:
      return status satisfies never;
  }
}

function attemptRow(attempt: RaceAttemptJson, paint: Painter): Row {
  const { outcome, start_ms, end_ms, connect_ms } = attempt;
  const handshake = connect_ms === null ? "" : ` ${formatDuration(connect_ms)}`;
  const row = {
    label: attemptLabel(attempt),
    startMs: start_ms,
    endMs: end_ms,
    progressMs: attempt.progress_ms,
    line: "━",
  };
  switch (outcome) {
    case "won":
      return { ...row, end: "✓", note: `won${handshake}`, paint: paint.ok };
    case "lost":
      return { ...row, end: "○", note: `lost${handshake}`, paint: same };
    case "failed":
      return { ...row, end: "✗", note: failure(attempt), paint: paint.fail };
    case "cancelled":
      return { ...row, end: "┄", note: "given up", paint: paint.dim };
    case "not-started":
      return { ...row, end: "", note: "not started", paint: paint.dim };
    default:
      return outcome satisfies never;
  }
}

/** Number, transport, address and, where there is one, interface. */
function attemptLabel({ index, transport, connect_to, interface: name }: RaceAttemptJson): string {
  return `${index + 1} ${pad(transport, 5)} ${connect_to}${name === null ? "" : ` ${name}`}`;
}

const FAILURES: Readonly<Record<string, string>> = {
  ERR_REFUSED: "refused",
  ERR_TIMED_OUT: "no answer",
  ERR_UNREACHABLE: "unreachable",
  ERR_NO_ROUTE: "no route",
  ERR_RESET: "reset",
  ERR_TLS: "TLS failed",
  ERR_ADDRESS_NOT_LOCAL: "address lost",
  ERR_MPTCP_UNSUPPORTED: "no MPTCP here",
  ERR_MPTCP_DISABLED: "no MPTCP here",
};

/** Why an attempt failed, in two words. */
export function failure({ error }: Pick<RaceAttemptJson, "error">): string {
  if (error === null) return "failed";
  return FAILURES[error.code] ?? error.code.replace(/^ERR_/, "").toLowerCase().replaceAll("_", " ");
}

function barOf(
  { startMs, endMs, progressMs, line, end, paint }: Row,
  scaleMs: number,
  columns: number,
): string {
  if (startMs === null || endMs === null) return " ".repeat(columns);
  const from = Math.min(columns - 1, Math.round(startMs / scaleMs * (columns - 1)));
  const to = Math.min(columns - 1, Math.max(from, Math.round(endMs / scaleMs * (columns - 1))));
  const done = progressMs === null || progressMs === undefined
    ? to
    : Math.min(to, Math.max(from, Math.round(progressMs / scaleMs * (columns - 1))));
  const bar = done < to
    ? `${line.repeat(done - from)}┿${line.repeat(to - done - 1)}`
    : line.repeat(to - from);
  return " ".repeat(from) + paint(bar + end) + " ".repeat(columns - to - 1);
}

/** Marks at round times, each above its column. */
function axis(scaleMs: number, columns: number): string {
  const step = niceStep(scaleMs, Math.max(2, Math.floor(columns / TICK_COLUMNS)));
  let text = "";
  for (let ms = 0; ms <= scaleMs; ms += step) {
    const at = Math.round(ms / scaleMs * (columns - 1));
    const label = ms === 0 ? "0" : formatDuration(ms).replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " ");
    const begin = ms === 0 ? 0 : Math.min(at, columns - label.length);
    if (begin > 0 && begin < text.length + 1) break;
    text = text.padEnd(begin) + label;
  }
  return text;
}

/** 1, 2 or 5 times a power of ten: at most `count` of them fit into the scale. */
export function niceStep(scaleMs: number, count: number): number {
  for (let power = 10 ** Math.floor(Math.log10(scaleMs / count));; power *= 10) {
    for (const factor of [1, 2, 5]) {
      if (factor * power * count >= scaleMs) return factor * power;
    }
  }
}

function short(reason: string): string {
  return reason.replace(/^Cannot .*?: /, "");
}

/** A text of at most so many columns; what is too long loses its middle, for both ends of an address count. */
function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const keep = Math.max(0, columns - 1);
  const head = Math.ceil(keep / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (keep - head))}`;
}

/** As {@linkcode cut}; of words the beginning says most. */
function cutEnd(text: string, columns: number): string {
  return width(text) <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}

function same(text: string): string {
  return text;
}
