import { type SourceTree, withoutComments } from "./source_tree.ts";

/** Which file imports which. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/**
 * The folders from the top to the bottom. A file may import from its own folder and from the steps
 * below; folders that share a step may not import each other.
 */
export const STAIRCASE: readonly (readonly string[])[] = [
  ["cli", "mod.ts"],
  ["lib/probe", "lib/race", "lib/bench", "lib/serve", "lib/doctor"],
  ["lib/protocol"],
  ["lib/transport"],
  ["lib/mptcp", "lib/quic", "lib/dns", "lib/lab"],
  ["lib/tls"],
  ["lib/netlink", "lib/crypto"],
  ["lib/io"],
  ["lib/base"],
  ["ffi"],
];

/** The most lines that a file may have. */
const MAX_LINES = 500;

/** Folders and files whose code sees neither clock nor socket nor chance. */
const PURE =
  /^lib\/(base|protocol|netlink|crypto|tls|quic(?!\/driver\/)|mptcp\/diagnosis|dns\/(wire|config)|race\/(engine|order)|lab\/(link|plan))\//;
/** The files of lib/netlink that ask the kernel instead of reading and writing its messages. */
const NOT_PURE = /^lib\/netlink\/interface(s|_of)\.ts$/;

const IMPURE_CALL =
  /\bDeno\.|\bperformance\.|\bDate\.now\b|\bMath\.random\b|\bsetTimeout\b|\bsetInterval\b|(?<![.#\w])crypto\.|\brandom(Bytes|Int|UUID|FillSync)\(/;
const FOREIGN_CALL = /\bDeno\.(dlopen|Unsafe\w+)/;
const CONSOLE_CALL = /\bconsole\./;

/** Where a folder stands: the number of its step from the top, and the folder. */
interface Place {
  readonly step: number;
  readonly folder: string;
}

function placeOf(path: string): Place | null {
  for (const [step, folders] of STAIRCASE.entries()) {
    const folder = folders.find((name) => path === name || path.startsWith(`${name}/`));
    if (folder !== undefined) return { step, folder };
  }
  return null;
}

/**
 * Imports that lead up the staircase, or aside on a step.
 *
 * @param graph Which file imports which.
 * @returns A sentence for each such import.
 */
export function stepsUp(graph: ImportGraph): readonly string[] {
  const found: string[] = [];
  for (const [from, targets] of graph) {
    const here = placeOf(from);
    if (here === null) {
      found.push(`${from} is in a folder that is not on the staircase`);
      continue;
    }
    for (const target of targets) {
      const there = placeOf(target);
      if (there === null) found.push(`${from} imports ${target}, which is not on the staircase`);
      else if (there.step < here.step) found.push(`${from} imports ${target}, a step up`);
      else if (there.step === here.step && there.folder !== here.folder) {
        found.push(`${from} imports ${target}, which stands beside it`);
      }
    }
  }
  return found;
}

/**
 * Files that import themselves by way of others.
 *
 * @param graph Which file imports which.
 * @returns Each circle that a walk through the graph runs into, such as `a.ts > b.ts > a.ts`.
 */
export function circles(graph: ImportGraph): readonly string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const walk = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      found.push([...trail.slice(start), file].join(" > "));
      return;
    }
    if (finished.has(file)) return;
    for (const target of graph.get(file) ?? []) walk(target, [...trail, file]);
    finished.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return found;
}

/**
 * Imports of files that are not there, which would hide an edge of the graph.
 *
 * @param graph Which file imports which.
 * @returns A sentence for each.
 */
export function missingFiles(graph: ImportGraph): readonly string[] {
  return [...graph].flatMap(([from, targets]) =>
    targets.filter((target) => !graph.has(target)).map((target) =>
      `${from} imports ${target}, which is not there`
    )
  );
}

/**
 * Lines that use what their folder may not use: pointers outside `ffi/`, the console in the library,
 * a clock, socket or chance in a pure part.
 *
 * @param tree The source files.
 * @returns A sentence for each line.
 */
export function forbiddenCalls(tree: SourceTree): readonly string[] {
  const found: string[] = [];
  for (const [path, text] of tree) {
    for (const [index, line] of withoutComments(text).split("\n").entries()) {
      const where = `${path}:${index + 1}`;
      if (FOREIGN_CALL.test(line) && !path.startsWith("ffi/")) found.push(`${where} handles pointers`);
      if (CONSOLE_CALL.test(line) && !/^(cli|tasks)\//.test(path)) found.push(`${where} uses the console`);
      if (IMPURE_CALL.test(line) && PURE.test(path) && !NOT_PURE.test(path)) {
        found.push(`${where} is not pure: ${line.trim()}`);
      }
    }
  }
  return found;
}

/**
 * Files that are too long to hold one concept.
 *
 * @param tree The source files.
 * @returns A sentence for each.
 */
export function longFiles(tree: SourceTree): readonly string[] {
  return [...tree]
    .map(([path, text]) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines, more than ${MAX_LINES}`);
}
