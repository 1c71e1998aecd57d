import assert from "node:assert/strict";
import { createLab } from "../../lib/lab/mod.ts";
import { loneHost, twoPaths } from "../support/two_paths.ts";
import type { ProbeResult } from "../../lib/probe/mod.ts";
import { mptArgv, type ProcessResult } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { clientIn, mptIn, serveIn } from "./mpt.ts";

/** With the transports of the kernel alone: of quic others tell. */
const TARGET = "mptcp@10.77.1.2:4433";

function resultOf({ stdout, stderr }: ProcessResult): ProbeResult {
  assert.match(stdout, /^\{/, stderr);
  return JSON.parse(stdout);
}

Deno.test({
  name: "mpt probe finds both paths of a network, with their interfaces and both views",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using _server = await serveIn(network);
    const probed = await clientIn(network, "probe", "--json", "--require", "mptcp", TARGET);
    assert.equal(probed.code, 0, probed.stderr);
    const { endpoints: [endpoint], verdicts } = resultOf(probed);
    const { mptcp } = endpoint!;
    assert.equal(endpoint!.interface, "path1");
    assert.equal(mptcp.status, "yes");
    assert.deepEqual(
      mptcp.paths.map((
        path,
      ) => [path.id, path.local.split(":")[0], path.remote, path.interface, path.state, path.status]),
      [
        [0, "10.77.1.1", "10.77.1.2:4433", "path1", "active", "available"],
        [1, "10.77.2.1", "10.77.2.2:4433", "path2", "active", "available"],
      ],
    );
    assert(mptcp.paths.every(({ rtt_ms }) => rtt_ms !== null && rtt_ms > 0));
    assert.deepEqual(mptcp.joins.map(({ id, state }) => [id, state]), [[1, "active"]]);
    assert(mptcp.joins[0]!.active_ms !== null && mptcp.joins[0]!.active_ms > 0);
    assert.equal(mptcp.joins_skipped, null);
    // The other end has the same two, seen from its side.
    const { server } = mptcp.detail!;
    assert.deepEqual(
      server?.paths.map(({ local, remote }) => [remote, local]),
      mptcp.paths.map((p) => [p.local, p.remote]),
    );
    assert(server?.addresses.includes("10.77.2.2:4433"), server?.addresses.join(" "));
    assert.deepEqual([verdicts[0]?.code, verdicts[0]?.level], ["mptcp-works", "ok"]);
    assert.match(verdicts[0]!.text, /over 2 paths\.$/);

    const text = await clientIn(network, "probe", TARGET);
    assert.match(text.stdout, /^✓ MPTCP works to 10\.77\.1\.2:4433 over 2 paths\.\n/);
    assert.match(
      text.stdout,
      /^ {2}1 +10\.77\.2\.1:\d+ +10\.77\.2\.2:4433 +path2 +active +available +\S+ ms$/m,
    );
    assert.match(text.stdout, /^The server sees mptcp over 2 paths: 10\.77\.1\.1:\d+ to /m);
  },
});

Deno.test({
  name: "what mpt serve says to type on the other machine works there",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using server = network.spawn("server", mptArgv(["serve"]), { deadlineMs: 60_000 });
    const [, args = ""] = await server.line(/^ {2}mpt (probe .*)$/);
    const probed = await clientIn(network, ...args.split(" "), "--require", "mptcp", "-t", "mptcp");
    assert.equal(probed.code, 0, `mpt ${args}: ${probed.stderr}`);
  },
});

Deno.test({
  name: "mpt probe probes every address of a name, both families side by side",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using server = await serveIn(network);
    const hosts = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(hosts, "10.77.1.2 dual\nfd77:0:0:1::2 dual\n");
      await network.namespaces.output(undefined, ["mount", "--bind", hosts, "/etc/hosts"]);
      const probed = await clientIn(network, "probe", "--json", "--join-timeout", "0", "dual:4433");
      assert.equal(probed.code, 0, probed.stderr);
      const { dns, endpoints, target } = resultOf(probed);
      assert.deepEqual(target, { host: "dual", port: 4433 });
      assert.deepEqual(dns?.map(({ type, status, answers }) => [type, status, answers]), [
        ["AAAA", "ok", ["fd77:0:0:1::2"]],
        ["A", "ok", ["10.77.1.2"]],
      ]);
      assert.deepEqual(
        endpoints.map(({ address, family, tcp, mptcp }) => [address, family, tcp.status, mptcp.status]),
        [["fd77:0:0:1::2", 6, "yes", "yes"], ["10.77.1.2", 4, "yes", "yes"]],
      );
      const pinned = await clientIn(network, "probe", "--json", "--join-timeout", "0", "mptcp6@dual:4433");
      assert.deepEqual(resultOf(pinned).endpoints.map(({ family }) => family), [6]);

      // mpt bench takes the first address where mpt serve answers.
      await server[Symbol.asyncDispose]();
      await using _ipv4 = await serveIn(network, "--listen", "mptcp4@10.77.1.2:4433");
      const bench = await clientIn(network, "bench", "--json", "-t", "mptcp", "--bytes", "1000", "dual:4433");
      assert.equal(bench.code, 0, bench.stderr);
      assert.match(bench.stdout, /"address": "10\.77\.1\.2"/);
    } finally {
      await Deno.remove(hosts);
    }
  },
});

