import assert from "node:assert/strict";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { MULTIPATH_FRAMES } from "../../../../lib/quic/wire/frame_types.ts";
import { MULTIPATH_DRAFT_13 } from "../../../../lib/quic/wire/multipath.ts";
import { exchange } from "./exchange.ts";
import { Pair } from "./pair.ts";
import { changes, isOn, multipathPair, open, openedPair, pathOf, settle, wayFrom } from "./two_paths.ts";

Deno.test("several paths are negotiated when both ends offer them, and each allows what it said", () => {
  using pair = multipathPair({ client: { initialMaxPathId: 2 }, server: { initialMaxPathId: 5 } }).connect();
  for (const side of ["client", "server"] as const) {
    assert.equal(pair.end(side).multipath, true);
    assert.equal(pair.end(side).core.multipath.limit, 2);
    assert.equal(pair.end(side).core.frameTypes, MULTIPATH_FRAMES);
  }
  assert.equal(pair.client.core.multipath.peerLimit, 5);
});

for (const offer of ["client", "server"] as const) {
  Deno.test(`a ${offer} that alone offers several paths has one`, () => {
    using pair = new Pair({ [offer]: { initialMaxPathId: 4 } }).connect();
    assert.deepEqual([pair.client.multipath, pair.server!.multipath], [false, false]);
    assert.equal(pair.client.openPath(pair.nowUs, wayFrom(0)), "not-negotiated");
    exchange(pair, 20_000, 10_000_000);
  });
}

Deno.test("draft 3.2.1: both ends have a connection id for every path that may be opened", () => {
  using pair = multipathPair().connect();
  settle(pair);
  for (const side of ["client", "server"] as const) {
    for (const pathId of [1, 2, 3, 4]) {
      assert.notEqual(pair.end(side).core.ids.get(pathId)!.remote.current, undefined, `${side} ${pathId}`);
    }
  }
});

Deno.test("a path is opened in the order of the ids, and validated by both ends", () => {
  using pair = openedPair(2);
  assert.deepEqual([...pair.client.core.paths.keys()], [0, 1, 2]);
  assert.deepEqual([...pair.server!.core.paths.keys()], [0, 1, 2]);
  for (const side of ["client", "server"] as const) {
    assert.deepEqual(changes(pair, side), ["1 opened", "1 validated", "2 opened", "2 validated"]);
    for (const id of [0, 1, 2]) assert.equal(pathOf(pair, side, id).phase, "active");
  }
});

Deno.test("draft 3.2.1: a path in use has further connection ids to change to", () => {
  using pair = openedPair(1);
  assert(pathOf(pair, "client", 1).remoteIds.spare >= 1);
  assert(pathOf(pair, "server", 1).remoteIds.spare >= 1);
});

Deno.test("data is spread over two paths and arrives once and in order", () => {
  using pair = openedPair(1);
  exchange(pair, 2_000_000, 60_000_000);
  for (const side of ["client", "server"] as const) {
    for (const id of [0, 1]) {
      const { bytesSent } = pathOf(pair, side, id).counters;
      assert(bytesSent > 300_000, `${side} sent ${bytesSent} on path ${id}`);
    }
  }
});

Deno.test("acknowledgments go the way that the packets came: each path has its own RTT", () => {
  using pair = openedPair(1, {
    fate: (datagram) => isOn(datagram, 0) ? { ...datagram, atUs: datagram.atUs + 40_000 } : datagram,
  });
  exchange(pair, 500_000, 60_000_000);
  for (const side of ["client", "server"] as const) {
    const [first, second] = [0, 1].map((id) => pathOf(pair, side, id).rtt.minUs);
    assert(first! >= 20_000 && first! < 40_000, `${side} ${first}`);
    assert(second! >= 100_000 && second! < 120_000, `${side} ${second}`);
  }
});

Deno.test("draft 5.4: an acknowledgment that for once comes over another path is no sample of the RTT", () => {
  using pair = openedPair(1, {
    fate: (datagram) => isOn(datagram, 0) ? { ...datagram, atUs: datagram.atUs + 40_000 } : datagram,
  });
  const { rtt, space } = pathOf(pair, "client", 1);
  const [first, second] = [0, 1].map((id) => pathOf(pair, "server", id));
  const ask = (): number => {
    space.probes = 1;
    settle(pair);
    assert.equal(space.elicitingInFlight, 0, "it was acknowledged");
    return rtt.samples;
  };
  const before = ask();
  first!.carries = [first!, second!];
  second!.carries = [];
  assert.equal(ask(), before);
  assert(rtt.minUs >= 100_000, `${rtt.minUs}`);
  // A peer that always does so is believed
  assert.equal(ask(), before + 1);
  assert(rtt.minUs < 100_000, `${rtt.minUs}`);
});

Deno.test("8 paths carry data at the same time", () => {
  const eight = { initialMaxPathId: 8 };
  using pair = openedPair(7, { client: eight, server: eight });
  exchange(pair, 3_000_000, 60_000_000);
  for (let id = 0; id < 8; id++) {
    assert(pathOf(pair, "client", id).counters.bytesSent > 50_000, `path ${id}`);
  }
});

