import assert from "node:assert/strict";
import { type ProcessResult, run as runProgram } from "../../lib/io/process.ts";
import { hold } from "../../lib/lab/namespaces.ts";
import { requires } from "../support/requires.ts";
import { loneHost } from "../support/two_paths.ts";

Deno.test({
  name: "hold() makes a host with a loopback interface and settings of its own",
  ...requires("namespaces", "mptcp", "tool:curl"),
  async fn() {
    await using network = await loneHost();
    await network.output(undefined, ["sh", "-c", "echo 0 > /proc/sys/net/mptcp/enabled"]);
    assert.equal(await network.output(undefined, ["cat", "/proc/sys/net/mptcp/enabled"]), "0\n");
    assert.equal(await Deno.readTextFile("/proc/sys/net/mptcp/enabled"), "1\n");
    // 7 is "refused": the loopback interface is up, and nobody listens.
    assert.equal((await network.run(undefined, ["curl", "-s", "http://127.0.0.1:1/"])).code, 7);
  },
});

Deno.test({
  name: "hold() tells why a script failed",
  ...requires("namespaces"),
  async fn() {
    await assert.rejects(hold(["ip link add bad type nonsense"]), {
      message: /^Cannot make a private network: .*Unknown device type/,
    });
  },
});

Deno.test({
  name: "prefix() runs nothing whose parent is gone by then: the kernel would never tell of its death",
  ...requires("namespaces"),
  async fn() {
    await using network = await loneHost();
    const run = (parent?: number | null): Promise<ProcessResult> =>
      runProgram([...network.prefix(undefined, parent), "echo", "runs"]);
    assert.deepEqual([(await run()).stdout, (await run(null)).stdout], ["runs\n", "runs\n"]);
    const gone = await run(1);
    assert.deepEqual([gone.code, gone.stdout], [1, ""]);
  },
});
