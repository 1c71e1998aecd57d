import { width } from "./table.ts";

/**
 * A text in lines of so many columns, broken between words; a longer word has a line of its own.
 *
 * @param text Words.
 * @param columns The width of a line; `Infinity` breaks none.
 * @param indent How far every line but the first is to be indented, as the first one is by whatever is before it.
 * @param style Puts colour on each line.
 */
export function wrap(
  text: string,
  columns: number,
  indent: number = 0,
  style: (line: string) => string = (line) => line,
): string {
  const lines: string[] = [];
  let line: string | null = null;
  for (const word of text.split(" ")) {
    if (line !== null && indent + width(line) + 1 + width(word) > columns) {
      lines.push(style(line));
      line = word;
    } else line = line === null ? word : `${line} ${word}`;
  }
  return [...lines, style(line ?? "")].join(`\n${" ".repeat(indent)}`);
}
