import {
  type CatalogueEntry,
  type CatalogueStage,
  fill,
  STAGES,
} from "../../lib/mptcp/diagnosis/catalogue.ts";
import { QUIC_CATALOGUE } from "../../lib/probe/quic/catalogue.ts";
import { RACE_CATALOGUE } from "../../lib/race/catalogue.ts";
import type { Painter } from "./paint.ts";
import { mark } from "./probe.ts";
import { pad } from "./table.ts";

/** Longer lines are hard to read, and in shorter ones hardly a word fits beside its heading. */
const TEXT_COLUMNS = 100;
const MIN_COLUMNS = 40;

/** One entry of the catalogue for people, in lines of at most so many columns. */
export function renderExplanation(
  entry: CatalogueEntry & { readonly code: string },
  paint: Painter,
  columns: number = TEXT_COLUMNS,
): string {
  const width = Math.max(MIN_COLUMNS, Math.min(TEXT_COLUMNS, columns));
  const parts: readonly (readonly [string, string | null])[] = [
    ["you see", entry.seen],
    ["why", entry.why],
    ["evidence", entry.evidence],
    ["fix", entry.fix === null ? null : fill(entry.fix, "HOST", undefined)],
  ];
  return [
    `${mark(entry.level, paint)} ${paint.bold(entry.code)}: ${sentence(entry)}`,
    ...parts.flatMap(([name, text]) =>
      text === null ? [] : ["", `${pad(name, 8)}  ${wrapped(text, 10, width)}`]
    ),
  ].join("\n");
}

const ALL: readonly CatalogueStage[] = [
  ...STAGES,
  { title: "QUIC and multipath QUIC", entries: new Map(Object.entries(QUIC_CATALOGUE)) },
  { title: "Races (mpt race)", entries: new Map(Object.entries(RACE_CATALOGUE)) },
];

/** All codes by the stage of a connection. */
export function renderCodes(paint: Painter): string {
  const longest = Math.max(
    ...ALL.flatMap(({ entries }) => [...entries.keys()].map((code) => code.length)),
  );
  return ALL.map(({ title, entries }) =>
    [
      paint.bold(`${title}:`),
      ...[...entries].map(([code, entry]) => `  ${pad(code, longest)}  ${sentence(entry)}`),
    ].join("\n")
  ).join("\n\n");
}

function sentence(entry: CatalogueEntry): string {
  const text = fill(entry.sentence, "the target", undefined);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** A text in lines of at most `columns`, each after the first indented. */
function wrapped(text: string, indent: number, columns: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}
