import assert from "node:assert/strict";
import { type ProcessResult, ROOT, run } from "../support/command.ts";

async function runTask(source: string, ...flags: readonly string[]): Promise<ProcessResult> {
  const file = await Deno.makeTempFile({ suffix: "_test.ts" });
  try {
    await Deno.writeTextFile(file, source);
    const argv = [Deno.execPath(), "run", "--quiet", "--allow-all", `${ROOT}/tasks/test.ts`, ...flags, file];
    return await run(argv, { env: { CI: "false" } });
  } finally {
    await Deno.remove(file);
  }
}

const REQUIRES = `import { requires } from "${new URL("../support/requires.ts", import.meta.url)}";`;

Deno.test("the test task counts in its last line, after the reason of each skip", async () => {
  const { code, stdout } = await runTask(`
    ${REQUIRES}
    Deno.test("good", () => {});
    Deno.test({ name: "left out", ...requires("tool:no-such-tool"), fn() {} });
    Deno.test({ name: "left out too", ...requires("tool:no-such-tool"), fn() {} });
  `);
  assert.equal(code, 0);
  assert.deepEqual(stdout.trimEnd().split("\n").slice(-2), [
    "skipped: no-such-tool is not installed (apt-get install no-such-tool)",
    "1 passed, 0 failed, 2 skipped",
  ]);
});

Deno.test("the test task fails when a test fails", async () => {
  const { code, stdout } = await runTask('Deno.test("bad", () => { throw new Error("bad"); });');
  assert.equal(code, 1);
  assert.equal(stdout.trimEnd().split("\n").at(-1), "0 passed, 1 failed, 0 skipped");
});

Deno.test("the test task fails when a test file has a type error", async () => {
  const { code, stdout } = await runTask('const a: number = "text"; Deno.test("good", () => {});');
  assert.equal(code, 1);
  assert.equal(stdout, "0 passed, 1 failed, 0 skipped\n");
});

Deno.test("the test task leaves out what needs FFI with --no-ffi", async () => {
  const source = `
    ${REQUIRES}
    Deno.test("has no FFI", () => {
      if (Deno.permissions.querySync({ name: "ffi" }).state === "granted") throw new Error("has FFI");
    });
    Deno.test({ name: "needs it", ...requires("ffi"), fn() {} });
  `;
  const { code, stdout } = await runTask(source, "--no-ffi");
  assert.equal(code, 0, stdout);
  assert.equal(stdout.trimEnd().split("\n").at(-1), "1 passed, 0 failed, 1 skipped");
});