Deno.test({
  name: "mpt probe shows a backup path as one",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await createLab(twoPaths({}, { backup: true }));
    await using _server = await serveIn(network);
    const { endpoints: [endpoint] } = resultOf(await clientIn(network, "probe", "--json", TARGET));
    assert.deepEqual(endpoint!.mptcp.paths.map(({ id, status }) => [id, status]), [[0, "available"], [
      1,
      "backup",
    ]]);
  },
});

Deno.test({
  name: "mpt probe does not wait for paths with --join-timeout 0, nor where this host opens none",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await createLab({ ...twoPaths(), mptcp: "none" });
    await using _server = await serveIn(network);
    const none = resultOf(await clientIn(network, "probe", "--json", "--join-timeout", "0", TARGET));
    assert.equal(none.endpoints[0]!.mptcp.joins_skipped, "the wait is 0");
    assert.deepEqual(none.verdicts.map(({ code, level }) => [code, level]), [["mptcp-works", "ok"]]);
    const probed = resultOf(await clientIn(network, "probe", "--json", TARGET));
    assert.match(
      probed.endpoints[0]!.mptcp.joins_skipped!,
      /^this host allows no further subflow \(ip mptcp limits/,
    );
    assert.deepEqual(probed.endpoints[0]!.mptcp.paths.length, 1);
    assert.deepEqual(probed.verdicts.map(({ code, level, fix }) => [code, level, fix]), [
      ["mptcp-works", "ok", null],
      ["join-limit-local", "warn", "ip mptcp limits set subflows 2"],
    ]);

    await network.output("client", [
      "ip",
      "mptcp",
      "limits",
      "set",
      "subflows",
      "2",
      "add_addr_accepted",
      "0",
    ]);
    const limited = resultOf(await clientIn(network, "probe", "--json", TARGET));
    assert.match(
      limited.endpoints[0]!.mptcp.joins_skipped!,
      /no subflow endpoint .* accepts no announced address/,
    );
  },
});

Deno.test({
  name: "mpt probe waits --join-timeout for a path that does not come",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using _server = await serveIn(network);
    await network.output("client", ["ip", "link", "set", "path2", "down"]);
    const probed = resultOf(await clientIn(network, "probe", "--json", "--join-timeout", "0.4", TARGET));
    const { mptcp } = probed.endpoints[0]!;
    assert.deepEqual([mptcp.status, mptcp.joins_skipped, mptcp.joins.filter((j) => j.state === "active")], [
      "yes",
      null,
      [],
    ]);
    assert.deepEqual(probed.verdicts.map(({ code }) => code), ["mptcp-works", "join-no-route"]);
  },
});

Deno.test({
  name: "without MPTCP in the kernel mpt probe leaves it open, and mpt serve needs --fallback tcp",
  ...requires("namespaces", "mptcp"),
  async fn() {
    await using network = await loneHost();
    await network.output(undefined, ["sh", "-c", "echo 0 > /proc/sys/net/mptcp/enabled"]);
    const served = await mptIn(network, "serve", "--json", "--listen", "mptcp@127.0.0.1:4433");
    assert.equal(served.code, 3, served.stderr);
    assert.match(
      served.stderr,
      /^mpt: Cannot open an MPTCP socket: net\.mptcp\.enabled is 0\n {5}try: sysctl -w net\.mptcp\.enabled=1, or --fallback tcp to serve plain TCP\n$/,
    );
    assert.match(served.stdout, /"code": "ERR_MPTCP_DISABLED"/);

    const { mptArgv } = await import("../support/command.ts");
    const argv = mptArgv([
      "serve",
      "--listen",
      "mptcp@127.0.0.1:4433",
      "--fallback",
      "tcp",
      "--color",
      "never",
    ]);
    await using fallback = network.spawn(undefined, argv);
    await fallback.line(/^listening on tcp@127\.0\.0\.1:4433 instead of mptcp: .*net\.mptcp\.enabled is 0/);

    const target = "127.0.0.1:4433";
    const probed = await mptIn(network, "probe", "--json", target);
    assert.equal(probed.code, 0, probed.stderr);
    const { tcp, mptcp } = resultOf(probed).endpoints[0]!;
    assert.deepEqual([tcp.status, mptcp.status, mptcp.detail?.error], [
      "yes",
      "unknown",
      "ERR_MPTCP_DISABLED",
    ]);
    assert.equal(mptcp.reason, "this host cannot: net.mptcp.enabled is 0");
    assert.equal((await mptIn(network, "probe", "--require", "mptcp", target)).code, 3);
    assert.equal((await mptIn(network, "probe", "--require", "tcp", target)).code, 0);
    const bench = await mptIn(network, "bench", "--bytes", "1000", "--color", "never", target);
    assert.equal(bench.code, 0, bench.stderr);
    assert.match(
      bench.stdout,
      /^\? What MPTCP is worth for the download is unknown: .*net\.mptcp\.enabled is 0/m,
    );
  },
});

