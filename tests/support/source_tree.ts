import { posix } from "node:path";

/** The source files of the project: path from the root, such as `lib/base/ip.ts`, to text. */
export type SourceTree = ReadonlyMap<string, string>;

/**
 * Reads every TypeScript file of some folders.
 *
 * @param root The folder of the checkout.
 * @param entries Files and folders below it; those that are not there are passed over.
 * @returns The files by path.
 */
export function readSourceTree(root: string, entries: readonly string[]): SourceTree {
  const tree = new Map<string, string>();
  for (const entry of entries) addEntry(tree, root, entry);
  return tree;
}

function addEntry(tree: Map<string, string>, root: string, path: string): void {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(`${root}/${path}`);
  } catch {
    return;
  }
  if (info.isDirectory) {
    for (const { name } of Deno.readDirSync(`${root}/${path}`)) addEntry(tree, root, `${path}/${name}`);
  } else if (path.endsWith(".ts")) {
    tree.set(path, Deno.readTextFileSync(`${root}/${path}`));
  }
}

/**
 * A source text without its comments; line numbers stay. It goes by the habits of this code, where a
 * comment follows white space or a bracket, and is not a parser.
 *
 * @param text TypeScript.
 * @returns The same with comments blanked out.
 */
export function withoutComments(text: string): string {
  return text
    .replaceAll(/(^|[\s([{,])\/\*[\s\S]*?\*\//gm, (comment) => comment.replaceAll(/[^\n]/g, " "))
    .replaceAll(/(^|\s)\/\/.*$/gm, "");
}

/**
 * The specifiers that a source text imports or re-exports, types too.
 *
 * @param text TypeScript.
 * @returns The specifiers in order.
 */
export function importsOf(text: string): readonly string[] {
  const code = withoutComments(text);
  const patterns = [
    /^\s*(?:import|export)\s(?:[\w$*{},\s]|\bas\b)*?\bfrom\s*"([^"]+)"/gm,
    /^\s*import\s*"([^"]+)"/gm,
    /\bimport\(\s*"([^"]+)"/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ""));
}

/**
 * Which file imports which, within the project.
 *
 * @param tree The source files.
 * @returns The imported files of each file.
 */
export function importGraph(tree: SourceTree): ReadonlyMap<string, readonly string[]> {
  const graph = new Map<string, readonly string[]>();
  for (const [path, text] of tree) {
    const local = importsOf(text).filter((specifier) => specifier.startsWith("."));
    graph.set(path, local.map((specifier) => posix.join(posix.dirname(path), specifier)));
  }
  return graph;
}
