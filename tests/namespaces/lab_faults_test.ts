import assert from "node:assert/strict";
import { createLab, type Lab, type LinkKind } from "../../lib/lab/mod.ts";
import { missing, requires } from "../support/requires.ts";
import { answers, pings } from "./lab/measure.ts";

const KINDS: readonly LinkKind[] = ["veth", ...(missing("tun") === null ? ["emulated" as const] : [])];

/** Whether the first path of a lab answers over both families. */
async function works(lab: Lab): Promise<boolean> {
  const both = await Promise.all([
    answers(lab, "10.77.1.1", "10.78.1.2"),
    answers(lab, "fd77:0:0:1::1", "fd78:0:0:1::2"),
  ]);
  assert.equal(both[0], both[1]);
  return both[0];
}

async function faultsOf(lab: Lab): Promise<readonly string[] | undefined> {
  return (await lab.status({ measure: false })).paths[0]?.faults;
}

for (const link of KINDS) {
  Deno.test({
    name: `a path goes down and up again over ${link}; its addresses take no other way meanwhile`,
    ...requires("namespaces", "tool:ping"),
    async fn() {
      await using lab = await createLab({ link, paths: [{}, {}] });
      await lab.set("path1", { state: "down" });
      assert.equal(await works(lab), false);
      assert.deepEqual(await faultsOf(lab), ["down"]);
      assert.match(await lab.output("client", ["ip", "link", "show", "dev", "path1"]), /state DOWN/);
      assert.equal(await answers(lab, "10.77.2.1", "10.78.2.2"), true);
      await lab.set("path1", { state: "up" });
      assert.equal(await works(lab), true);
      assert.deepEqual(await faultsOf(lab), []);
    },
  });

  Deno.test({
    name: `a black hole swallows silently and counts, one way or both, over ${link}`,
    ...requires("namespaces", "tool:ping", "tool:nft", "tool:ethtool"),
    async fn() {
      await using lab = await createLab({ link, paths: [{}, {}] });
      for (const direction of ["up", "down", "both"] as const) {
        await lab.set("path1", { blackhole: true, direction });
        assert.equal(await works(lab), false);
        await lab.set("path1", { blackhole: false });
        assert.equal(await works(lab), true);
      }
      await lab.set("path1", { blackhole: true });
      // Nothing tells the client: its packets leave, and no error comes back.
      const { stderr, stdout } = await lab.run("client", [
        "ping",
        "-c1",
        "-W1",
        "-I",
        "10.77.1.1",
        "10.78.1.2",
      ]);
      assert.match(`${stdout}${stderr}`, /1 packets transmitted, 0 received, 100% packet loss/);
      const [path] = (await lab.status()).paths;
      assert.deepEqual([path?.rttMs, path?.faults, path?.state], [null, ["black hole"], "up"]);
      const swallowed = path?.up.droppedByBlackhole ?? 0;
      assert(swallowed >= 6, `only ${swallowed} were counted`);
    },
  });

  Deno.test({
    name: `the addresses of a path go and come back, over ${link}`,
    ...requires("namespaces", "tool:ping"),
    async fn() {
      await using lab = await createLab({ link, paths: [{}, {}] });
      await lab.set("path1", { address: "removed" });
      const shown = await lab.output("client", [
        "ip",
        "-br",
        "addr",
        "show",
        "dev",
        "path1",
        "scope",
        "global",
      ]);
      assert.doesNotMatch(shown, /10\.77|fd77/);
      assert.deepEqual(await faultsOf(lab), ["address removed"]);
      await lab.set("path1", { state: "down" });
      await lab.set("path1", { address: "present", state: "up" });
      assert.equal(await works(lab), true);
      await lab.set("path1", { address: "removed", state: "down" });
      await lab.set("path1", { state: "up" });
      assert.deepEqual(await faultsOf(lab), ["address removed"]);
      await lab.set("path1", { address: "present" });
      assert.equal(await works(lab), true);
    },
  });
}

