// Measures: the goodput that the demo shows.
import assert from "node:assert/strict";
import { type ProcessResult, ROOT, run } from "../support/command.ts";
import { requires } from "../support/requires.ts";

/** The demo promises to end within this time. */
const DEADLINE_MS = 40_000;

function demo(...prefix: readonly string[]): Promise<ProcessResult> {
  const argv = [...prefix, Deno.execPath(), "run", "--quiet", "--allow-all", `${ROOT}/tasks/demo.ts`];
  return run(argv, { deadlineMs: DEADLINE_MS });
}

Deno.test({
  name: "the demo shows two paths, and what they are worth",
  ...requires("mptcp", "namespaces"),
  async fn() {
    const { code, stdout, stderr } = await demo();
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /MPTCP works to 10\.77\.1\.2:4433 over 2 paths/);
    assert.match(stdout, /^tcp +download +10\.77\.1\.1 /m);
    assert.match(stdout, /^tcp +download +10\.77\.2\.1 /m);
    assert.match(stdout, /^mptcp +download +all 2 /m);
  },
});

Deno.test({
  name: "the demo runs on loopback where namespaces are forbidden, and says why",
  ...requires("mptcp", "namespaces"),
  async fn() {
    const forbid = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"';
    const { code, stdout, stderr } = await demo(
      "unshare",
      "--user",
      "--map-root-user",
      "sh",
      "-c",
      forbid,
      "-",
    );
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /runs over the loopback interface/);
    assert.match(stdout, /namespaces cannot be made here \(unshare: /);
    assert.match(stdout, /^client\$ mpt probe 127\.0\.0\.1:\d+$/m);
    assert.match(stdout, /^mptcp +download /m);
  },
});
