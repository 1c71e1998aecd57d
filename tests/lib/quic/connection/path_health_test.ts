import assert from "node:assert/strict";
import { PATH_ERROR } from "../../../../lib/quic/wire/multipath.ts";
import { roundRobin } from "../../../../lib/quic/scheduler/round_robin.ts";
import { drain, exchange } from "./exchange.ts";
import { type Flying, type Pair, pattern } from "./pair.ts";
import {
  changes,
  isOn,
  isOnFirst,
  multipathPair,
  open,
  openedPair,
  pathEvents,
  pathOf,
  settle,
  wayFrom,
} from "./two_paths.ts";

/** A download of so many bytes; the longest time without a byte at the client after this moment. */
function longestGap(pair: Pair, bytes: number, onProgress: (received: number) => void): number {
  const id = pair.server!.open("unidirectional")!;
  pair.server!.streams.write(id, pattern(bytes));
  pair.server!.streams.finish(id);
  let received = 0;
  let lastUs = pair.nowUs;
  let gapUs = 0;
  pair.work = ({ client, nowUs }) => {
    const chunks: Uint8Array[] = [];
    drain(client, id, chunks);
    const more = chunks.reduce((sum, { length }) => sum + length, 0);
    if (more === 0) return;
    gapUs = Math.max(gapUs, nowUs - lastUs);
    lastUs = nowUs;
    received += more;
    onProgress(received);
  };
  assert(pair.run(() => received === bytes, 60_000_000), `${received} of ${bytes}`);
  return gapUs;
}

const onNeither = (broken: (datagram: Flying) => boolean) => (datagram: Flying): Flying | null =>
  broken(datagram) ? null : datagram;

for (const [which, broken] of [["first", isOnFirst], ["second", (each: Flying) => isOn(each, 0)]] as const) {
  for (const standby of [false, true]) {
    const survivor = standby ? "a backup path" : "the other path";
    Deno.test(`a ${which} path that goes silent in a download: ${survivor} goes on within 100 ms`, () => {
      using pair = openedPair(1);
      if (standby) {
        pair.client.setPathStatus(which === "first" ? 1 : 0, "backup");
        settle(pair);
      }
      const gapUs = longestGap(pair, 3_000_000, (received) => {
        if (received > 500_000) pair.fate = onNeither(broken);
      });
      assert(gapUs < 100_000, `${gapUs}`);
      const id = which === "first" ? 0 : 1;
      assert(changes(pair, "server").includes(`${id} suspect`));
      assert(pathOf(pair, "server", id).counters.bytesReinjected > 0);
    });
  }
}

Deno.test("a path that is silent for a short time is used again", () => {
  using pair = openedPair(1);
  let heal = Infinity;
  let broke = false;
  longestGap(pair, 6_000_000, (received) => {
    if (received > 500_000 && !broke) {
      broke = true;
      heal = pair.nowUs + 600_000;
      pair.fate = (datagram) => isOn(datagram, 0) && pair.nowUs < heal ? null : datagram;
    }
  });
  settle(pair, 2_000_000);
  const server = changes(pair, "server");
  assert(server.includes("1 suspect"));
  assert(server.includes("1 recovered"), server.join());
  assert.equal(server.includes("1 abandoned"), false);
});

Deno.test("a path that stays silent fails after the bounded time, and is abandoned as PATH_UNSTABLE_OR_POOR", () => {
  const config = { pathFailureMs: 2000 };
  using pair = openedPair(1, { client: config, server: config });
  pair.fate = onNeither((datagram) => isOn(datagram, 0));
  const startUs = pair.nowUs;
  pair.client.core.path(1).space.probes = 1;
  assert(pair.run(() => changes(pair, "client").includes("1 failed"), 5_000_000));
  const tookUs = pair.nowUs - startUs;
  assert(tookUs >= 2_000_000 && tookUs < 2_500_000, `${tookUs}`);
  settle(pair, 3_000_000);
  for (const side of ["client", "server"] as const) {
    const [event] = pathEvents(pair, side).flatMap((each) => each.change === "abandoned" ? [each] : []);
    assert.equal(event?.errorCode, PATH_ERROR.PATH_UNSTABLE_OR_POOR);
  }
  // What comes back gets a new id
  pair.fate = (datagram) => datagram;
  assert.equal(open(pair, 0), 2);
});

