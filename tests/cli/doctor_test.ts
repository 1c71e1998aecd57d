import assert from "node:assert/strict";
import { mpt } from "../support/command.ts";
import { requires } from "../support/requires.ts";

const NO_FFI = ["--allow-env", "--allow-read", "--allow-net"];

Deno.test({
  name: "mpt doctor looks at this machine and answers in words",
  ...requires("mptcp"),
  fn: async () => {
    const { code, stdout, stderr } = await mpt(["doctor"]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^✓ This machine is fit for MPTCP\.$/m);
    assert.match(stdout, /^mptcp-support +ok +yes$/m);
    assert.equal(stderr, "");
  },
});

Deno.test("mpt doctor runs without --allow-ffi, says so, and exits with 3", async () => {
  const { code, stdout } = await mpt(["doctor", "--json"], { permissions: NO_FFI });
  assert.equal(code, 3);
  const result = JSON.parse(stdout);
  assert.equal(result.schema, "mpt.doctor/1");
  assert.equal(result.verdicts[0].code, "mptcp-fit-unknown");
  const support = result.checks.find((check: { code: string }) => check.code === "mptcp-support");
  assert.equal(support.status, "unknown");
  if (Deno.build.os === "linux") assert.equal(support.fix, "--allow-ffi");
});

Deno.test("mpt doctor --ndjson ends with the whole result", async () => {
  const { stdout } = await mpt(["doctor", "--ndjson"], { permissions: NO_FFI });
  const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(events.at(-1).event, "end");
  assert.equal(events.filter(({ event }) => event === "check").length, events.at(-1).result.checks.length);
});

Deno.test({
  name: "mpt doctor --sockopts shows what MPTCP sockets refuse",
  ...requires("mptcp"),
  fn: async () => {
    const { code, stdout } = await mpt(["doctor", "--sockopts"]);
    assert.equal(code, 0);
    assert.match(stdout, /^TCP_MD5SIG +refused /m);
  },
});

Deno.test("mpt doctor takes no arguments", async () => {
  const { code } = await mpt(["doctor", "example.com"], { permissions: NO_FFI });
  assert.equal(code, 2);
});
