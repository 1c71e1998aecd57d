import { type CatalogueEntry, fill } from "../../lib/mptcp/diagnosis/catalogue.ts";
import { CHAPTERS } from "../catalogue.ts";
import type { Painter } from "./paint.ts";
import { mark } from "./probe.ts";
import { pad } from "./table.ts";
import { wrap } from "./wrap.ts";

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
      text === null ? [] : ["", `${pad(name, 8)}  ${wrap(text, width, 10)}`]
    ),
  ].join("\n");
}

/** All codes, chapter by chapter. */
export function renderCodes(paint: Painter): string {
  const longest = Math.max(
    ...CHAPTERS.flatMap(({ entries }) => [...entries.keys()].map((code) => code.length)),
  );
  return CHAPTERS.map(({ title, entries }) =>
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
