import assert from "node:assert/strict";
import { createLab, type Lab } from "../../lib/lab/mod.ts";
import type { ProbeResult } from "../../lib/probe/mod.ts";
import type { ProcessResult } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { twoPaths } from "../support/two_paths.ts";
import { clientIn, serveIn } from "./mpt.ts";

const TARGET = "10.77.1.2:4433";
const LISTEN = ["--listen", "mpquic@[::]:4433"];

function resultOf({ stdout, stderr }: ProcessResult): ProbeResult {
  assert.match(stdout, /^\{/, stderr);
  return JSON.parse(stdout);
}

/** Adds a rule to what arrives at the server. */
async function onServer(network: Lab, rule: string): Promise<void> {
  for (
    const command of [
      "add table inet box",
      "add chain inet box in { type filter hook input priority 0; }",
      `add rule inet box in ${rule}`,
    ]
  ) await network.output("server", ["nft", command]);
}

Deno.test({
  name: "mpt probe mpquic@ finds a path from each interface, and that each carries data",
  ...requires("namespaces", "ffi"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using _server = await serveIn(network, ...LISTEN);
    const probed = await clientIn(network, "probe", "--json", "--require", "mpquic", `mpquic@${TARGET}`);
    assert.equal(probed.code, 0, probed.stderr);
    const { endpoints: [endpoint], verdicts } = resultOf(probed);
    const { quic, mpquic } = endpoint!;
    assert.deepEqual([quic.status, mpquic.status, endpoint!.interface], ["yes", "yes", "path1"]);
    assert(mpquic.max_path_id !== null && mpquic.max_path_id >= 1);
    const up = mpquic.ways.filter(({ validated }) => validated === "yes");
    const interfaces = new Set(up.map((way) => way.interface));
    assert.deepEqual([...interfaces].toSorted(), ["path1", "path2"], JSON.stringify(mpquic.ways));
    assert.deepEqual(up.map((way) => way.carries_data), up.map(() => "yes"));
    assert.equal(mpquic.paths.filter(({ state }) => state === "active").length, up.length);
    // The other end has the same paths, seen from its side
    const { server } = mpquic.detail!;
    assert.equal(server?.transport, "mpquic");
    assert.deepEqual(
      server.paths.map(({ id, remote }) => [id, remote]).toSorted(),
      mpquic.paths.map(({ id, local }) => [id, local]).toSorted(),
    );
    const works = verdicts.find(({ code }) => code === "mpquic-works");
    assert.match(works!.text, new RegExp(`over ${up.length} paths\\.$`));
  },
});

Deno.test({
  name: "mpt probe mpquic@ tells which way stays silent, and goes on with those that work",
  ...requires("namespaces", "ffi", "tool:nft"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using _server = await serveIn(network, ...LISTEN);
    await onServer(network, "ip saddr 10.77.2.1 udp dport 4433 drop");
    const args = ["probe", "--json", "--join-timeout", "1", `mpquic@${TARGET}`];
    const { mpquic } = resultOf(await clientIn(network, ...args)).endpoints[0]!;
    assert.equal(mpquic.status, "yes");
    const silent = mpquic.ways.filter(({ local }) => local === "10.77.2.1");
    assert(silent.length > 0);
    for (const way of silent) {
      assert.notEqual(way.validated, "yes");
      assert.match(way.reason!, /./);
    }
    assert(mpquic.ways.some(({ local, validated }) => local === "10.77.1.1" && validated === "yes"));
  },
});

Deno.test({
  name: "mpt probe tells UDP that is dropped on the way from UDP that is turned away and from no server",
  ...requires("namespaces", "ffi", "tool:nft"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using _server = await serveIn(network, ...LISTEN, "--listen", "tcp@[::]:4433");
    const quic = async (target: string): Promise<readonly [string, string | null]> => {
      const args = ["probe", "--json", "--connect-timeout", "1", "-t", "tcp,quic", target];
      const { status, reason } = resultOf(await clientIn(network, ...args)).endpoints[0]!.quic;
      return [status, reason];
    };
    assert.deepEqual(await quic("10.77.1.2:4434"), ["no", "nothing listens on this UDP port (ICMP says so)"]);
    await onServer(network, "udp dport 4435 reject with icmpx type admin-prohibited");
    const [status, reason] = await quic("10.77.1.2:4435");
    assert.equal(status, "no");
    assert.match(reason!, /\(ICMP says so\)$/);
    for (
      const rule of [
        "add table inet own",
        "add chain inet own out { type filter hook output priority 0; }",
        "add rule inet own out udp dport 4436 drop",
      ]
    ) await network.output("client", ["nft", rule]);
    assert.deepEqual(await quic("10.77.1.2:4436"), [
      "unknown",
      "a firewall of this host does not let it out",
    ]);
    await onServer(network, "ip saddr 10.77.1.1 udp dport 4433 drop");
    assert.deepEqual(await quic(TARGET), ["unknown", "no answer over UDP in 1 s"]);
    // By default, too, and for no longer than that: TCP's answer is not kept for ever
    const text = await clientIn(network, "probe", "-v", "--join-timeout", "0", TARGET);
    assert.match(
      text.stdout,
      /^· Whether QUIC works to 10\.77\.1\.2:4433 is unknown: no answer over UDP in 3 s\.$/m,
    );
    assert.equal(text.code, 0);
  },
});