Deno.test("the last path never fails: the idle timeout decides", () => {
  using pair = openedPair(1, { client: { pathFailureMs: 1000 }, server: { pathFailureMs: 1000 } });
  pair.fate = () => null;
  pair.client.ping();
  pair.server!.ping();
  settle(pair, 20_000_000);
  assert(pair.client.core.openPaths.length >= 1);
  assert.equal(pair.client.closeReason, null);
});

Deno.test("both paths go silent for a while: the connection goes on afterwards", () => {
  using pair = openedPair(1);
  let broke = false;
  longestGap(pair, 2_000_000, (received) => {
    if (received < 300_000 || broke) return;
    broke = true;
    const untilUs = pair.nowUs + 3_000_000;
    pair.fate = (datagram) => pair.nowUs < untilUs ? null : datagram;
  });
});

Deno.test("acknowledgments leave a path as soon as its probe timeout fires", () => {
  using pair = openedPair(1);
  // Only what the client sends on the second path is lost
  let broken = false;
  pair.fate = (datagram) => broken && datagram.from === "client" && isOn(datagram, 0) ? null : datagram;
  const id = pair.server!.open("unidirectional")!;
  pair.server!.streams.write(id, pattern(4_000_000));
  pair.work = ({ client }) => void drain(client, id, []);
  settle(pair, 100_000);
  broken = true;
  pair.client.core.path(1).space.probes = 1;
  assert(pair.run(() => pathOf(pair, "client", 1).isSuspect, 2_000_000));
  const { client } = pair;
  assert.deepEqual(client.core.path(1).carries, []);
  assert.deepEqual(client.core.path(0).carries.map((path) => path.id), [0, 1]);
});

Deno.test("draft 3.3: a peer is told what gets no answers, and that it does again", () => {
  using pair = openedPair(1);
  pair.fate = onNeither((datagram) => isOn(datagram, 0));
  pair.client.core.path(1).space.probes = 1;
  assert(pair.run(() => pathOf(pair, "server", 1).ids.peerStatus === "backup", 2_000_000));
  pair.fate = (datagram) => datagram;
  assert(pair.run(() => pathOf(pair, "server", 1).ids.peerStatus === "available", 2_000_000));
});

Deno.test("keep-alive on each path finds out that an idle one is broken", () => {
  using pair = openedPair(1, { client: { pathKeepAliveMs: 500 } });
  pair.fate = onNeither((datagram) => isOn(datagram, 0));
  assert(pair.run(() => changes(pair, "client").includes("1 suspect"), 3_000_000));
});

Deno.test("who only receives finds out that the path has gone silent, and tells the peer over another one", () => {
  // A peer that does not look at its own timeouts soon
  using pair = openedPair(1, { server: { initialRttUs: 5_000_000 } });
  const id = pair.server!.open("unidirectional")!;
  pair.server!.setPathStatus(0, "backup");
  settle(pair);
  pair.server!.streams.write(id, pattern(50_000));
  pair.work = ({ client }) => void drain(client, id, []);
  settle(pair, 100_000);
  assert(pathOf(pair, "client", 1).arrivals >= 4);
  pair.fate = onNeither((datagram) => isOn(datagram, 0));
  const startUs = pair.nowUs;
  assert(pair.run(() => pathOf(pair, "client", 1).isSuspect, 2_000_000));
  assert(pair.nowUs - startUs < 300_000, `${pair.nowUs - startUs}`);
  assert(pair.run(() => pathOf(pair, "server", 1).ids.peerStatus === "backup", 100_000));
});

