import assert from "node:assert/strict";
import { filterOut, noRunLines } from "../../tasks/doc_blocks.ts";
import { run } from "../support/command.ts";

Deno.test("noRunLines() finds marked blocks in Markdown and in comments, and no others", () => {
  const text =
    "# A\n```ts no-run\na\n```\n```ts\nb\n```\n/**\n * ```ts no-run\n * c\n * ```\n */\n```sh no-run\n```\n";
  assert.deepEqual(noRunLines(text), [2, 9]);
});

Deno.test("filterOut() leaves out the named blocks only", () => {
  const filter = new RegExp(filterOut(new Map([["lib/a.ts", [12]], ["b.md", []]])).slice(1, -1));
  assert(!filter.test("file:///root/lib/a.ts#12-15.ts"));
  assert(filter.test("file:///root/lib/a.ts#1-5.ts"));
  assert(filter.test("file:///root/b.md#12-15.ts"));
  assert.equal(filterOut(new Map()), "/^/");
});

Deno.test("filterOut() gives a filter with which deno checks the types of a block without running it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/guide.md`;
    const runDocs = (markdown: string): ReturnType<typeof run> => {
      Deno.writeTextFileSync(file, markdown);
      const filter = filterOut(new Map([["guide.md", noRunLines(markdown)]]));
      return run([Deno.execPath(), "test", "--no-config", "--doc", "--filter", filter, file]);
    };
    const marked = await runDocs('```ts no-run\nthrow new Error("ran");\n```\n```ts\nconst a = 1;\n```\n');
    assert.equal(marked.code, 0, marked.stderr);
    const plain = await runDocs('```ts\nthrow new Error("ran");\n```\n');
    assert.equal(plain.code, 1);
    const badType = await runDocs('```ts no-run\nconst a: number = "text";\n```\n');
    assert.match(badType.stderr, /TS2322/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
