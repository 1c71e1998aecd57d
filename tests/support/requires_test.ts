import assert from "node:assert/strict";
import { run } from "./command.ts";
import { missing, requires, withoutFfi } from "./requires.ts";

const MODULE = `
  import { requires } from "${new URL("./requires.ts", import.meta.url)}";
  Deno.test({ name: "needs it", ...requires("tool:no-such-tool", "tool:no-such-tool"), fn() {} });
  Deno.test({ name: "needs it too", ...requires("tool:no-such-tool"), fn() {} });
  Deno.test({ name: "needs ffi", ...requires("ffi"), fn() {} });
  Deno.test("needs nothing", () => {});
`;

const REASON = "no-such-tool is not installed (apt-get install no-such-tool)";

async function runModule(
  env: Readonly<Record<string, string>>,
  ...flags: readonly string[]
): Promise<
  { readonly code: number; readonly stdout: string; readonly stderr: string; readonly skips: string }
> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/some_test.ts`, MODULE);
    await Deno.writeTextFile(`${folder}/skips`, "");
    const argv = [Deno.execPath(), "test", "--no-check", "--no-config", ...flags, `${folder}/some_test.ts`];
    const inherited = { CI: "false", MPT_TEST_NO_FFI: "0", MPT_TEST_SKIPS: `${folder}/skips`, NO_COLOR: "1" };
    const result = await run(argv, { env: { ...inherited, ...env } });
    return { ...result, skips: await Deno.readTextFile(`${folder}/skips`) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ALL = ["--allow-read", "--allow-write", "--allow-env", "--allow-run", "--allow-sys"];

Deno.test("requires() leaves a test out and tells the reason once", async () => {
  const { code, stdout, skips } = await runModule({}, "--allow-all");
  assert.equal(code, 0);
  assert.match(stdout, /2 passed \| 0 failed \| 2 ignored/);
  assert.equal(skips, `${REASON}\n`);
});

Deno.test("requires() fails with the reason when CI=true", async () => {
  const { code, stdout } = await runModule({ CI: "true" }, "--allow-all");
  assert.equal(code, 1);
  assert.match(stdout, /2 passed \| 1 failed/);
  assert(stdout.includes(`Cannot skip tests with CI=true: ${REASON}`), stdout);
});

Deno.test("requires() takes a missing --allow-ffi for a failure when CI=true, unless it is on purpose", async () => {
  const accident = await runModule({ CI: "true" }, "--no-prompt", ...ALL);
  assert.match(accident.stdout, /1 passed \| 2 failed \| 3 ignored/);
  assert.match(accident.stdout, /CI=true: --allow-ffi is missing/);
  const purpose = await runModule({ CI: "true", MPT_TEST_NO_FFI: "1" }, "--no-prompt", ...ALL);
  assert.match(purpose.stdout, /1 passed \| 1 failed \| 3 ignored/);
  assert(!purpose.stdout.includes("--allow-ffi is missing"));
});

Deno.test("requires() lets a test run whose needs are met", () => {
  assert.deepEqual(requires("tool:sh"), { ignore: false });
  assert.equal(missing("tool:sh"), null);
});

Deno.test("missing() names the Debian package of a program", () => {
  assert.equal(missing("tool:no-such-tool"), REASON);
});

Deno.test("withoutFfi() agrees with the permissions of this run", () => {
  if (withoutFfi()) assert.equal(missing("ffi"), "--allow-ffi is missing");
  else assert.equal(Deno.env.get("MPT_TEST_NO_FFI") ?? "", "");
});
