import assert from "node:assert/strict";
import type { Counters } from "../../lib/mptcp/counters.ts";
import { requires } from "../support/requires.ts";
import { active, MiddleboxNetwork, negotiated } from "./middlebox/network.ts";

const NEEDS = requires("namespaces", "mptcp", "tool:nft", "tool:ethtool");

Deno.test({
  name: "without middleboxes MPTCP uses both paths of a routed network, with either family",
  ...NEEDS,
  async fn() {
    await using network = await MiddleboxNetwork.serving();
    for (const family of [4, 6] as const) {
      const story = await network.exchange({ family, paths: 2 });
      assert.deepEqual([story.error, story.multipath, active(story)], [null, true, ["path1", "path2"]]);
      assert.deepEqual(negotiated(story), { SYNTX: 1, SYNACKRX: 1 });
    }
    assert.deepEqual(await network.lab.middleboxes(), []);
  },
});

Deno.test({
  name: "strip takes the options out of the segments that it is told, as client and server count them",
  ...NEEDS,
  async fn(t) {
    await using network = await MiddleboxNetwork.serving();
    for (const family of [4, 6] as const) {
      await t.step(`IPv${family}: out of the SYN: the server sees TCP, the client falls back`, async () => {
        await network.only({ kind: "strip", packets: "syn" });
        const { story, server } = await network.exchangeBothSides({ family });
        assert.deepEqual([story.error, story.multipath], [null, false]);
        assert.deepEqual(negotiated(story), { SYNTX: 1, FallbackSYNACK: 1 });
        assert.equal(server.get("MPTcpExtMPCapableSYNRX"), undefined);
        assert.equal(story.server?.in_force, "tcp");
        assert(await network.hits() > 0);
      });

      await t.step(`IPv${family}: out of the SYN/ACK, which goes down`, async () => {
        await network.only({ kind: "strip", packets: "synack", direction: "down" });
        const { story, server } = await network.exchangeBothSides({ family });
        assert.deepEqual([story.error, story.multipath], [null, false]);
        assert.deepEqual(negotiated(story), { SYNTX: 1, FallbackSYNACK: 1 });
        assert.equal(server.get("MPTcpExtMPCapableSYNRX"), 1);
        assert.equal(server.get("MPTcpExtMPCapableFallbackACK"), 1);
        assert(await network.hits() > 0);
      });
    }

    await t.step("a SYN/ACK does not go up: nothing happens", async () => {
      await network.only({ kind: "strip", packets: "synack", direction: "up" });
      const story = await network.exchange();
      assert.deepEqual([story.multipath, await network.hits()], [true, 0]);
    });

    await t.step("out of everything after the SYN: fallback with the first data", async () => {
      await network.only({ kind: "strip", packets: "after-syn" });
      const story = await network.exchange();
      assert.deepEqual([story.error, story.multipath], [null, false]);
      assert.deepEqual(negotiated(story), { SYNTX: 1, SYNACKRX: 1, DataFallback: 1 });
    });
  },
});

Deno.test({
  name: "strip by subtype: without MP_JOIN there is one path, and only on the path that it is told",
  ...NEEDS,
  async fn(t) {
    await using network = await MiddleboxNetwork.serving();

    await t.step("MP_JOIN on every path: the server never sees a join", async () => {
      await network.only({ kind: "strip", option: "mp-join" });
      const { story, server } = await network.exchangeBothSides({ paths: "sent" });
      assert.deepEqual([story.multipath, active(story)], [true, ["path1"]]);
      assert.equal(server.get("MPTcpExtMPJoinSynRx"), undefined);
      assert(await network.hits() > 0);
    });

    await t.step("MP_JOIN on the path where none goes: both paths", async () => {
      await network.only({ kind: "strip", option: "mp-join", path: "path1" });
      const story = await network.exchange({ paths: 2 });
      assert.deepEqual([active(story), await network.hits()], [["path1", "path2"], 0]);
    });

    await t.step("MP_CAPABLE: fallback", async () => {
      await network.only({ kind: "strip", option: "mp-capable", packets: "syn", path: "path1" });
      assert.deepEqual(negotiated(await network.exchange()), { SYNTX: 1, FallbackSYNACK: 1 });
    });
  },
});