Deno.test({
  name: "mpt probe says what the network did: no route, no answer, no name; and so does mpt serve of a name",
  ...requires("namespaces", "ffi"),
  async fn() {
    await using network = await loneHost();
    const noRoute = await mptIn(network, "probe", "--json", "192.0.2.1:443");
    assert.equal(noRoute.code, 3, noRoute.stderr);
    assert.deepEqual(resultOf(noRoute).endpoints.map(({ tcp }) => [tcp.status, tcp.detail?.error]), [
      ["unknown", "ERR_NO_ROUTE"],
    ]);

    // A neighbour that is not there takes every packet and answers none.
    const hole = [
      "ip link add hole type veth peer name end",
      "ip addr add 192.0.2.9/24 dev hole",
      "ip link set hole up",
      "ip link set end up",
      "ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 nud permanent dev hole",
    ];
    for (const command of hole) await network.output(undefined, command.split(" "));
    const silent = await mptIn(network, "probe", "--json", "--connect-timeout", "0.3", "mptcp@192.0.2.1:443");
    assert.equal(silent.code, 1, silent.stderr);
    const { endpoints: [endpoint], verdicts } = resultOf(silent);
    assert.deepEqual([endpoint!.tcp.status, endpoint!.tcp.reason, endpoint!.tcp.detail?.error], [
      "no",
      "no answer in 0.3 s",
      "ERR_TIMED_OUT",
    ]);
    assert.match(verdicts.map(({ code }) => code).join(" "), /tcp-fails$/);
    const cut = await mptIn(network, "probe", "--json", "--timeout", "0.3", "192.0.2.1:443");
    assert.equal(cut.code, 3, cut.stderr);
    assert.deepEqual([resultOf(cut).end.reason, resultOf(cut).endpoints[0]!.tcp.status], [
      "timeout",
      "unknown",
    ]);

    const files = await Deno.makeTempDir();
    try {
      // No name server is reachable from here.
      await Deno.writeTextFile(
        `${files}/resolv.conf`,
        "nameserver 127.0.0.1\noptions attempts:1 timeout:1\n",
      );
      await network.output(undefined, ["mount", "--bind", `${files}/resolv.conf`, "/etc/resolv.conf"]);
      const noName = await mptIn(network, "probe", "--json", "no-such-name.test:443");
      assert.equal(noName.code, 3, noName.stdout);
      assert.match(noName.stdout, /"code": "ERR_NAME_LOOKUP"/);
      const served = await mptIn(network, "serve", "--json", "--listen", "tcp@no-such-name.test:4433");
      assert.equal(served.code, 3, served.stdout);
      assert.match(
        served.stderr,
        /^mpt: Cannot listen on no-such-name\.test: the resolver failed \(EAI_\w+\)\n$/,
      );
    } finally {
      await Deno.remove(files, { recursive: true });
    }
  },
});

Deno.test({
  name: "mpt probe tells a fallback in the handshake from one when data flows",
  ...requires("namespaces", "mptcp", "tool:nft"),
  async fn() {
    const strips: readonly (readonly [string, string, boolean, string])[] = [
      [
        "reset tcp option mptcp",
        "the connection fell back to TCP in the handshake",
        false,
        "option-stripped-syn",
      ],
      [
        "tcp flags & syn == 0 reset tcp option mptcp",
        "the connection fell back to TCP when data flowed",
        true,
        "option-stripped-after-handshake",
      ],
    ];
    for (const [rule, reason, atFirst, cause] of strips) {
      await using network = await createLab(twoPaths());
      await using _server = await serveIn(network);
      await network.output("server", ["nft", "add", "table", "inet", "box"]);
      await network.output("server", [
        "nft",
        "add chain inet box in { type filter hook prerouting priority -300; }",
      ]);
      await network.output("server", ["nft", `add rule inet box in ${rule}`]);
      const probed = await clientIn(network, "probe", "--json", "--require", "mptcp", TARGET);
      assert.equal(probed.code, 1, probed.stderr);
      const { tcp, mptcp } = resultOf(probed).endpoints[0]!;
      assert.deepEqual([tcp.status, mptcp.status, mptcp.reason], ["yes", "no", reason]);
      assert.deepEqual([mptcp.negotiated_after_connect, mptcp.negotiated_after_data], [atFirst, false]);
      assert.deepEqual([mptcp.fallback?.cause, mptcp.fallback?.certainty], [cause, "proved"]);
      assert.deepEqual([mptcp.detail?.server?.transport, mptcp.paths.length], ["tcp", 1]);
    }
  },
});
