/**
 * Code blocks in documentation. `deno test --doc` checks the types of every block in TypeScript and
 * runs it, unless it is marked `ignore`. Here a block may also be marked `no-run`: its types are
 * checked, but it is not run, because it would need a network or a server.
 *
 * @module
 */

/** The beginning of a block that `deno test --doc` takes for a test. */
const TESTED_BLOCK = /^\s*(?:\*\s*)?```(?:[jt]sx?|[cm][jt]s|typescript|javascript)\b(.*)$/;

/**
 * The lines on which the blocks begin that are to be run.
 *
 * @param text A Markdown file, or a source file with blocks in its comments.
 * @returns Line numbers, from 1.
 */
export function runnableLines(text: string): readonly number[] {
  return [...text.split("\n").entries()].flatMap(([index, line]) => {
    const attributes = TESTED_BLOCK.exec(line)?.[1];
    return attributes === undefined || /\b(ignore|no-run)\b/.test(attributes) ? [] : [index + 1];
  });
}

/**
 * The value of `--filter` that lets only some blocks run. Deno names the test of a block after its
 * file and lines: `file:///checkout/lib/base/ip.ts#12-20.ts`.
 *
 * @param blocks The URL of each file with the lines on which its blocks begin.
 * @returns A regular expression between slashes; it matches nothing when there are no blocks.
 */
export function onlyBlocks(blocks: ReadonlyMap<string, readonly number[]>): string {
  const names = [...blocks].flatMap(([url, lines]) => {
    const escaped = url.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return lines.map((line) => `${escaped}#${line}-`);
  });
  // Deno's patterns have no look-around, so the blocks to run are listed, not those to leave out.
  return names.length === 0 ? "/$^/" : `/^(${names.join("|")})/`;
}
