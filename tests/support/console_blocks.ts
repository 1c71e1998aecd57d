/** A command of a document, and what the document says that it prints. */
export interface ShownCommand {
  /** The shell command behind `$ `. */
  readonly command: string;
  /** The lines below it. */
  readonly output: readonly string[];
}

/**
 * The commands in the `console` blocks of a document, by the heading that they stand under.
 *
 * @param markdown The document.
 * @returns The headings without their `#`, in their order.
 */
export function consoleBlocks(markdown: string): ReadonlyMap<string, readonly ShownCommand[]> {
  const found = new Map<string, ShownCommand[]>();
  let heading = "";
  let inside = false;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) inside = !inside && line === "```console";
    else if (!inside) heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    else if (line.startsWith("$ ")) {
      const commands = found.get(heading) ?? [];
      found.set(heading, [...commands, { command: line.slice(2), output: [] }]);
    } else {
      const commands = found.get(heading) ?? [];
      const last = commands.pop();
      if (last !== undefined) found.set(heading, [...commands, { ...last, output: [...last.output, line] }]);
    }
  }
  return found;
}

/**
 * A pattern for a line that a document shows: numbers, the digits of a unit's prefix, sparklines and the width
 * of columns may differ; `...` stands for anything.
 *
 * @param line A line of output.
 */
export function shownLine(line: string): RegExp {
  const pattern = line.trim()
    .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
    // A number with its unit; the one in an address or a name is text.
    .replaceAll(
      /(?<![\w.:=-])\d[\d,]*(?:\\\.\d+)?(?![\w:]|\\\.\d)(?: (?:[kMG]?B|[kMG]?bit\/s|m?s)(?!\w))?/g,
      NUMBER,
    )
    .replaceAll(/[▁-█]+/g, "[▁-█]*")
    .replaceAll(/ ?\\\.\\\.\\\./g, ".*")
    .replaceAll(/ {2,}/g, " +");
  return new RegExp(`^ *${pattern}$`, "m");
}

const NUMBER = "-?\\d[\\d.,]*(?: (?:[kMG]?B|[kMG]?bit/s|m?s))?";