Deno.test("openPath() says why it cannot", () => {
  using pair = multipathPair();
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(0)), "handshake-not-confirmed");
  pair.connect();
  settle(pair);
  assert.equal(pair.server!.openPath(pair.nowUs, wayFrom(0)), "server-may-not");
  for (const index of [0, 1, 2, 3]) open(pair, index);
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(4)), "no-path-id");
  pair.client.close(pair.nowUs, 0);
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(4)), "closing");
});

Deno.test("draft 4.7: a client without a path id or a connection id tells the server so, once", () => {
  using pair = openedPair(4);
  const { control } = pair.client.core;
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(4)), "no-path-id");
  assert.deepEqual(control.slice(), [{ kind: "paths_blocked", maximum: 4 }]);
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(4)), "no-path-id");
  assert.equal(control.length, 1);
  settle(pair);
  assert.equal(pair.server!.closeReason, null);

  using early = multipathPair().connect();
  early.client.core.ids.get(1)!.remote.forget();
  for (const id of [2, 3, 4]) early.client.core.ids.get(id)!.remote.forget();
  early.client.core.control.length = 0;
  assert.equal(early.client.openPath(early.nowUs, wayFrom(0)), "no-connection-id");
  assert.equal(early.client.openPath(early.nowUs, wayFrom(0)), "no-connection-id");
  assert.deepEqual(early.client.core.control.map(({ kind }) => kind), ["path_cids_blocked"]);
});

Deno.test("the code points of drafts 13 to 18: everything works with them, and nothing with a mixture", () => {
  const old = { codePoints: MULTIPATH_DRAFT_13 };
  using pair = openedPair(1, { client: old, server: old });
  exchange(pair, 500_000, 20_000_000);
  assert(pathOf(pair, "client", 1).counters.bytesSent > 10_000);
  pair.client.abandonPath(pair.nowUs, 0);
  settle(pair, 3_000_000);
  assert.deepEqual([...pair.server!.core.paths.keys()], [1]);

  using mixed = multipathPair({ client: old }).connect();
  assert.deepEqual([mixed.client.multipath, mixed.server!.multipath], [false, false]);
  assert(mixed.server!.peerParameters!.unknown.some(({ id }) => id === MULTIPATH_DRAFT_13.initialMaxPathId));
});

Deno.test("a server's path that nobody answers on is given up, and its id is used up", () => {
  using pair = multipathPair().connect();
  settle(pair);
  pair.fate = (datagram) => isOn(datagram, 0) ? null : datagram;
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(0)), 1);
  settle(pair, 10_000_000);
  assert.deepEqual(changes(pair, "client").slice(0, 3), ["1 opened", "1 failed", "1 abandoned"]);
  assert.equal(open(pair, 1), 2);
});

Deno.test("the first challenge of a path may get lost", () => {
  using pair = multipathPair().connect();
  settle(pair);
  let lost = 0;
  pair.fate = (datagram) => isOn(datagram, 0) && lost++ < 1 ? null : datagram;
  const startUs = pair.nowUs;
  open(pair, 0);
  assert(pair.nowUs - startUs < 300_000, `${pair.nowUs - startUs}`);
});

Deno.test("disable_active_migration forbids further paths to the address of the handshake", () => {
  using pair = multipathPair().connect();
  settle(pair);
  Object.defineProperty(pair.client.core.peer!, "disableActiveMigration", { value: true });
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(0)), "not-allowed");
});

Deno.test("what is wrong with the second path ends the connection as on the first", () => {
  using pair = openedPair(1);
  pair.client.core.control.push({ kind: "handshake_done" });
  assert(pair.run(() => pair.client.closeReason !== null));
  assert.equal(pair.client.closeReason!.errorCode, QUIC_ERROR.PROTOCOL_VIOLATION);
});

Deno.test("schedulers see the paths in the order of their ids, whichever reached the server first", () => {
  using pair = multipathPair().connect();
  settle(pair);
  pair.fate = (datagram) => isOn(datagram, 0) ? { ...datagram, atUs: datagram.atUs + 15_000 } : datagram;
  for (const index of [0, 1]) assert.equal(typeof pair.client.openPath(pair.nowUs, wayFrom(index)), "number");
  settle(pair, 1_000_000);
  const { paths, openPaths } = pair.server!.core;
  assert.deepEqual([...paths.keys()], [0, 2, 1]);
  assert.deepEqual(openPaths.map(({ id }) => id), [0, 1, 2]);
});

Deno.test("draft 4.7: a client that said in a packet that was lost that it is blocked says it again", () => {
  using pair = multipathPair({ server: { initialMaxPathId: 1 }, client: { initialMaxPathId: 1 } }).connect();
  settle(pair);
  open(pair, 0);
  settle(pair);
  const said = (): number => pair.client.core.control.filter(({ kind }) => kind === "paths_blocked").length;
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(1)), "no-path-id");
  assert.equal(said(), 1);
  pair.fate = (datagram) => datagram.from === "client" ? null : datagram;
  pair.run(() => false, 1_000);
  assert.equal(said(), 0, "it was sent");
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(1)), "no-path-id");
  assert.equal(said(), 0, "once is enough");
  pair.run(() => false, 400_000);
  assert.equal(pair.client.openPath(pair.nowUs, wayFrom(1)), "no-path-id");
  assert.equal(said(), 1, "it was lost");
});
