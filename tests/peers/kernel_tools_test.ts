import assert from "node:assert/strict";
import { createLab, type Lab, type LabHost } from "../../lib/lab/mod.ts";
import { twoPaths } from "../support/two_paths.ts";
import type { PathJson } from "../../lib/base/path_json.ts";
import type { CheckAnswer } from "../../lib/protocol/check.ts";
import { ROOT, type RunningProcess } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import type { Held } from "./holding_client.ts";
import { checkBy, PORT, startServe } from "./support.ts";

const needs = requires("namespaces", "mptcp", "tool:ss", "tool:nstat", "tool:ip", "tool:curl");

/** A live two-path connection to `mpt serve` on which nothing moves. */
interface Live extends AsyncDisposable {
  readonly network: Lab;
  readonly held: Held;
}

async function liveConnection(
  watch: (network: Lab) => Promise<void> = async () => {},
): Promise<Live> {
  await using stack = new AsyncDisposableStack();
  const network = stack.use(await createLab(twoPaths()));
  await startServe(network);
  await watch(network);
  const script = `${ROOT}/tests/peers/holding_client.ts`;
  const argv = [Deno.execPath(), "run", "--quiet", "--allow-all", script, "10.77.1.2", String(PORT)];
  const client = network.spawn("client", argv, { deadlineMs: 60_000 });
  const [line] = await client.line(/^\{.*\}$/);
  const kept = stack.move();
  return { network, held: JSON.parse(line), [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** The TCP sockets of a host that belong to port 4433, one line each. */
async function subflows(network: Lab, side: LabHost): Promise<readonly string[]> {
  const port = `${side === "client" ? "dport" : "sport"} = :${PORT}`;
  const text = await network.output(side, ["ss", "-tniHO", "state", "connected", port]);
  return text.trim().split("\n").toSorted();
}

/** `ADDRESS > ADDRESS` of a line of ss; joins are shown with their interface: `10.77.2.1%path2:40000`. */
function addressesOf(line: string): string {
  const [local, remote] = line.match(/\S+:\d+(?=\s)/g)!.filter((word) => /\d+\.\d+\.\d+\.\d+/.test(word));
  const plain = (address: string): string => address.replace(/%\w+/, "").replace(/^\[::ffff:(.*)\]/, "$1");
  return `${plain(local!)} > ${plain(remote!)}`;
}

function numberIn(line: string, name: string): number {
  const found = new RegExp(`\\s${name}:([\\d.]+)`).exec(line)?.[1];
  // What is zero, ss leaves out.
  return found === undefined ? 0 : Number(found);
}

function identity(path: PathJson): string {
  return `${path.local} > ${path.remote}`;
}

Deno.test({
  name: "both ends' paths are the sockets that ss -t shows there, no more and no fewer",
  ...needs,
  async fn() {
    await using live = await liveConnection();
    const { network, held } = live;
    assert.equal(held.paths.length, 2);
    const client = await subflows(network, "client");
    assert.deepEqual(client.map(addressesOf).toSorted(), held.paths.map(identity).toSorted());
    const server = await subflows(network, "server");
    assert.deepEqual(server.map(addressesOf).toSorted(), held.check.paths.map(identity).toSorted());
    // One connection, seen from both ends.
    const turned = held.check.paths.map(({ local, remote }) => `${remote} > ${local}`);
    assert.deepEqual(turned.toSorted(), held.paths.map(identity).toSorted());
  },
});

Deno.test({
  name: "at a quiet moment bytes, congestion window, MSS, path MTU and RTT are those of ss -ti",
  ...needs,
  async fn() {
    await using live = await liveConnection();
    const { network, held } = live;
    const lines = new Map((await subflows(network, "client")).map((line) => [addressesOf(line), line]));
    for (const path of held.paths) {
      const line = lines.get(identity(path))!;
      assert.deepEqual({
        bytes_sent: path.bytes_sent,
        bytes_received: path.bytes_received,
        bytes_retransmitted: path.bytes_retransmitted,
        cwnd_bytes: path.cwnd_bytes,
        mtu: path.mtu,
        min_rtt_ms: path.min_rtt_ms,
        rtt_ms: path.rtt_ms,
      }, {
        bytes_sent: numberIn(line, "bytes_sent"),
        bytes_received: numberIn(line, "bytes_received"),
        bytes_retransmitted: numberIn(line, "bytes_retrans"),
        cwnd_bytes: numberIn(line, "cwnd") * numberIn(line, "mss"),
        mtu: numberIn(line, "pmtu"),
        min_rtt_ms: numberIn(line, "minrtt"),
        rtt_ms: numberIn(line, "rtt"),
      });
    }
    const received = held.paths.reduce((sum, path) => sum + path.bytes_received, 0);
    assert(received > 5_000_000 && held.paths.every((path) => path.bytes_received > 0), `${received} bytes`);
  },
});

Deno.test({
  name: "ss -M shows one connection with as many further subflows as there are further paths",
  ...needs,
  async fn() {
    await using live = await liveConnection();
    const { network, held } = live;
    for (const [side, paths] of [["client", held.paths], ["server", held.check.paths]] as const) {
      const text = await network.output(side, ["ss", "-MniHO", "state", "connected"]);
      const lines = text.trim().split("\n").filter((line) => line.includes(`:${PORT} `));
      assert.equal(lines.length, 1, text);
      const first = paths.find((path) => path.id === 0)!;
      assert.equal(addressesOf(lines[0]!), identity(first));
      assert.equal(numberIn(lines[0]!, "subflows"), paths.length - 1);
    }
  },
});

Deno.test({
  name: "ip mptcp monitor saw the paths come up that both ends report",
  ...needs,
  async fn() {
    let monitor: RunningProcess | undefined;
    await using live = await liveConnection(async (network) => {
      monitor = network.spawn("client", ["ip", "mptcp", "monitor"], { deadlineMs: 60_000 });
      await subscribed(monitor);
    });
    const [initial, join] = live.held.paths.toSorted((a, b) => a.id - b.id);
    for (const [event, path] of [["ESTABLISHED", initial!], ["SF_ESTABLISHED", join!]] as const) {
      const [line] = await monitor!.line(new RegExp(`^\\[ *${event}\\] .*$`));
      const field = (name: string): string => new RegExp(`\\b${name}=(\\S+)`).exec(line)![1]!;
      assert.equal(
        `${field("saddr4")}:${field("sport")} > ${field("daddr4")}:${field("dport")}`,
        identity(path),
      );
    }
    const endpoints = await live.network.output("server", ["ip", "mptcp", "endpoint", "show"]);
    const [announced] = endpoints.split(" ");
    assert.equal(join!.remote, `${announced}:${PORT}`);
    assert(live.held.check.addresses.includes(join!.remote), `${live.held.check.addresses}`);
  },
});

Deno.test({
  name: "the counters of GET / are those of nstat on the server",
  ...needs,
  async fn() {
    await using live = await liveConnection();
    const { network } = live;
    for (let attempt = 1;; attempt++) {
      const before = await nstat(network);
      const check = await checkBy(network, ["curl", "-s", `http://10.77.1.2:${PORT}/`]);
      const after = await nstat(network);
      // The kernel may count something of the live connection in between; then look again.
      if (JSON.stringify(before) !== JSON.stringify(after) && attempt < 10) continue;
      assert.deepEqual(countersOf(check), after);
      assert.equal(check.counters["MPTcpExtMPCapableACKRX"], 1);
      assert.equal(check.counters["MPTcpExtMPJoinAckRx"], 1);
      assert.equal(check.counters["MPTcpExtMPCurrEstab"], 1);
      break;
    }
  },
});

/** What is not told is not 0: nstat leaves out what is. */
function countersOf(check: CheckAnswer): Readonly<Record<string, number>> {
  const { counters } = check;
  assert.equal(counters["MPTcpExtMPFailTx"], 0);
  return Object.fromEntries(
    Object.entries(counters).filter(([name, value]) => name.startsWith("MPTcpExt") && value !== 0).toSorted(),
  );
}

/** The MPTCP counters of the server that are not zero. */
async function nstat(network: Lab): Promise<Readonly<Record<string, number>>> {
  const report: { readonly kernel: Readonly<Record<string, number>> } = JSON.parse(
    await network.output("server", ["nstat", "--json", "--ignore", "--noupdate"]),
  );
  const found = Object.entries(report.kernel).filter(([name, value]) =>
    name.startsWith("MPTcpExt") && value !== 0
  );
  return Object.fromEntries(found.toSorted());
}

/** Resolves when a monitor has subscribed to the kernel's events, of which it says nothing. */
async function subscribed(monitor: RunningProcess): Promise<void> {
  const until = performance.now() + 10_000;
  const path = `/proc/${monitor.pid}/net/netlink`;
  for (;;) {
    const lines = (await Deno.readTextFile(path)).split("\n").map((line) => line.trim().split(/\s+/));
    // Protocol 16 is generic netlink; the fourth column is the mask of subscribed groups.
    if (
      lines.some(([, protocol, pid, groups]) => protocol === "16" && pid !== "0" && groups !== "00000000")
    ) {
      return;
    }
    if (performance.now() > until) throw new Error("Cannot go on: ip mptcp monitor does not listen");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
