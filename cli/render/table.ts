/** A column: its heading, and on which side its cells stand. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Says what a row is about: where a table is too wide for its terminal, each part of it has this column. */
  readonly key?: boolean;
}

/** Made when it is needed: the runtime loads its tables for it. */
let segmenter: Intl.Segmenter | undefined;
// deno-lint-ignore no-control-regex
const ESCAPES = /\x1b\[[0-9;]*m/g;

/** How many columns a text takes on a terminal; colours take none. */
export function width(text: string): number {
  const plain = text.replace(ESCAPES, "");
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(plain)) return plain.length;
  let count = 0;
  segmenter ??= new Intl.Segmenter();
  for (const _ of segmenter.segment(plain)) count++;
  return count;
}

/** A text filled with blanks up to a width. */
export function pad(text: string, columns: number, align: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, columns - width(text)));
  return align === "left" ? text + blanks : blanks + text;
}

/** What stands between two columns. */
const GAP = "  ";

/**
 * Rows under headings, columns two blanks apart, no trailing blanks.
 *
 * @param indent Stands in front of each line.
 * @param most How wide a line may be: the columns of a wider table come in parts, one below the other.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent: string = "",
  most: number = Infinity,
): string {
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...rows.map((row) => width(row[index] ?? "")))
  );
  return parts(columns, widths, most - indent.length).flatMap((part) => {
    const line = (cells: readonly string[]): string =>
      indent + part.map((i) => pad(cells[i] ?? "", widths[i]!, columns[i]!.align)).join(GAP).trimEnd();
    return [line(columns.map((column) => column.title)), ...rows.map(line)];
  }).join("\n");
}

/** The columns of each part, by number: keys and as many others as fit, at least one. */
function parts(
  columns: readonly Column[],
  widths: readonly number[],
  most: number,
): readonly (readonly number[])[] {
  const all = [...columns.keys()];
  const isKey = (index: number): boolean => columns[index]!.key === true;
  const taken = (part: readonly number[]): number =>
    part.reduce((sum, index) => sum + GAP.length + widths[index]!, -GAP.length);
  if (taken(all) <= most) return [all];
  const keys = all.filter(isKey);
  const found: number[][] = [];
  let own: number[] = [];
  for (const index of all.filter((each) => !isKey(each))) {
    if (own.length > 0 && taken([...keys, ...own, index]) > most) {
      found.push(own);
      own = [];
    }
    own.push(index);
  }
  return [...found, own].map((part) => all.filter((index) => isKey(index) || part.includes(index)));
}
