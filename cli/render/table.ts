/** A column: its heading, and on which side its cells stand. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

const segmenter = new Intl.Segmenter();
// deno-lint-ignore no-control-regex
const ESCAPES = /\x1b\[[0-9;]*m/g;

/** How many columns a text takes on a terminal; colours take none. */
export function width(text: string): number {
  let count = 0;
  for (const _ of segmenter.segment(text.replace(ESCAPES, ""))) count++;
  return count;
}

/** A text filled with blanks up to a width. */
export function pad(text: string, columns: number, align: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, columns - width(text)));
  return align === "left" ? text + blanks : blanks + text;
}

/** Rows under headings, columns two blanks apart, no trailing blanks. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent: string = "",
): string {
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...rows.map((row) => width(row[index] ?? "")))
  );
  const line = (cells: readonly string[]): string =>
    indent + columns.map((column, i) => pad(cells[i] ?? "", widths[i]!, column.align)).join("  ").trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)].join("\n");
}
