import assert from "node:assert/strict";
import { run } from "../../support/command.ts";
import { requires } from "../../support/requires.ts";

Deno.test({
  // The sanitizer does not see descriptors that system calls opened, and other tests open theirs meanwhile:
  // so the suite runs once more, in a process of its own that counts.
  name: "no transport leaves a descriptor behind, whatever happened to its connections",
  ...requires("mptcp"),
  fn: async () => {
    const script = new URL("./count_descriptors.ts", import.meta.url).pathname;
    const { code, stdout, stderr } = await run([Deno.execPath(), "run", "--quiet", "--allow-all", script], {
      deadlineMs: 240_000,
    });
    assert.equal(code, 0, stderr);
    const counts: unknown = JSON.parse(stdout);
    assert.deepEqual(
      counts,
      { "tcp": 0, "mptcp": 0, "tcp over Deno.connect": 0, "quic": 0, "mpquic": 0 },
      stdout,
    );
  },
});