Deno.test({
  name: "drop swallows the segments that it is told, and MPTCP does with each what the kernel does",
  ...NEEDS,
  async fn(t) {
    await using network = await MiddleboxNetwork.serving();

    await t.step("SYNs with MP_CAPABLE: TCP after a retransmission, and a black hole is noted", async () => {
      // One retransmission, after a second, instead of three.
      await network.shell("client", "echo 0 > /proc/sys/net/mptcp/syn_retrans_before_tcp_fallback");
      await network.only({ kind: "drop", option: "mp-capable", packets: "syn" });
      const story = await network.exchange();
      assert.deepEqual([story.error, story.multipath], [null, false]);
      assert.deepEqual(negotiated(story), { SYNTX: 1, SYNTXDrop: 1 });
      assert.equal(story.counters["MPTcpExtBlackhole"], 1);
      assert.equal(await network.hits(), 1);
      // Writing it forgets the black hole.
      await network.shell("client", "echo 3600 > /proc/sys/net/mptcp/blackhole_timeout");
    });

    await t.step("every SYN on a path: the join is sent and never arrives", async () => {
      await network.only({ kind: "drop", option: "any", packets: "syn", path: "path2" });
      const { story, server } = await network.exchangeBothSides({ paths: "sent" });
      assert.deepEqual([story.multipath, active(story)], [true, ["path1"]]);
      assert.equal(server.get("MPTcpExtMPJoinSynRx"), undefined);
      assert(await network.hits() > 0);
    });

    await t.step("segments with DSS: connected, and then nothing", async () => {
      await network.only({ kind: "drop", option: "dss", packets: "after-syn", direction: "up" });
      const story = await network.exchange({ dataMs: 300 });
      assert.deepEqual([story.failed, story.error], ["data", "ERR_ABORTED"]);
      assert.deepEqual(negotiated(story), { SYNTX: 1, SYNACKRX: 1 });
      assert(await network.hits() > 0);
    });

    await t.step("blackhole on a path: the join goes nowhere, the other path works", async () => {
      await network.only({ kind: "blackhole", path: "path2" });
      const { story, server } = await network.exchangeBothSides({ paths: "sent" });
      assert.deepEqual(active(story), ["path1"]);
      assert.equal(server.get("MPTcpExtMPJoinSynRx"), undefined);
    });

    await t.step("blackhole of one way back: the server sees the join, the client no answer", async () => {
      await network.only({ kind: "blackhole", path: "path2", direction: "down" });
      const { story, server } = await network.exchangeBothSides({ paths: "sent" });
      assert.deepEqual(active(story), ["path1"]);
      assert.equal(server.get("MPTcpExtMPJoinSynRx"), 1);
      assert.equal(server.get("MPTcpExtMPJoinAckRx"), undefined);
    });
  },
});

Deno.test({
  name: "drop of ADD_ADDR: the server announces its second address, and the client never hears of it",
  ...NEEDS,
  async fn() {
    await using network = await MiddleboxNetwork.serving({ paths: [{}, {}], mptcp: "signal" });
    const free = await network.exchange({ paths: 2 });
    assert(free.counters["MPTcpExtAddAddr"]! > 0);
    await network.only({ kind: "drop", option: "add-addr" });
    const announces = ({ server }: { readonly server: Counters }) => server.has("MPTcpExtAddAddrTx");
    let both = await network.exchangeBothSides();
    // A worker of the kernel announces; on a busy machine a short connection is over before.
    for (let again = 0; !announces(both) && again < 20; again++) {
      both = await network.exchangeBothSides();
    }
    assert(announces(both));
    const { story } = both;
    assert.deepEqual([story.multipath, active(story)], [true, ["path1"]]);
    assert.equal(story.counters["MPTcpExtAddAddr"], undefined);
    assert(await network.hits() > 0);
  },
});

Deno.test({
  name: "reject refuses SYNs: a reset is a refused connection, ICMP one that is prohibited",
  ...NEEDS,
  async fn(t) {
    await using network = await MiddleboxNetwork.serving();

    for (const family of [4, 6] as const) {
      for (const transport of ["tcp", "mptcp"] as const) {
        await t.step(`IPv${family}, ${transport}: reset`, async () => {
          await network.only({ kind: "reject" });
          const story = await network.exchange({ family, transport });
          assert.deepEqual([story.failed, story.error], ["connect", "ERR_REFUSED"]);
          assert(await network.hits() > 0);
        });
      }
      await t.step(`IPv${family}: ICMP`, async () => {
        await network.only({ kind: "reject", how: "icmp-admin-prohibited" });
        const { story, server } = await network.exchangeBothSides({ family, transport: "tcp" });
        // RFC 1812 and RFC 4443 3.1: the kernel makes them "host unreachable" and "permission denied".
        assert.deepEqual([story.failed, story.error], ["connect", "ERR_UNREACHABLE"]);
        assert.equal(server.get("TcpPassiveOpens"), undefined);
      });
    }

    await t.step("only SYNs with an MPTCP option: TCP gets through", async () => {
      await network.only({ kind: "reject", option: "mptcp" });
      assert.equal((await network.exchange({ transport: "tcp" })).error, null);
      assert.equal((await network.exchange({ transport: "mptcp" })).error, "ERR_REFUSED");
    });

    await t.step("resetNewFlows of a path: its joins are reset, and no more when it is off", async () => {
      await network.only();
      await network.lab.set("path2", { resetNewFlows: true });
      assert.deepEqual(await network.lab.middleboxes(), []);
      const { paths } = await network.lab.status({ measure: false });
      assert.deepEqual(paths.map(({ resetNewFlows }) => resetNewFlows), [false, true]);
      const { story, server } = await network.exchangeBothSides({ paths: "sent" });
      assert.deepEqual(active(story), ["path1"]);
      assert.equal(server.get("MPTcpExtMPJoinSynRx"), undefined);
      await network.lab.set("path2", { resetNewFlows: false });
      assert.deepEqual(active(await network.exchange({ paths: 2 })), ["path1", "path2"]);
    });
  },
});
