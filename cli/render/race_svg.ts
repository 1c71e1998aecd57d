import { formatDuration } from "../../lib/base/units.ts";
import type { RaceAttemptJson, RaceQueryJson, RaceResult, RaceRound } from "../../lib/race/mod.ts";
import { failure, niceStep } from "./race_timeline.ts";
import { element, escapeXml, textElement } from "./svg.ts";

/** Sizes in pixels. */
const WIDTH = 960;
const MARGIN = 20;
const ROW = 24;
const BAR = 12;
const TITLE = 30;
const LINE = 18;
const AXIS = 30;
/** What a character of a monospaced font of 12 pixels takes. */
const CHARACTER = 7.3;
/** The shortest bar that can be seen. */
const LEAST_BAR = 2;
/** From one mark of the axis to the next, at least. */
const TICK = 90;

/** Characters of a label and of a note; a longer one loses its middle. */
const LABEL_CHARACTERS = 48;
const NOTE_CHARACTERS = 22;

/** Rows of attempts; a name can have hundreds of addresses. */
const MAX_ROWS = 64;

/** How wide a line of text may be, in characters. */
const LINE_CHARACTERS = 120;

/** How a bar is drawn: each kind has a pattern of its own, so that it can be told without colours. */
type Look = "query" | "silent-query" | "won" | "lost" | "failed" | "cancelled";

interface Row {
  readonly label: string;
  readonly look: Look;
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly note: string;
  /** What a pointer that rests on the bar shows. */
  readonly title: string;
}

const LOOKS: Readonly<Record<Look, Readonly<Record<string, string | number>>>> = {
  query: { fill: "#d0d7de", stroke: "#57606a" },
  "silent-query": { fill: "#ffffff", stroke: "#57606a", "stroke-dasharray": "3 2" },
  won: { fill: "#1a7f37", stroke: "#0b3d1a" },
  lost: { fill: "url(#lost)", stroke: "#0b3d1a" },
  failed: { fill: "url(#failed)", stroke: "#a40e26" },
  cancelled: { fill: "#ffffff", stroke: "#24292f", "stroke-dasharray": "5 3" },
};

const WORDS: readonly (readonly [Look, string])[] = [
  ["query", "DNS query"],
  ["won", "won"],
  ["lost", "connected later"],
  ["failed", "failed"],
  ["cancelled", "given up"],
];

const PATTERNS = `<defs>
<pattern id="lost" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#ffffff"/><rect width="3" height="6" fill="#4ac26b"/></pattern>
<pattern id="failed" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#ffffff"/><path d="M0 0L6 6M6 0L0 6" stroke="#cf222e" stroke-width="1.4"/></pattern>
</defs>`;

/**
 * One round of a race as a picture: a row for each DNS query and each attempt, with bars on one time axis, and
 * what it was measured with. An SVG that needs nothing else, is readable without colours, and in which whatever
 * a server said is only text.
 *
 * @param result The race.
 * @param index The round, from 0. @default {0}
 * @returns The content of an `.svg` file.
 */
export function raceSvg(result: RaceResult, index: number = 0): string {
  const round = result.rounds[index];
  const started = round?.attempts.filter(({ start_ms }) => start_ms !== null) ?? [];
  const others = (round?.attempts.length ?? 0) - started.length;
  const rows = [
    ...(round?.dns ?? []).slice(0, MAX_ROWS).map(queryRow),
    ...started.slice(0, MAX_ROWS).map(attemptRow),
  ];
  const left = others + Math.max(0, started.length - MAX_ROWS);
  const head = headLines(result, index);
  const endMs = Math.max(1, round?.duration_ms ?? 0, ...rows.map((row) => row.endMs ?? 0));
  const labels = MARGIN + CHARACTER * Math.max(12, ...rows.map(({ label }) => label.length)) + 8;
  const notes = CHARACTER * Math.max(8, ...rows.map(({ note }) => note.length)) + 8;
  const bars = { x: labels, width: WIDTH - MARGIN - labels - notes };
  const top = MARGIN + TITLE + head.length * LINE + AXIS;
  const bottom = top + rows.length * ROW;
  const scale = (ms: number): number => bars.x + bars.width * Math.min(1, ms / endMs);
  const foot = footLines(result, round, left);
  const height = bottom + ROW + LINE + foot.length * LINE + MARGIN;
  const title = `mpt race ${result.target.host}:${result.target.port}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="12" xml:space="preserve">`,
    `<title>${escapeXml(title)}</title>`,
    PATTERNS,
    element("rect", { width: WIDTH, height, fill: "#ffffff" }),
    textElement(MARGIN, MARGIN + 14, cut(title, 80), { "font-size": 18, "font-weight": "bold" }),
    ...head.map((line, at) => textElement(MARGIN, MARGIN + TITLE + 12 + at * LINE, line)),
    ...ticks(endMs, bars.width).map((ms) => tick(scale(ms), ms, top, bottom)),
    ...rows.map((row, at) => rowElements(row, top + at * ROW, scale)),
    element("path", {
      d: `M${bars.x} ${top}V${bottom}H${bars.x + bars.width}`,
      fill: "none",
      stroke: "#24292f",
    }),
    legend(bottom + ROW),
    ...foot.map((line, at) =>
      textElement(MARGIN, bottom + ROW + LINE + 12 + at * LINE, line, { fill: "#57606a" })
    ),
    "</svg>\n",
  ].join("\n");
}

