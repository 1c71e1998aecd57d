import assert from "node:assert/strict";
import fc from "fast-check";
import { createLab } from "../../lib/lab/create_lab.ts";
import { formatMiddlebox, parseMiddlebox } from "../../lib/lab/plan/middlebox_text.ts";
import { parseTimeline } from "../../lib/lab/plan/timeline.ts";
import { play } from "../../lib/lab/player.ts";
import { anyMiddlebox } from "../lib/lab/plan/middleboxes.ts";
import { AS_NOBODY, requires } from "../support/requires.ts";
import { active, MiddleboxNetwork, negotiated } from "./middlebox/network.ts";

const NEEDS = requires("namespaces", "mptcp", "tool:nft", "tool:ethtool");

/** Where the server of a path sees the router come from. */
function routerAddress(network: MiddleboxNetwork, family: 4 | 6, path: number): string {
  const { ipv4, ipv6 } = network.lab.plan.paths[path - 1]!.router!.server;
  return (family === 4 ? ipv4 : ipv6)!;
}

/** The address without its port, as mpt prints them. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

Deno.test({
  name: "nat shows the server the router's address on each path, and both paths work",
  ...NEEDS,
  async fn() {
    await using network = await MiddleboxNetwork.serving();
    await network.only({ kind: "nat" });
    for (const family of [4, 6] as const) {
      const story = await network.exchange({ family, paths: 2 });
      assert.deepEqual([story.multipath, active(story)], [true, ["path1", "path2"]]);
      assert.deepEqual(
        story.server?.paths.map(({ remote }) => hostOf(remote)).toSorted(),
        // Both go to the address that the client knows, each through its own NAT.
        [routerAddress(network, family, 1), routerAddress(network, family, 1)],
      );
    }
    // Two flows for each connection.
    assert.equal(await network.hits(), 4);

    await network.only({ kind: "nat", path: "path2" });
    const { server } = await network.exchange({ paths: 2 });
    assert.deepEqual(
      server?.paths.map(({ remote }) => hostOf(remote)).toSorted(),
      ["10.77.1.1", routerAddress(network, 4, 1)],
    );
  },
});

Deno.test({
  name: "rebind() gives flows under way another port, on one path and in both families",
  ...NEEDS,
  async fn() {
    await using network = await MiddleboxNetwork.make();
    const [path1, path2] = network.lab.plan.paths;
    await network.only({ kind: "nat" });
    const port = await network.serveUdp();
    const clients = ([[path1!, 4], [path1!, 6], [path2!, 4]] as const).map(([path, family]) => {
      const local = family === 4 ? path.client.ipv4! : path.client.ipv6!;
      const client = network.program(
        "client",
        "udp_client.ts",
        local,
        network.server(family, path.index),
        String(port),
      );
      return { client, address: routerAddress(network, family, path.index) };
    });
    const ports = await Promise.all(clients.map(async ({ client, address }) => {
      const [, seen, from] = await client.line(/^same (\S+) (\d+)$/);
      assert.equal(seen, address);
      return Number(from);
    }));

    await network.lab.set("path1", { rebind: true });
    // Only flows of path 1 get another port; each line is a change.
    const after = await Promise.all(
      clients.slice(0, 2).map(async ({ client, address }, index) => {
        const [, port] = await client.line(new RegExp(`^same ${address} (?!${ports[index]}$)(\\d+)$`));
        return Number(port);
      }),
    );
    assert.equal(clients[2]!.client.stdout, `same ${clients[2]!.address} ${ports[2]}\n`);
    const { paths } = await network.lab.status({ measure: false });
    assert.deepEqual(paths.map(({ rebinds }) => rebinds), [1, 0]);

    await network.lab.set("path1", { rebind: true });
    await clients[0]!.client.line(
      new RegExp(`^same ${clients[0]!.address} (?!${ports[0]}$|${after[0]}$)(\\d+)$`),
    );
    await network.lab.set("path2", { rebind: true });
    await clients[2]!.client.line(new RegExp(`^same ${clients[2]!.address} (?!${ports[2]}$)(\\d+)$`));

    await network.only();
    await assert.rejects(network.lab.set("path1", { rebind: true }), {
      code: "ERR_USAGE",
      message: "Cannot rebind the NAT of path1: it has none",
      fix: "mpt lab middlebox add nat,path=path1",
    });
  },
});

Deno.test({
  name: "rebinding ends a TCP connection under way: the server resets what comes from another port",
  ...requires("namespaces", "ffi", "tool:nft", "tool:ethtool", "tool:python3"),
  async fn() {
    await using lab = await createLab({ paths: [{ nat: true }] });
    const peer = (script: string): readonly string[] => ["python3", "-uc", `import socket, time\n${script}`];
    const server = lab.spawn(
      "server",
      peer([
        "listener = socket.create_server(('10.78.1.2', 0))",
        "print('port', listener.getsockname()[1])",
        "connection, _ = listener.accept()",
        "while data := connection.recv(100): connection.send(data)",
      ].join("\n")),
    );
    const [, port] = await server.line(/^port (\d+)$/);
    const client = lab.spawn(
      "client",
      peer([
        `connection = socket.create_connection(('10.78.1.2', ${port}))`,
        "while True:",
        "  connection.send(b'x'); connection.recv(1); print('echo'); time.sleep(0.02)",
      ].join("\n")),
    );
    await client.line(/^echo$/);
    await lab.set("path1", { rebind: true });
    await client.line(/ConnectionResetError/, "stderr");
  },
});

Deno.test({
  name: "proxy ends connections in the router: TCP at both ends, from the router's address at the server",
  ...NEEDS,
  async fn(t) {
    await using network = await MiddleboxNetwork.serving();
    for (const family of [4, 6] as const) {
      await t.step(`IPv${family}: on every path: fallback`, async () => {
        await network.only({ kind: "proxy" });
        const { story, server } = await network.exchangeBothSides({ family });
        assert.deepEqual([story.error, story.multipath], [null, false]);
        assert.deepEqual(negotiated(story), { SYNTX: 1, FallbackSYNACK: 1 });
        assert.equal(server.get("MPTcpExtMPCapableSYNRX"), undefined);
        assert.deepEqual([story.server?.in_force, story.server?.multipath], ["tcp", false]);
        assert.deepEqual(story.server?.paths.map(({ remote }) => hostOf(remote)), [
          routerAddress(network, family, 1),
        ]);
        assert.equal(await network.hits(), 1);
      });
    }

    await t.step("on the other path: a join ends in the proxy, the connection stays MPTCP", async () => {
      await network.only({ kind: "proxy", path: "path2" });
      const { story, server } = await network.exchangeBothSides({ paths: "sent" });
      assert.deepEqual([story.multipath, active(story)], [true, ["path1"]]);
      assert.equal(server.get("MPTcpExtMPJoinSynRx"), undefined);
      assert.equal(await network.hits(), 1);
    });

    await t.step("for another port: nothing happens", async () => {
      await network.only({ kind: "proxy", port: network.port === 1 ? 2 : 1 });
      const story = await network.exchange({ paths: 2 });
      assert.deepEqual([active(story), await network.hits()], [["path1", "path2"], 0]);
    });

    await t.step("a server that does not listen: the proxy can only reset", async () => {
      await network.only({ kind: "proxy" });
      const story = await network.exchange({ transport: "tcp", port: 9 });
      // It may come before the client has looked at its handshake.
      assert.equal(story.error, "ERR_RESET");
    });
  },
});

for (const delayMs of [0, 1]) {
  Deno.test({
    name: `corrupt changes payload that TCP believes and MPTCP does not, delay ${delayMs} ms`,
    ...requires("namespaces", "mptcp", "tool:nft", "tool:ethtool", ...(delayMs > 0 ? ["tun"] as const : [])),
    async fn() {
      await using network = await MiddleboxNetwork.serving({ paths: [{ delayMs }, {}] });
      for (const host of ["client", "server"] as const) {
        await network.shell(host, "echo 1 > /proc/sys/net/mptcp/checksum_enabled");
      }
      // The sender fills in the checksum itself, as on a real wire: the middlebox has to mend it. A TUN
      // device does so anyway.
      if (delayMs === 0) await network.shell("client", "ethtool -K path1 tx off >/dev/null");
      await network.only({ kind: "corrupt", direction: "up", path: "path1" });
      for (const family of [4, 6] as const) {
        const { server } = await network.exchangeBothSides({ family, dataMs: 600 });
        assert(server.get("MPTcpExtDataCsumErr")! > 0, `IPv${family}`);
        assert.equal(server.get("TcpInCsumErrors"), undefined);
      }
      assert(await network.hits() > 0);
    },
  });
}

Deno.test({
  name: "corrupt and drop-udp act on UDP of both families, as often and on the port that they are told",
  ...requires("namespaces", "tool:nft", "tool:ethtool"),
  async fn(t) {
    await using network = await MiddleboxNetwork.make();
    await network.shell("client", "ethtool -K path1 tx off >/dev/null");
    const port = await network.serveUdp();
    for (const family of [4, 6] as const) {
      const { ipv4, ipv6 } = network.lab.plan.paths[0]!.client;
      const local = (family === 4 ? ipv4 : ipv6)!;
      const start = () =>
        network.program("client", "udp_client.ts", local, network.server(family), String(port));

      await t.step(
        `IPv${family}: half of the datagrams come altered, none is lost to its checksum`,
        async () => {
          await network.only({ kind: "corrupt", probability: 0.5, direction: "up" });
          await using client = start();
          await client.line(/^altered /);
          await client.line(/^same /);
          const counters = await network.counters("server");
          assert.equal(counters.get("UdpInCsumErrors"), 0);
          assert(!(counters.get("Udp6InCsumErrors")! > 0));
        },
      );

      await t.step(`IPv${family}: drop-udp of its port and of every port, in either direction`, async () => {
        for (
          const box of [
            { kind: "drop-udp" },
            { kind: "drop-udp", port, direction: "up" },
            { kind: "drop-udp", port, direction: "down", path: "path1" },
          ] as const
        ) {
          await network.only(box);
          await using client = start();
          while (await network.hits() < 3) { /* each look takes a while */ }
          assert.equal(client.stdout, "");
          await network.only({ kind: "drop-udp", port: port === 1 ? 2 : 1 });
          await client.line(/^same /);
          assert.equal(await network.hits(), 0);
        }
      });
    }
  },
});