Deno.test("a peer that sends all acknowledgments over the path that broke is told that this path is over", () => {
  const config = { scheduler: roundRobin };
  using pair = openedPair(1, { client: config, server: config });
  const [first, second] = [0, 1].map((id) => pathOf(pair, "server", id));
  const carried = (own: boolean) => ({ get: () => own ? [first, second] : [], set: () => {} });
  // It never leaves the first path by itself
  Object.defineProperty(first, "carries", carried(true));
  const later = { get: () => first!.ids.isAbandoned ? [first, second] : [], set: () => {} };
  Object.defineProperty(second, "carries", later);
  const id = pair.client.open("unidirectional")!;
  pair.client.streams.write(id, pattern(3_000_000));
  pair.client.streams.finish(id);
  let done = false;
  let breaks = 0;
  pair.work = ({ client, server, nowUs }) => {
    done ||= drain(server!, id, []) && client.streams.bufferedBytes(id) === 0;
    if (breaks > 0 || client.core.path(1).counters.bytesSent < 200_000) return;
    breaks = nowUs;
    pair.fate = onNeither(isOnFirst);
  };
  assert(pair.run(() => done, 20_000_000));
  assert(pair.nowUs - breaks < 2_500_000, `${pair.nowUs - breaks}`);
  const told = changes(pair, "client").filter((each) => /suspect|failed|abandoned/.test(each));
  assert.deepEqual(told.slice(0, 3), ["0 suspect", "0 failed", "0 abandoned"]);
});

Deno.test("a pause in a download costs one packet", () => {
  using pair = openedPair(1);
  const id = pair.server!.open("unidirectional")!;
  pair.server!.streams.write(id, pattern(200_000));
  pair.work = ({ client }) => void drain(client, id, []);
  settle(pair, 2_000_000);
  const before = { ...pair.sent };
  settle(pair, 10_000_000);
  assert.deepEqual(pair.sent, before);
  assert.equal(changes(pair, "client").some((each) => each.endsWith("suspect")), false);
});

Deno.test("without keep-alive nothing is sent on idle paths", () => {
  using pair = openedPair(1);
  settle(pair, 2_000_000);
  const before = { ...pair.sent };
  settle(pair, 10_000_000);
  assert.deepEqual(pair.sent, before);
});

Deno.test("a path that brings nothing for its idle limit is given up", () => {
  using pair = openedPair(1, { client: { pathIdleMs: 2000 } });
  const keep = setIntervalOf(pair, 300_000);
  pair.work = ({ client, nowUs }) => {
    if (keep(nowUs)) client.core.path(0).space.probes = 1;
  };
  settle(pair, 5_000_000);
  assert(changes(pair, "client").includes("1 abandoned"));
  assert.equal(changes(pair, "client").includes("0 abandoned"), false);
});

/** Says every so often that it is time. */
function setIntervalOf(pair: Pair, everyUs: number): (nowUs: number) => boolean {
  let nextUs = pair.nowUs;
  return (nowUs) => {
    if (nowUs < nextUs) return false;
    nextUs = nowUs + everyUs;
    return true;
  };
}

Deno.test("a NAT that gives the second path another port: the server follows on that path alone", () => {
  using pair = openedPair(1);
  exchange(pair, 100_000, 20_000_000);
  const { rtt } = pathOf(pair, "server", 1);
  const local = pathOf(pair, "client", 1).network.tuple.local!;
  pair.rebound.set(local, { ip: local.ip, port: 60_001 });
  exchange(pair, 300_000, 20_000_000);
  settle(pair);
  assert.deepEqual(changes(pair, "server").slice(2), ["1 migrated", "1 validated"]);
  assert.equal(pathOf(pair, "server", 1).network.tuple.remote.port, 60_001);
  assert.equal(pathOf(pair, "server", 1).rtt, rtt);
  assert.notEqual(pathOf(pair, "server", 0).network.tuple.remote.port, 60_001);
});

Deno.test("a client moves its second path to another address", () => {
  using pair = openedPair(1);
  exchange(pair, 100_000, 20_000_000);
  assert.equal(pair.client.migrate(pair.nowUs, wayFrom(3), 1), true);
  exchange(pair, 300_000, 20_000_000);
  assert(changes(pair, "server").includes("1 migrated"));
  assert(changes(pair, "client").includes("1 migrated"));
  assert.equal(pathOf(pair, "server", 1).network.tuple.remote.port, wayFrom(3).local!.port);
});

