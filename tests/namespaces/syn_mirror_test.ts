import assert from "node:assert/strict";
import type { Tristate } from "../../lib/base/path.ts";
import { createLab, type Lab, type LabOptions } from "../../lib/lab/mod.ts";
import type { SynMirrorAsk } from "../../lib/probe/ask_syn_mirror.ts";
import { mptArgv, ROOT, type RunningProcess } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { twoPaths } from "../support/two_paths.ts";

const PORT = 4433;
const MIRROR = 4434;

/** Two paths through a router. */
const ROUTED: LabOptions = { paths: [{}, {}] };

/** A table of nftables that makes segments of every connection smaller, as many home routers do. */
const CLAMP = "table inet clamp { chain f { type filter hook forward priority 0; " +
  "tcp flags & syn == syn tcp option maxseg size set 1100; }; }";

type Asked = SynMirrorAsk & { readonly arrived: Tristate };

async function serveIn(lab: Lab, ...args: readonly string[]): Promise<RunningProcess> {
  const argv = mptArgv(["serve", "--ndjson", "--syn-mirror-port", String(MIRROR), ...args]);
  const server = lab.spawn("server", argv, { deadlineMs: 60_000 });
  await server.line(/"event":"syn-mirror"/);
  return server;
}

async function ask(lab: Lab, ...args: readonly string[]): Promise<Asked> {
  const script = `${ROOT}/tests/namespaces/sources/ask_mirror.ts`;
  const argv = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", script, ...args];
  return JSON.parse(await lab.output("client", argv, { cwd: ROOT, deadlineMs: 30_000 }));
}

function names({ answer }: Asked): readonly string[] {
  return answer!.options!.map(({ name, subtype }) => subtype === null ? name : `${name}/${subtype}`);
}

Deno.test({
  name: "the SYN mirror sees MP_CAPABLE and TTL 64 without a router between, over IPv4 and IPv6",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using lab = await createLab(twoPaths());
    await using _server = await serveIn(lab);
    for (
      const [family, client, server] of [[4, "10.77.1.1", "10.77.1.2"], [
        6,
        "[fd77:0:0:1::1]",
        "fd77:0:0:1::2",
      ]] as const
    ) {
      const asked = await ask(lab, "mptcp", server, String(MIRROR));
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
      const plain = await ask(lab, "tcp", server, String(MIRROR));
      assert.deepEqual([plain.arrived, plain.sent_mp_capable], ["unknown", "no"]);
      assert(names(plain).includes("MSS") && !names(plain).some((name) => name.startsWith("MPTCP")));
    }
  },
});

for (const [family, server] of [[4, "10.78.1.2"], [6, "fd78:0:0:1::2"]] as const) {
  Deno.test({
    name: `the SYN mirror sees what a router does to the options of an IPv${family} SYN`,
    ...requires("namespaces", "mptcp", "tool:nft"),
    async fn() {
      await using lab = await createLab(ROUTED);
      await using _server = await serveIn(lab);
      const straight = await ask(lab, "mptcp", server, String(MIRROR));
      assert.deepEqual([straight.arrived, straight.answer?.ttl, straight.error], ["yes", 63, null]);

      await lab.addMiddlebox({ kind: "strip", option: "mptcp", packets: "syn" });
      const stripped = await ask(lab, "mptcp", server, String(MIRROR));
      assert.deepEqual([stripped.arrived, stripped.sent_mp_capable], ["no", "yes"]);
      // The kernel's `reset tcp option` writes a NOP over each of the option's 4 bytes.
      const added = names(stripped).filter((name) => name === "NOP").length -
        names(straight).filter((name) => name === "NOP").length;
      assert.equal(added, 4);
      assert.equal(stripped.answer!.ttl, 63);

      await lab.clearMiddleboxes();
      await lab.addMiddlebox({ kind: "strip", option: "mp-join", packets: "syn" });
      assert.equal((await ask(lab, "mptcp", server, String(MIRROR))).arrived, "yes");

      await lab.output("router", ["nft", CLAMP]);
      const clamped = await ask(lab, "tcp", server, String(MIRROR), "1213");
      assert.equal(clamped.answer!.options!.find(({ kind }) => kind === 2)?.hex, "0204044c");
    },
  });
}

Deno.test({
  name: "a SYN that this host sent without MP_CAPABLE, after a black hole, is not held against the network",
  ...requires("namespaces", "mptcp", "tool:nft"),
  async fn() {
    await using lab = await createLab(ROUTED);
    await using _server = await serveIn(lab);
    await lab.addMiddlebox({ kind: "drop", option: "mptcp", packets: "syn" });
    const dropped = await ask(lab, "mptcp", "10.78.1.2", String(MIRROR));
    // The third SYN left without the option and arrived.
    assert.deepEqual([dropped.arrived, dropped.sent_mp_capable, dropped.error], ["unknown", "no", null]);
    await lab.clearMiddleboxes();
    const after = await ask(lab, "mptcp", "10.78.1.2", String(MIRROR));
    assert.deepEqual([after.arrived, after.sent_mp_capable], ["unknown", "no"]);
    await lab.output("client", ["sysctl", "-qw", "net.mptcp.blackhole_timeout=3600"]);
    assert.equal((await ask(lab, "mptcp", "10.78.1.2", String(MIRROR))).arrived, "yes");
  },
});

Deno.test({
  name: "the check answer names the SYN mirror's port, and the mirror shows the address behind a NAT",
  ...requires("namespaces", "mptcp", "tool:nft", "tool:curl"),
  async fn() {
    await using lab = await createLab({ paths: [{ nat: true }, {}] });
    await using _server = await serveIn(lab);
    const check = JSON.parse(await lab.output("client", ["curl", "-s", `http://10.78.1.2:${PORT}/`]));
    assert.equal(check.syn_mirror_port, MIRROR);
    const asked = await ask(lab, "mptcp", "10.78.1.2", String(check.syn_mirror_port));
    assert.equal(asked.arrived, "yes");
    assert.match(asked.local!, /^10\.77\.1\.1:/);
    assert.match(asked.answer!.source, /^10\.78\.1\.254:/);
    assert.equal(asked.answer!.destination, `10.78.1.2:${MIRROR}`);
  },
});