Deno.test({
  name: "counters go on when other middleboxes come and go, and a refused change leaves all as it was",
  ...requires("namespaces", "ffi", "tool:nft"),
  async fn() {
    await using network = await MiddleboxNetwork.make({ paths: [{}, { nat: true }] });
    const { lab } = network;
    const story = () => network.exchange({ transport: "tcp", address: network.server(4), port: 9 });
    await lab.addMiddlebox({ kind: "reject" });
    await story();
    await lab.addMiddlebox({ kind: "blackhole", path: "path2" });
    await lab.removeMiddlebox({ kind: "blackhole", path: "path2" });
    await story();
    assert.deepEqual((await lab.middleboxes()).map(({ text, packets }) => [text, packets]), [
      ["nat,path=path2", 0],
      ["reject", 2],
    ]);
    await assert.rejects(lab.addMiddlebox({ kind: "blackhole", path: "path9" }), {
      code: "ERR_INVALID_VALUE",
      message: 'Cannot place a middlebox blackhole: there is no path "path9"; the lab has path1, path2',
    });
    await assert.rejects(lab.removeMiddlebox({ kind: "proxy" }), {
      code: "ERR_INVALID_VALUE",
      message: "Cannot take away proxy: there is nat,path=path2 reject",
    });
    // NAT that the path was made with is no fault to clear.
    await Promise.all([lab.clearMiddleboxes(), lab.addMiddlebox({ kind: "blackhole" })]);
    assert.deepEqual((await lab.middleboxes()).map(({ text }) => text), ["nat,path=path2", "blackhole"]);
  },
});