for (const side of ["client", "server"] as const) {
  Deno.test(`the ${side} changes the keys with packets of both paths on their way`, () => {
    using pair = openedPair(1, {
      client: { scheduler: roundRobin },
      fate: (datagram) => isOn(datagram, 0) ? { ...datagram, atUs: datagram.atUs + 30_000 } : datagram,
    });
    let due = false;
    let updates = 0;
    for (let round = 0; round < 3; round++) {
      due = true;
      const id = pair.client.open("bidirectional")!;
      pair.client.streams.write(id, pattern(600_000, 1));
      pair.client.streams.finish(id);
      const got: Uint8Array[] = [];
      let done = false;
      pair.work = ({ client, server, nowUs }) => {
        done ||= drain(server!, id, got) && got.length > 0;
        const flying = [0, 1].every((path) => client.core.path(path).bytesInFlight > 5_000);
        if (!due || !flying || !pair.end(side).updateKeys(nowUs)) return;
        due = false;
        updates++;
      };
      assert(pair.run(() => done, 60_000_000));
      settle(pair, 1_000_000);
    }
    assert.equal(updates, 3);
    assert.deepEqual([pair.client.closeReason, pair.server!.closeReason], [null, null]);
    assert.equal(pair.client.core.keys.application!.phases.updates, 3);
    assert.equal(pair.server!.core.keys.application!.phases.updates, 3);
  });
}

Deno.test("draft 2.6: closing lasts three times the longest probe timeout of all paths", () => {
  using pair = openedPair(1, {
    fate: (datagram) => isOn(datagram, 0) ? { ...datagram, atUs: datagram.atUs + 200_000 } : datagram,
  });
  exchange(pair, 100_000, 30_000_000);
  const longestUs = pair.client.core.probeTimeoutUs(pathOf(pair, "client", 1));
  assert(longestUs > 2 * pair.client.core.probeTimeoutUs(pathOf(pair, "client", 0)));
  const startUs = pair.nowUs;
  pair.client.close(pair.nowUs, 0);
  assert.equal(pair.client.pollTimeout(), startUs + 3 * longestUs);
});

Deno.test("draft 2.6: CONNECTION_CLOSE goes on a path that works", () => {
  using pair = openedPair(1);
  pair.fate = onNeither(isOnFirst);
  pair.client.core.path(0).space.probes = 1;
  assert(pair.run(() => pathOf(pair, "client", 0).isSuspect, 2_000_000));
  pair.client.close(pair.nowUs, 5);
  assert(pair.run(({ server }) => server!.closeReason?.errorCode === 5, 1_000_000));
});

Deno.test("each path finds its own MTU", () => {
  using pair = multipathPair().connect();
  pair.fate = (datagram) => isOn(datagram, 0) && datagram.bytes.length > 1300 ? null : datagram;
  settle(pair);
  open(pair, 0);
  settle(pair, 10_000_000);
  assert.equal(pathOf(pair, "client", 0).mtu, 1452);
  const { mtu } = pathOf(pair, "client", 1);
  assert(mtu > 1270 && mtu <= 1300, `${mtu}`);
  exchange(pair, 500_000, 20_000_000);
});

Deno.test("draft 3.3: a backup path carries no data while another one works, in both directions", () => {
  const config = { scheduler: roundRobin };
  using pair = multipathPair({ client: config, server: config }).connect();
  settle(pair);
  const id = pair.client.openPath(pair.nowUs, wayFrom(0), { status: "backup" });
  assert.equal(id, 1);
  settle(pair);
  assert.equal(pathOf(pair, "server", 1).ids.peerStatus, "backup");
  exchange(pair, 500_000, 20_000_000);
  for (const side of ["client", "server"] as const) {
    assert(pathOf(pair, side, 1).counters.bytesSent < 20_000);
  }
  assert.equal(pair.client.setPathStatus(1, "available"), true);
  settle(pair);
  exchange(pair, 2_000_000, 20_000_000);
  for (const side of ["client", "server"] as const) {
    assert(pathOf(pair, side, 1).counters.bytesSent > 100_000);
  }
  assert(changes(pair, "server").filter((each) => each === "1 status").length >= 1);
});

Deno.test("two paths over the same addresses work", () => {
  using pair = multipathPair().connect();
  settle(pair);
  const { tuple } = pair.client.core.firstPath.network;
  assert.equal(pair.client.openPath(pair.nowUs, tuple), 1);
  settle(pair);
  exchange(pair, 500_000, 20_000_000);
  assert(pathOf(pair, "client", 1).counters.bytesSent > 50_000);
});
