import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { onlyBlocks, runnableLines } from "../../tasks/doc_blocks.ts";
import { readSummary } from "../../tasks/test_summary.ts";
import { run } from "../support/command.ts";

Deno.test("runnableLines() finds blocks in Markdown and in comments, but none that is marked", () => {
  const text = [
    "# A",
    "```ts no-run",
    "a",
    "```",
    "```ts",
    "b",
    "```",
    "/**",
    " * ```typescript",
    " * c",
    " * ```",
    " */",
    "```ts ignore",
    "```",
    "```sh",
    "```",
  ].join("\n");
  assert.deepEqual(runnableLines(text), [5, 9]);
});

Deno.test("onlyBlocks() lets the named blocks run, and no others", () => {
  const blocks = new Map([["file:///root/mod.ts", [12]], ["file:///root/b+c.md", [3]], [
    "file:///root/d.md",
    [],
  ]]);
  const filter = new RegExp(onlyBlocks(blocks).slice(1, -1));
  assert(filter.test("file:///root/mod.ts#12-15.ts"));
  assert(filter.test("file:///root/b+c.md#3-5.ts"));
  assert(!filter.test("file:///root/mod.ts#1-5.ts"));
  assert(!filter.test("file:///root/mod.ts#120-125.ts"));
  assert(!filter.test("file:///root/lib/mod.ts#12-15.ts"));
  assert(!filter.test("file:///root/d.md#12-15.ts"));
});

Deno.test("onlyBlocks() is a filter with which deno checks the types of a block without running it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const runDocs = async (
      markdown: string,
    ): Promise<{ readonly counts: unknown; readonly stderr: string }> => {
      await Deno.writeTextFile(`${folder}/guide.md`, markdown);
      const filter = onlyBlocks(
        new Map([[pathToFileURL(`${folder}/guide.md`).href, runnableLines(markdown)]]),
      );
      const argv = [
        Deno.execPath(),
        "test",
        "--no-config",
        "--doc",
        "--filter",
        filter,
        `${folder}/guide.md`,
      ];
      const { stdout, stderr } = await run(argv);
      return { counts: readSummary(stdout), stderr };
    };
    const both = await runDocs('```ts no-run\nthrow new Error("ran");\n```\n```ts\nconst a = 1;\n```\n');
    assert.deepEqual(both.counts, { passed: 1, failed: 0, skipped: 0 }, both.stderr);
    const one = await runDocs('```ts\nthrow new Error("ran");\n```\n');
    assert.deepEqual(one.counts, { passed: 0, failed: 1, skipped: 0 });
    const none = await runDocs('```ts no-run\nthrow new Error("ran");\n```\n');
    assert.deepEqual(none.counts, { passed: 0, failed: 0, skipped: 0 });
    const badType = await runDocs('```ts no-run\nconst a: number = "text";\n```\n');
    assert.match(badType.stderr, /TS2322/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
