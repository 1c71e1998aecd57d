import assert from "node:assert/strict";
import { ROOT } from "./support/command.ts";
import { importGraph, importsOf, readSourceTree, withoutComments } from "./support/source_tree.ts";
import { circles, forbiddenCalls, longFiles, missingFiles, stepsUp } from "./support/staircase.ts";

const product = readSourceTree(ROOT, ["mod.ts", "cli", "lib", "ffi"]);
const everything = readSourceTree(ROOT, ["mod.ts", "cli", "lib", "ffi", "tasks", "tests"]);

Deno.test("imports go down the staircase only", () => {
  const graph = importGraph(product);
  assert(graph.has("lib/base/ip.ts") && graph.get("lib/base/mod.ts")?.includes("lib/base/ip.ts"));
  assert.deepEqual(stepsUp(graph), []);
});

Deno.test("every imported file is there", () => {
  assert.deepEqual(missingFiles(importGraph(everything)), []);
});

Deno.test("no file imports itself by way of others", () => {
  assert.deepEqual(circles(importGraph(everything)), []);
});

Deno.test("pointers stay in ffi, the console in cli, and the pure parts are pure", () => {
  assert.deepEqual(forbiddenCalls(product), []);
});

Deno.test("no file is longer than 500 lines", () => {
  assert.deepEqual(longFiles(everything), []);
});

Deno.test("stepsUp() finds a step up, a step aside and an unknown folder", () => {
  const graph = new Map([
    ["cli/main.ts", ["lib/probe/mod.ts", "lib/base/ip.ts"]],
    ["lib/base/ip.ts", ["lib/base/hex.ts", "lib/io/host.ts"]],
    ["lib/probe/run.ts", ["lib/bench/run.ts", "lib/probe/plan.ts"]],
    ["lib/magic/mod.ts", []],
  ]);
  assert.deepEqual(stepsUp(graph), [
    "lib/base/ip.ts imports lib/io/host.ts, a step up",
    "lib/probe/run.ts imports lib/bench/run.ts, which stands beside it",
    "lib/magic/mod.ts is in a folder that is not on the staircase",
  ]);
});

Deno.test("stepsUp() finds an import that leaves the staircase", () => {
  assert.deepEqual(stepsUp(new Map([["lib/io/host.ts", ["tasks/process.ts"]]])), [
    "lib/io/host.ts imports tasks/process.ts, which is not on the staircase",
  ]);
});

Deno.test("circles() finds a circle, however far in, and no circle in a diamond", () => {
  assert.deepEqual(circles(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["d", "b"]], ["d", []]])), [
    "b > c > b",
  ]);
  assert.deepEqual(circles(new Map([["a", ["a"]]])), ["a > a"]);
  assert.deepEqual(circles(new Map([["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []]])), []);
});

Deno.test("missingFiles() finds an import of nothing", () => {
  assert.deepEqual(missingFiles(new Map([["a", ["b"]]])), ["a imports b, which is not there"]);
});

Deno.test("forbiddenCalls() finds each kind, with its line, but not in comments", () => {
  const tree = new Map([
    ["ffi/library.ts", 'Deno.dlopen("libc.so.6", {});'],
    ["lib/io/poller.ts", "\nconst pointer = Deno.UnsafePointer.of(bytes);"],
    ["lib/serve/run.ts", 'console.log("hello");\n// console.log("hello")'],
    ["cli/main.ts", 'console.log("hello");'],
    ["lib/base/clock.ts", "/**\n * Not Date.now().\n */\nconst now = Date.now();"],
    ["lib/netlink/message.ts", "const id = Math.random();"],
    ["lib/netlink/interface_of.ts", "Deno.networkInterfaces();"],
    ["lib/protocol/perf.ts", "setTimeout(end, 1);"],
    ["lib/quic/wire/versions.ts", "const version = randomBytes(4);"],
  ]);
  assert.deepEqual(forbiddenCalls(tree), [
    "lib/io/poller.ts:2 handles pointers",
    "lib/serve/run.ts:1 uses the console",
    "lib/base/clock.ts:4 is not pure: const now = Date.now();",
    "lib/netlink/message.ts:1 is not pure: const id = Math.random();",
    "lib/protocol/perf.ts:1 is not pure: setTimeout(end, 1);",
    "lib/quic/wire/versions.ts:1 is not pure: const version = randomBytes(4);",
  ]);
});

Deno.test("longFiles() counts lines", () => {
  const lines = (count: number): string => "x\n".repeat(count);
  assert.deepEqual(longFiles(new Map([["a.ts", lines(500)], ["b.ts", lines(501)]])), [
    "b.ts has 501 lines, more than 500",
  ]);
});

Deno.test("importsOf() finds every form of import, and none in comments and strings", () => {
  const text = [
    'import assert from "node:assert/strict";',
    'import { a, type B as C } from "./a.ts";',
    'import type { D } from "./d.ts";',
    "export {",
    "  e,",
    "  f,",
    '} from "./e.ts";',
    'export * from "./g.ts";',
    'export type * as H from "./h.ts";',
    'import "./i.ts";',
    `const { j } = await ${"import"}("./j.ts");`,
    "/**",
    ' * import { k } from "./k.ts";',
    " */",
    '// import "./l.ts";',
    "const m = 'import { n } from \"./n.ts\"';",
    'export const o = "import"; const p = ["from", "./q.ts"];',
  ].join("\n");
  assert.deepEqual(importsOf(text).toSorted(), [
    "./a.ts",
    "./d.ts",
    "./e.ts",
    "./g.ts",
    "./h.ts",
    "./i.ts",
    "./j.ts",
    "node:assert/strict",
  ]);
});

Deno.test("withoutComments() leaves code, strings and line numbers as they are", () => {
  const text = 'const accept = "*/*"; // any\nconst url = "http://a/"; /* two\nlines */ done();';
  const code = withoutComments(text);
  assert.equal(code.split("\n").length, 3);
  assert(code.includes('"*/*"') && code.includes('"http://a/"') && code.includes("done();"));
  assert(!code.includes("any") && !code.includes("lines"));
});
