import assert from "node:assert/strict";
import { consoleBlocks, shownLine } from "./console_blocks.ts";

Deno.test("consoleBlocks() finds commands by heading, with what they print, and no other block", () => {
  const text = [
    "# One",
    "```console",
    "$ a",
    "1",
    "2",
    "$ b",
    "```",
    "```sh",
    "$ no",
    "```",
    "## Two",
    "$ no",
    "```console",
    "# not a heading",
    "$ c",
    "```",
  ].join("\n");
  assert.deepEqual([...consoleBlocks(text)], [
    ["One", [{ command: "a", output: ["1", "2"] }, { command: "b", output: [] }]],
    ["Two", [{ command: "c", output: [] }]],
  ]);
});

Deno.test("shownLine() lets measurements differ, and nothing else", () => {
  const same = (shown: string, printed: string): boolean =>
    shownLine(shown).test(`before\n${printed}\nafter`);
  assert(same("carries 25.5 Mbit/s: 1.37 times", "carries 990 kbit/s: -0.2 times"));
  assert(
    same(
      "mptcp   all 2   12.9 Mbit/s  8.60 s  1.36 s ...",
      "mptcp all 3     1 bit/s  900 ms     20 ms  176 ms  ▄▃",
    ),
  );
  assert(same("95.0%  ▄▃▇", "1%  █"));
  assert(!same("to 10.78.1.2:4433 over 2 paths", "to 10.78.1.3:4433 over 2 paths"));
  assert(!same("path1 is up", "path2 is up"));
  assert(!same("port=443  1  74 B", "port=444  1  74 B"));
  assert(!same("carries 25.5 Mbit/s", "carries nothing"));
  assert(!same("over 2 paths", "over 2 paths, really"));
});
