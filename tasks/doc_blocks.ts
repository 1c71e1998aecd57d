/**
 * Code blocks in documentation. `deno test --doc` runs every TypeScript block but those marked
 * `ignore`; here a block marked `no-run` is one that is checked for its types and not run.
 *
 * @module
 */

/**
 * The lines on which blocks marked `no-run` begin.
 *
 * @param text A Markdown file, or a source file with blocks in its comments.
 * @returns Line numbers, from 1.
 */
export function noRunLines(text: string): readonly number[] {
  const lines = text.split("\n").entries();
  return [...lines].filter(([, line]) => /^\s*(\*\s*)?```tsx?\s.*\bno-run\b/.test(line)).map(([index]) =>
    index + 1
  );
}

/**
 * The value of `--filter` that leaves out blocks which are not to be run. Deno names the test of a
 * block after its file and lines: `file:///checkout/lib/base/ip.ts#12-20.ts`.
 *
 * @param blocks Each file with the lines on which its blocks begin.
 * @returns A regular expression between slashes.
 */
export function filterOut(blocks: ReadonlyMap<string, readonly number[]>): string {
  const names = [...blocks].flatMap(([path, lines]) =>
    lines.map((line) => `${RegExp.escape(`/${path}#${line}-`)}`)
  );
  return names.length === 0 ? "/^/" : `/^(?!.*(${names.join("|")}))/`;
}
