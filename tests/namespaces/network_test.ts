import assert from "node:assert/strict";
import { hold } from "../../lib/lab/namespaces.ts";
import { privateNetwork, twoPathNetwork } from "../../tasks/two_path_network.ts";
import { output, ROOT, start } from "../support/command.ts";
import { AS_NOBODY, requires } from "../support/requires.ts";

Deno.test({
  name: "twoPathNetwork() has two paths, MPTCP limits and an announced address",
  ...requires("namespaces"),
  async fn() {
    await using network = await twoPathNetwork();
    for (const side of ["client", "server"] as const) {
      const limits = await network.output(side, ["ip", "mptcp", "limits", "show"]);
      assert.match(limits, /add_addr_accepted 4 subflows 4/);
      const routes = await network.output(side, ["ip", "-4", "route", "show"]);
      assert.match(routes, /10\.0\.1\.0\/24 dev path1 .*\n10\.0\.2\.0\/24 dev path2/);
      const [ipv6] = network.addresses[side].ipv6;
      const addresses = await network.output(side, [
        "ip",
        "-6",
        "addr",
        "show",
        "dev",
        "path1",
        "scope",
        "global",
      ]);
      assert(addresses.includes(ipv6) && !addresses.includes("tentative"), addresses);
    }
    const endpoints = await network.output("server", ["ip", "mptcp", "endpoint", "show"]);
    assert.match(endpoints, /^10\.0\.2\.2 id 1 signal dev path2/);
  },
});

Deno.test({
  name: "two networks at once do not disturb each other",
  ...requires("namespaces"),
  async fn() {
    const before = await output(["ip", "-o", "link", "show"]);
    await using first = await twoPathNetwork();
    await using second = await twoPathNetwork({ joins: false });
    await first.output("client", ["ip", "link", "set", "path1", "down"]);
    assert.match(await second.output("client", ["ip", "link", "show", "path1"]), /state UP/);
    assert.match(await first.output("client", ["ip", "mptcp", "limits", "show"]), /subflows 4/);
    assert.match(await second.output("client", ["ip", "mptcp", "limits", "show"]), /subflows 0/);
    assert.equal(await output(["ip", "-o", "link", "show"]), before);
  },
});

Deno.test({
  name: "twoPathNetwork({ rateMbit }) limits each path",
  ...requires("namespaces", "tool:iperf3"),
  async fn() {
    await using network = await twoPathNetwork({ rateMbit: [50, 20] });
    const rates: number[] = [];
    for (const address of network.addresses.server.ipv4) {
      await using server = network.spawn("server", ["iperf3", "-s", "-1", "--forceflush"]);
      await server.line(/Server listening/);
      const report: unknown = JSON.parse(
        await network.output("client", ["iperf3", "-c", address, "-t", "1", "-J"]),
      );
      rates.push(receivedMbit(report));
    }
    const [first = 0, second = 0] = rates;
    assert(first > 25 && first < 52, `path 1 carried ${first} Mbit/s`);
    assert(second > 10 && second < 21, `path 2 carried ${second} Mbit/s`);
  },
});

Deno.test({
  name: "privateNetwork() has a loopback interface and settings of its own",
  ...requires("namespaces", "mptcp", "tool:curl"),
  async fn() {
    await using network = await privateNetwork();
    await network.output(["sh", "-c", "echo 0 > /proc/sys/net/mptcp/enabled"]);
    assert.equal(await network.output(["cat", "/proc/sys/net/mptcp/enabled"]), "0\n");
    assert.equal(await Deno.readTextFile("/proc/sys/net/mptcp/enabled"), "1\n");
    // 7 is "refused": the loopback interface is up, and nobody listens.
    assert.equal((await network.run(["curl", "-s", "http://127.0.0.1:1/"])).code, 7);
  },
});

Deno.test({
  name: "a network can be made without being root",
  ...requires("root", "user-namespaces"),
  async fn() {
    await using network = await twoPathNetwork({ launcher: AS_NOBODY, rateMbit: [50, 50] });
    assert.equal(network.namespaces.mode, "user");
    assert.match(await network.output("client", ["ip", "mptcp", "limits", "show"]), /subflows 4/);
    assert.match(await network.output("server", ["tc", "qdisc", "show", "dev", "path2"]), /rate 50Mbit/);
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
  name: "a network and what runs in it vanish when their owner is killed",
  ...requires("namespaces"),
  fn: () => vanishes([]),
});

Deno.test({
  name: "a network made without being root vanishes when its owner is killed",
  ...requires("root", "user-namespaces"),
  fn: () => vanishes(AS_NOBODY),
});

/** Lets another process make a network, kills it, and waits for the end of all that it left. */
async function vanishes(launcher: readonly string[]): Promise<void> {
  const script = `
    import { twoPathNetwork } from "${new URL("../../tasks/two_path_network.ts", import.meta.url)}";
    const network = await twoPathNetwork({ launcher: ${JSON.stringify(launcher)} });
    const child = network.spawn("server", ["sleep", "600"], { deadlineMs: 600_000 });
    console.log("pids", network.namespaces.pid, child.pid);
  `;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, script);
    const owner = start([Deno.execPath(), "run", "--quiet", "--allow-all", "--no-check", file], {
      cwd: ROOT,
    });
    const [, ...pids] = await owner.line(/^pids (\d+) (\d+)$/);
    assert(pids.every(alive), "the network does not run");
    await owner[Symbol.asyncDispose]();
    await assert.doesNotReject(gone(pids));
  } finally {
    await Deno.remove(file);
  }
}

/** Whether a process runs; one that has ended but was not yet reaped does not. */
function alive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** Resolves when none of the processes runs; nothing tells of the end of another's children. */
async function gone(pids: readonly string[]): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  while (pids.some(alive)) {
    if (signal.aborted) throw new Error(`Cannot see the end of ${pids.filter(alive)}: still running`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function receivedMbit(report: unknown): number {
  const { end } = report as { readonly end: { readonly sum_received: { readonly bits_per_second: number } } };
  return end.sum_received.bits_per_second / 1e6;
}
