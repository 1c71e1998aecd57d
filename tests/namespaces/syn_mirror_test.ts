import { createLab } from "../../lib/lab/mod.ts";
import { twoPaths } from "../support/two_paths.ts";
import assert from "node:assert/strict";
import type { Namespaces } from "../../lib/lab/namespaces.ts";
import type { Tristate } from "../../lib/base/path.ts";
import type { SynMirrorAsk } from "../../lib/probe/ask_syn_mirror.ts";
import { mptArgv, ROOT, type RunningProcess } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { middlebox, routerNetwork, ruleset } from "./router_network.ts";

const PORT = 4433;
const MIRROR = 4434;

type Asked = SynMirrorAsk & { readonly arrived: Tristate };
type Host = Pick<Namespaces, "spawn" | "output">;

async function serveIn(network: Host, ...args: readonly string[]): Promise<RunningProcess> {
  const argv = mptArgv(["serve", "--ndjson", "--syn-mirror-port", String(MIRROR), ...args]);
  const server = network.spawn("server", argv, { deadlineMs: 60_000 });
  await server.line(/"event":"syn-mirror"/);
  return server;
}

async function ask(network: Host, ...args: readonly string[]): Promise<Asked> {
  const script = `${ROOT}/tests/namespaces/sources/ask_mirror.ts`;
  const argv = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", script, ...args];
  return JSON.parse(await network.output("client", argv, { cwd: ROOT, deadlineMs: 30_000 }));
}

function names({ answer }: Asked): readonly string[] {
  return answer!.options!.map(({ name, subtype }) => subtype === null ? name : `${name}/${subtype}`);
}

Deno.test({
  name: "the SYN mirror sees MP_CAPABLE and TTL 64 without a router between, over IPv4 and IPv6",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using _server = await serveIn(
      { spawn: (_, ...rest) => network.spawn("server", ...rest), output: () => Promise.reject() },
    );
    const host: Host = {
      spawn: (_, ...rest) => network.spawn("client", ...rest),
      output: (_, ...rest) => network.output("client", ...rest),
    };
    for (
      const [family, client, server] of [[4, "10.77.1.1", "10.77.1.2"], [
        6,
        "[fd77:0:0:1::1]",
        "fd77:0:0:1::2",
      ]] as const
    ) {
      const asked = await ask(host, "mptcp", server, String(MIRROR));
      assert.equal(asked.error, null);
      assert.equal(asked.arrived, "yes");
      assert.equal(asked.sent_mp_capable, "yes");
      assert.equal(asked.answer!.ttl, 64);
      assert.equal(asked.answer!.family, family);
      assert.equal(asked.answer!.source, asked.local);
      assert(asked.local!.startsWith(`${client}:`));
      const option = asked.answer!.options!.find(({ kind }) => kind === 30);
      // RFC 8684 3.1: version 1, HMAC-SHA256
      assert.equal(option?.hex, "1e040101");
      const plain = await ask(host, "tcp", server, String(MIRROR));
      assert.deepEqual([plain.arrived, plain.sent_mp_capable], ["unknown", "no"]);
      assert(names(plain).includes("MSS") && !names(plain).some((name) => name.startsWith("MPTCP")));
    }
  },
});

for (const [family, server] of [[4, "10.2.1.2"], [6, "fd02:1::2"]] as const) {
  Deno.test({
    name: `the SYN mirror sees what a router does to the options of an IPv${family} SYN`,
    ...requires("namespaces", "mptcp", "tool:nft"),
    async fn() {
      await using network = await routerNetwork();
      await using _server = await serveIn(network);
      const straight = await ask(network, "mptcp", server, String(MIRROR));
      assert.deepEqual([straight.arrived, straight.answer?.ttl, straight.error], ["yes", 63, null]);

      await middlebox(network, "tcp flags & (syn|ack) == syn reset tcp option mptcp");
      const stripped = await ask(network, "mptcp", server, String(MIRROR));
      assert.deepEqual([stripped.arrived, stripped.sent_mp_capable], ["no", "yes"]);
      // The kernel's `reset tcp option` writes a NOP over each of the option's 4 bytes.
      const added = names(stripped).filter((name) => name === "NOP").length -
        names(straight).filter((name) => name === "NOP").length;
      assert.equal(added, 4);
      assert.equal(stripped.answer!.ttl, 63);

      await middlebox(
        network,
        "tcp flags & (syn|ack) == syn tcp option mptcp subtype 1 reset tcp option mptcp",
      );
      assert.equal((await ask(network, "mptcp", server, String(MIRROR))).arrived, "yes");

      await middlebox(network, "tcp flags & syn == syn tcp option maxseg size set 1100");
      const clamped = await ask(network, "tcp", server, String(MIRROR), "1213");
      assert.equal(clamped.answer!.options!.find(({ kind }) => kind === 2)?.hex, "0204044c");
    },
  });
}

Deno.test({
  name: "a SYN that this host sent without MP_CAPABLE, after a black hole, is not held against the network",
  ...requires("namespaces", "mptcp", "tool:nft"),
  async fn() {
    await using network = await routerNetwork();
    await using _server = await serveIn(network);
    await middlebox(network, "tcp flags & (syn|ack) == syn tcp option mptcp exists drop");
    const dropped = await ask(network, "mptcp", "10.2.1.2", String(MIRROR));
    // The third SYN left without the option and arrived.
    assert.deepEqual([dropped.arrived, dropped.sent_mp_capable, dropped.error], ["unknown", "no", null]);
    await middlebox(network);
    const after = await ask(network, "mptcp", "10.2.1.2", String(MIRROR));
    assert.deepEqual([after.arrived, after.sent_mp_capable], ["unknown", "no"]);
    await network.output("client", ["sysctl", "-qw", "net.mptcp.blackhole_timeout=3600"]);
    assert.equal((await ask(network, "mptcp", "10.2.1.2", String(MIRROR))).arrived, "yes");
  },
});

Deno.test({
  name: "the check answer names the SYN mirror's port, and the mirror shows the address behind a NAT",
  ...requires("namespaces", "mptcp", "tool:nft", "tool:curl"),
  async fn() {
    await using network = await routerNetwork();
    await using _server = await serveIn(network);
    const chain = 'type nat hook postrouting priority 100; oifname "s1" masquerade;';
    await ruleset(network, `table ip nat {\nchain p { ${chain} }\n}`);
    const check = JSON.parse(await network.output("client", ["curl", "-s", `http://10.2.1.2:${PORT}/`]));
    assert.equal(check.syn_mirror_port, MIRROR);
    const asked = await ask(network, "mptcp", "10.2.1.2", String(check.syn_mirror_port));
    assert.equal(asked.arrived, "yes");
    assert.match(asked.local!, /^10\.1\.1\.2:/);
    assert.match(asked.answer!.source, /^10\.2\.1\.1:/);
    assert.equal(asked.answer!.destination, `10.2.1.2:${MIRROR}`);
  },
});
