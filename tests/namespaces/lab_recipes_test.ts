// Measures: what the recipes claim of their networks.
import assert from "node:assert/strict";
import { parseRate } from "../../lib/base/units.ts";
import { consoleBlocks, shownLine } from "../support/console_blocks.ts";
import { ROOT, run } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { labShell } from "./lab_shell.ts";

const RECIPES = consoleBlocks(Deno.readTextFileSync(`${ROOT}/docs/lab.md`));

/** What the text of each recipe claims, beyond the lines that it shows. */
const CLAIMS: Readonly<Record<string, (outputs: readonly string[]) => void>> = {
  "Is MPTCP stripped here?": ([, , probe = "", list = ""]) => {
    assert.match(probe, /^10\.78\.1\.2:4433 +path1 +yes .* no /m);
    assert(Number(/direction=up +(\d+)/.exec(list)?.[1]) >= 1, list);
  },
  "How long does a failover stall?": ([bench = ""]) => {
    // Both paths carried bytes, so the transfer went on over the second.
    assert.match(bench, /^ +0 +10\.77\.1\.1:.* path1 .* [1-9]\S*% /m);
    assert.match(bench, /^ +1 +10\.77\.2\.1:.* path2 .* [1-9]\S*% /m);
  },
  "When are two paths worse than one?": ([bench = ""]) => {
    const [fast = 0, slow = 0, both = 0] = goodputs(bench);
    assert(slow < fast && both > slow, bench);
    // The sum is 22 Mbit/s: far less came of it.
    assert(both < fast + slow, bench);
  },
  "What does a NAT rebinding break?": ([, tcp = "", mptcp = ""]) => {
    assert.doesNotMatch(tcp, /^·/m);
    assert.doesNotMatch(mptcp, /✗/);
  },
  "Is lossy Wi-Fi beside LTE worth a second path?": ([bench = ""]) => {
    const [wifi = 0, lte = 0, both = 0] = goodputs(bench);
    assert(both > Math.max(wifi, lte), bench);
  },
};

/** The goodput of each row of the table of runs. */
function goodputs(bench: string): readonly number[] {
  const rows = bench.matchAll(/^(?:tcp|mptcp) +download .*? ([\d.]+ [kMG]?bit\/s)/gm);
  return [...rows].map(([, rate = "0"]) => parseRate(rate));
}

for (const [heading, claim] of Object.entries(CLAIMS)) {
  Deno.test({
    name: `docs/lab.md, ${heading}`,
    ...requires("namespaces", "mptcp", "root", "tool:tc", "tool:nft"),
    async fn() {
      const commands = RECIPES.get(heading);
      assert(commands !== undefined && commands.length > 0, "the recipe has no commands");
      await using shell = await labShell();
      const outputs: string[] = [];
      for (const { command, output } of commands) {
        const result = await run(["sh", "-c", command], { ...shell.options, deadlineMs: 120_000 });
        for (const line of output) {
          assert.match(result.stdout, shownLine(line), `${command}\n${result.stdout}${result.stderr}`);
        }
        outputs.push(result.stdout);
      }
      claim(outputs);
    },
  });
}

Deno.test({
  name: "the other commands of docs/lab.md work as they stand there",
  ...requires("namespaces", "mptcp", "root", "tool:tc", "tool:nft"),
  async fn() {
    const others = [...RECIPES].filter(([heading]) => !Object.hasOwn(CLAIMS, heading));
    const commands = others.flatMap(([, shown]) => shown);
    assert(commands.length >= 3);
    await using shell = await labShell();
    for (const { command } of commands) {
      const result = await run(["sh", "-c", command], { ...shell.options, deadlineMs: 120_000 });
      assert.equal(result.code, 0, `${command}\n${result.stdout}${result.stderr}`);
    }
  },
});

Deno.test("every recipe of docs/lab.md is tried", () => {
  const text = Deno.readTextFileSync(`${ROOT}/docs/lab.md`);
  const [, recipes = ""] = /^## Recipes\n([^]*?)^## /m.exec(text) ?? [];
  const headings = [...recipes.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  assert.equal(headings.length, 5);
  assert.deepEqual(headings, Object.keys(CLAIMS));
});