function headLines({ verdicts, rounds }: RaceResult, index: number): readonly string[] {
  const many = rounds.length > 1 ? [`round ${index + 1} of ${rounds.length}`] : [];
  return [...verdicts.slice(0, 8).map(({ level, text }) => `${MARKS[level]} ${text}`), ...many].flatMap((
    line,
  ) => wrapped(line));
}

const MARKS = { ok: "+", warn: "!", fail: "x", unknown: "?", info: "-" } as const;

function footLines(
  { tool, host, algorithm, constants, servers, network }: RaceResult,
  round: RaceRound | undefined,
  left: number,
): readonly string[] {
  const ms = (name: string): string => `${constants[name]?.value ?? "?"} ms`;
  const families = [network.ipv6 ? "IPv6" : null, network.ipv4 ? "IPv4" : null].filter((each) =>
    each !== null
  );
  return [
    ...(left > 0
      ? [`${left} more ${left === 1 ? "candidate" : "candidates"} not shown: no attempt was made`]
      : []),
    `${algorithm === "hev3" ? "draft-ietf-happy-happyeyeballs-v3" : "RFC 8305"}: resolution delay ${
      ms("resolution_delay_ms")
    }, attempt delay ${ms("attempt_delay_ms")}; this host has ${families.join(" and ") || "no address"}`,
    `${tool.name} ${tool.version}, ${host.os} ${host.kernel ?? ""}, Deno ${host.deno}; ${
      round?.started_at ?? ""
    }; DNS ${servers.join(", ") || "not asked"}`,
  ].flatMap((line) => wrapped(line));
}

function queryRow({ type, name, status, start_ms, end_ms, answers, services }: RaceQueryJson): Row {
  const count = services.length + answers.length;
  const notes = {
    positive: `${count} ${services.length > 0 ? "service" : "address"}${
      count === 1 ? "" : services.length > 0 ? "s" : "es"
    }`,
    "no-data": "none",
    "no-name": "no such name",
    failed: "failed",
    cancelled: "not awaited",
  };
  return {
    label: cut(`${type.padEnd(5)} ${name}`, LABEL_CHARACTERS),
    look: status === "cancelled" || status === "failed" ? "silent-query" : "query",
    startMs: start_ms,
    endMs: end_ms,
    note: cut(notes[status], NOTE_CHARACTERS),
    title: `${type} ${name}: ${
      [...answers.slice(0, 20), ...services.map(({ target }) => target)].join(", ")
    }`,
  };
}

function attemptRow(attempt: RaceAttemptJson): Row {
  const { index, transport, connect_to, interface: name, outcome, connect_ms, error } = attempt;
  const handshake = connect_ms === null ? "" : ` ${formatDuration(connect_ms)}`;
  const look = outcome === "not-started" ? "cancelled" : outcome;
  const notes = {
    won: `won${handshake}`,
    lost: `lost${handshake}`,
    failed: failure(attempt),
    cancelled: "given up",
  };
  return {
    label: cut(
      `${index + 1} ${transport.padEnd(5)} ${connect_to}${name === null ? "" : ` ${name}`}`,
      LABEL_CHARACTERS,
    ),
    look,
    startMs: attempt.start_ms,
    endMs: attempt.end_ms,
    note: cut(notes[look], NOTE_CHARACTERS),
    title: `attempt ${index + 1}: ${transport} ${connect_to} port ${attempt.port}, started at ${
      attempt.start_ms ?? "-"
    } ms, ${outcome} at ${attempt.end_ms ?? "-"} ms${error === null ? "" : `: ${error.message}`}`,
  };
}

function rowElements(row: Row, y: number, scale: (ms: number) => number): string {
  const middle = y + ROW / 2;
  const from = scale(row.startMs ?? 0);
  const to = Math.max(from + LEAST_BAR, scale(row.endMs ?? row.startMs ?? 0));
  return element(
    "g",
    {},
    textElement(MARGIN, middle + 4, row.label),
    element(
      "rect",
      { x: from, y: middle - BAR / 2, width: to - from, height: BAR, ...LOOKS[row.look] },
      `<title>${escapeXml(row.title)}</title>`,
    ),
    textElement(to + 6, middle + 4, row.note, row.look === "won" ? { "font-weight": "bold" } : {}),
  );
}

/** A line through all rows, and its time above them. */
function tick(x: number, ms: number, top: number, bottom: number): string {
  return element("path", { d: `M${Math.round(x) + 0.5} ${top}V${bottom}`, stroke: "#d8dee4" }) +
    textElement(x, top - 8, ms === 0 ? "0 ms" : `${Math.round(ms * 1000) / 1000}`, {
      "text-anchor": "middle",
    });
}

function ticks(endMs: number, width: number): readonly number[] {
  const step = niceStep(endMs, Math.max(1, Math.floor(width / TICK)));
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, at) => at * step);
}

function legend(y: number): string {
  let x = MARGIN;
  const parts: string[] = [];
  for (const [look, word] of WORDS) {
    parts.push(
      element("rect", { x, y: y - 4, width: 26, height: BAR, ...LOOKS[look] }),
      textElement(x + 32, y + 6, word),
    );
    x += 32 + CHARACTER * word.length + 24;
  }
  return parts.join("\n");
}

function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const head = Math.ceil((characters - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (characters - 1 - head))}`;
}

/** A sentence in lines of at most {@linkcode LINE_CHARACTERS}. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const next = line === "" ? word : `${line} ${word}`;
    if (next.length > LINE_CHARACTERS && line !== "") {
      lines.push(cut(line, LINE_CHARACTERS));
      line = `  ${word}`;
    } else line = next;
  }
  return [...lines, cut(line, LINE_CHARACTERS)];
}
