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

/** One entry of the catalogue for people. */
export function renderExplanation(
  entry: CatalogueEntry & { readonly code: string },
  paint: Painter,
): string {
  const parts: readonly (readonly [string, string | null])[] = [
    ["you see", entry.seen],
    ["why", entry.why],
    ["evidence", entry.evidence],
    ["fix", entry.fix === null ? null : fill(entry.fix, "HOST", undefined)],
  ];
  return [
    `${mark(entry.level, paint)} ${paint.bold(entry.code)}: ${sentence(entry)}`,
    ...parts.flatMap(([name, text]) =>
      text === null ? [] : ["", `${pad(name, 8)}  ${wrapped(text, 10, 100)}`]
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
  return fill(entry.sentence, "the target", undefined);
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