Deno.test({
  name: "without a router there is no place for middleboxes",
  ...requires("namespaces"),
  async fn() {
    await using lab = await createLab({ paths: [{}], router: false });
    await assert.rejects(lab.addMiddlebox({ kind: "strip" }), {
      code: "ERR_NOT_SUPPORTED",
      message: "Cannot place strip: the lab has no router",
      fix: "make the lab with router = true (mpt lab: without --no-router)",
    });
  },
});

Deno.test({
  name: "nft takes the rules of any list of middleboxes",
  ...requires("namespaces", "ffi", "tool:nft", "tool:ethtool"),
  async fn() {
    await using network = await MiddleboxNetwork.make();
    for (const boxes of fc.sample(fc.array(anyMiddlebox(["path1", "path2"]), { maxLength: 4 }), 20)) {
      await network.only(...boxes);
      const texts = (await network.lab.middleboxes()).map(({ text }) => text);
      assert.deepEqual(texts, boxes.map(formatMiddlebox));
    }
  },
});

Deno.test({
  name: "a timeline does to a lab what it says",
  ...requires("namespaces", "ffi", "tool:nft", "tool:ethtool"),
  async fn() {
    await using lab = await createLab({ paths: [{}, { nat: true }] });
    const { end, steps } = await play(
      lab,
      parseTimeline(`
        at 10ms set path1 --reset-new-flows
        after 0 middlebox add strip,option=mp-join
        after 5ms middlebox add drop-udp
        after 5ms set path2 --rebind
        after 5ms middlebox remove strip,option=mp-join
        after 5ms set path2 --blackhole --direction up
      `),
    );
    assert.deepEqual([end, steps.length], ["done", 6]);
    assert(steps.every(({ beganMs, atMs }) => beganMs >= atMs));
    const { paths, middleboxes } = await lab.status({ measure: false });
    assert.deepEqual(paths.map(({ rebinds, faults }) => [rebinds, faults]), [
      [0, ["new flows reset"]],
      [1, ["black hole (up)"]],
    ]);
    assert.deepEqual(middleboxes.map(({ text }) => text), ["nat,path=path2", "drop-udp"]);
    await assert.rejects(play(lab, parseTimeline("\nat 0 set path3 --down")), {
      code: "ERR_INVALID_VALUE",
      message: /^Cannot play line 2 of the timeline: .*"path3"/,
    });
  },
});

Deno.test({
  name: "middleboxes, NAT, rebinding and proxy need no right, in a user namespace",
  ...requires("user-namespaces", "deno-for-nobody", "ffi", "tool:nft", "tool:ethtool"),
  async fn() {
    const launcher = Deno.uid() === 0 ? AS_NOBODY : [];
    await using lab = await createLab({ paths: [{ nat: true }] }, { launcher });
    for (const text of ["strip", "corrupt", "reject,how=icmp-admin-prohibited", "proxy"]) {
      await lab.addMiddlebox(parseMiddlebox(text));
    }
    await lab.set("path1", { rebind: true, resetNewFlows: true });
    assert.equal((await lab.middleboxes()).length, 5);
  },
});
