import { importGraph, readSourceTree, type SourceTree } from "../tests/support/source_tree.ts";

/** Above the first import of a test whose numbers need a machine with nothing else to do. */
const MEASURES = /^\/\/ Measures\b/m;

/** What a run without FFI leaves out: tests about FFI, and about MPTCP between namespaces, which needs it. */
const ABOUT_FFI: readonly string[] = ["tests/ffi/", "tests/namespaces/", "tests/peers/"];

/** What would be the same again without FFI, though it can use it. */
const WITHOUT_FFI_ANYWAY: readonly string[] = [
  "tests/sim/",
  "tests/tasks/",
  "tests/staircase_test.ts",
  // Transports that they test by name; without FFI they are "tcp" and "quic".
  "tests/lib/transport/deno_quic_test.ts",
  "tests/lib/transport/deno_tcp_test.ts",
  "tests/lib/transport/node_crypto_quic_test.ts",
];

/** The test files of this project, by how they are run. */
export interface TestFiles {
  /** Those that measure: two at a time, with nothing else beside them. */
  readonly measuring: readonly string[];
  /** All others. */
  readonly others: readonly string[];
}

/**
 * The test files of a checkout.
 *
 * @param root The folder of the checkout.
 * @param noFfi Only those that do something else without FFI.
 * @returns Paths from the root.
 */
export function testFiles(root: string, noFfi: boolean): TestFiles {
  const tree = readSourceTree(root, ["tests", ...(noFfi ? ["cli", "lib", "ffi"] : [])]);
  const all = [...tree.keys()].filter((path) => path.endsWith("_test.ts")).toSorted();
  const files = noFfi ? differentWithoutFfi(tree, all) : all;
  const measures = (path: string): boolean => MEASURES.test(tree.get(path) ?? "");
  return { measuring: files.filter(measures), others: files.filter((path) => !measures(path)) };
}

function differentWithoutFfi(tree: SourceTree, files: readonly string[]): readonly string[] {
  const imports = importGraph(tree);
  const left = [...ABOUT_FFI, ...WITHOUT_FFI_ANYWAY];
  const canUseFfi = (file: string): boolean => {
    const seen = new Set([file]);
    for (const path of seen) {
      if (path.startsWith("ffi/")) return true;
      for (const next of imports.get(path) ?? []) seen.add(next);
    }
    return false;
  };
  return files.filter((file) => !left.some((start) => file.startsWith(start)) && canUseFfi(file));
}