Deno.test({
  name: "Lab.set() refuses what a link cannot do, with what mends it, and changes nothing",
  ...requires("namespaces", "tool:ping"),
  async fn() {
    await using lab = await createLab({ router: false, paths: [{}, {}] });
    await assert.rejects(lab.set("path1", { delayMs: 80, state: "down" }), {
      code: "ERR_NOT_SUPPORTED",
      message: "Cannot use delayMs: path1 is a veth link, which has rate and random loss alone",
      fix: 'make the path with link = "emulated" (mpt lab: --link emulated)',
    });
    await assert.rejects(lab.set("path1", { resetNewFlows: true, state: "down" }), {
      code: "ERR_NOT_SUPPORTED",
    });
    await assert.rejects(lab.set("path3", { state: "down" }), /"path3" as a path: there are path1, path2/);
    await assert.rejects(lab.set("path1", { loss: 2 }), /2 as loss: it is not from 0 to 1/);
    assert.deepEqual(await faultsOf(lab), []);
    assert.equal(await answers(lab, "10.77.1.1", "10.77.1.2"), true);
  },
});

Deno.test({
  name: "Lab.set() makes changes in the order in which they were asked for",
  ...requires("namespaces", "tool:ping"),
  async fn() {
    await using lab = await createLab({ paths: [{}] });
    await Promise.all([
      lab.set("path1", { state: "down" }),
      lab.set("path1", { blackhole: true }),
      lab.set("path1", { state: "up" }),
      lab.set("path1", { blackhole: false }),
    ]);
    assert.deepEqual(await faultsOf(lab), []);
    assert.equal(await works(lab), true);
  },
});

Deno.test({
  name: "the router of a lab resets new flows of a path and strips MPTCP, and Lab.status() tells",
  ...requires("namespaces", "mptcp", "tool:nft", "tool:ethtool", "tool:iperf3", "tool:mptcpize"),
  async fn() {
    await using lab = await createLab({ paths: [{ nat: true }, {}] });
    await using server = lab.spawn("server", ["iperf3", "-s", "--forceflush"]);
    await server.line(/Server listening/);
    const connect = async (from: string): Promise<number> =>
      (await lab.run("client", ["iperf3", "-c", "10.78.1.2", "-B", from, "-n", "1K"])).code;
    await lab.set("path2", { resetNewFlows: true });
    assert.equal(await connect("10.77.2.1"), 1);
    assert.equal(await connect("10.77.1.1"), 0);
    await lab.set("path2", { resetNewFlows: false });
    assert.equal(await connect("10.77.2.1"), 0);
    await lab.set("path1", { rebind: true });
    await lab.addMiddlebox({ kind: "strip", option: "mptcp", packets: "syn" });
    const { code } = await lab.run("client", ["mptcpize", "run", "iperf3", "-c", "10.78.1.2", "-n", "1K"]);
    assert.equal(code, 0);
    const { paths, middleboxes } = await lab.status({ measure: false });
    assert.deepEqual(paths.map(({ rebinds, resetNewFlows }) => [rebinds, resetNewFlows]), [[1, false], [
      0,
      false,
    ]]);
    assert.deepEqual(middleboxes.map(({ box }) => box.kind), ["nat", "strip"]);
    assert((middleboxes[1]?.packets ?? 0) > 0);
    assert(JSON.parse(JSON.stringify(middleboxes)));
    await lab.clearMiddleboxes();
    assert.deepEqual((await lab.middleboxes()).map(({ box }) => box.kind), ["nat"]);
  },
});

Deno.test({
  name: "the losses that were counted stay counted when the loss changes",
  ...requires("namespaces", "tool:ping", "tool:nft", "tool:ethtool"),
  async fn() {
    await using lab = await createLab({ paths: [{ loss: 1, ipv6: false }] });
    assert.equal((await pings(lab, "10.77.1.1", "10.78.1.2", 3)).length, 0);
    await lab.set("path1", { loss: 0 });
    assert.equal((await pings(lab, "10.77.1.1", "10.78.1.2", 3)).length, 3);
    const { paths } = await lab.status({ measure: false });
    assert.equal(paths[0]?.up.droppedByLoss, 3);
    assert.deepEqual(paths[0]?.faults, ["loss of 0%"]);
  },
});
