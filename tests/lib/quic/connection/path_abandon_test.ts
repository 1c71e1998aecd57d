import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { PATH_ERROR } from "../../../../lib/quic/wire/multipath.ts";
import { drain, exchange, joined } from "./exchange.ts";
import { pattern, SERVER } from "./pair.ts";
import {
  changes,
  errorAfter,
  multipathPair,
  open,
  openedPair,
  pathEvents,
  pathOf,
  settle,
} from "./two_paths.ts";

Deno.test("an abandoned path is answered, told with its reason and statistics, and forgotten by both ends", () => {
  using pair = openedPair(1);
  exchange(pair, 200_000, 20_000_000);
  assert.equal(pair.client.abandonPath(pair.nowUs, 1), true);
  assert.equal(pair.client.abandonPath(pair.nowUs, 1), false);
  settle(pair, 3_000_000);
  for (const [side, by] of [["client", "local"], ["server", "peer"]] as const) {
    const [event] = pathEvents(pair, side).flatMap((each) => each.change === "abandoned" ? [each] : []);
    assert.equal(event?.by, by);
    assert.equal(event.errorCode, PATH_ERROR.APPLICATION_ABANDON_PATH);
    assert(event.statistics.bytesSent > 50_000);
    assert.deepEqual(changes(pair, side).slice(-2), ["1 abandoned", "1 discarded"]);
    assert.deepEqual([...pair.end(side).core.paths.keys()], [0]);
  }
  exchange(pair, 200_000, 20_000_000);
});

Deno.test("draft 3.4: nothing is sent on a path any more once PATH_ABANDON was sent", () => {
  using pair = openedPair(1);
  const up = pair.client.open("unidirectional")!;
  pair.client.streams.write(up, pattern(400_000));
  pair.run(() => false, 30_000);
  pair.client.abandonPath(pair.nowUs, 1);
  const from = pair.transmits.length;
  settle(pair, 2_000_000);
  const ours = pair.transmits.slice(from).filter(({ tuple }) => tuple.remote === SERVER);
  assert(ours.length > 0);
  assert.deepEqual([...new Set(ours.map(({ pathId }) => pathId))], [0]);
});

Deno.test("draft 3.4: what was on its way on an abandoned path goes over others, and arrives once", () => {
  using pair = openedPair(1);
  const down = pair.server!.open("unidirectional")!;
  pair.server!.streams.write(down, pattern(500_000));
  pair.server!.streams.finish(down);
  const got: Uint8Array[] = [];
  let done = false;
  let abandoned = false;
  pair.work = ({ client, server, nowUs }) => {
    done ||= drain(client, down, got) && got.length > 0;
    if (abandoned || server!.core.path(1).bytesInFlight < 5_000) return;
    abandoned = server!.abandonPath(nowUs, 1);
  };
  assert(pair.run(() => done, 10_000_000));
  assert(abandoned);
  assert(Buffer.compare(joined(got), pattern(500_000)) === 0);
});

Deno.test("draft 3.4.3: packets that come on an abandoned path are taken, and acknowledged on another one", () => {
  using pair = openedPair(1);
  const down = pair.server!.open("unidirectional")!;
  pair.server!.streams.write(down, pattern(300_000));
  pair.run(() => pair.server!.core.path(1).bytesInFlight > 5_000, 1_000_000);
  const before = pair.client.core.path(1).space.received.newest;
  pair.client.abandonPath(pair.nowUs, 1);
  settle(pair, 11_000);
  assert(pair.client.core.path(1).space.received.newest > before, "they still come");
  settle(pair, 30_000);
  assert.equal(pair.server!.closeReason, null);
  assert.equal(pair.server!.core.path(1).space.elicitingInFlight, 0, "all acknowledged");
});

Deno.test("draft 3.4.2: the ids of an abandoned path are remembered for three probe timeouts, then forgotten", () => {
  using pair = openedPair(1);
  const ids = [...pair.client.core.ids.get(1)!.local.active];
  while (pair.client.pollIdChange() !== undefined);
  pair.client.abandonPath(pair.nowUs, 1);
  const threeUs = 3 * pair.client.core.longestProbeTimeoutUs;
  pair.run(() => pair.client.core.ids.get(1)!.abandonment.received !== null);
  const heardUs = pair.nowUs;
  assert(pair.run(() => pair.client.core.ids.get(1) === undefined, 5_000_000));
  assert(pair.nowUs - heardUs >= threeUs * 0.9, `${pair.nowUs - heardUs} of ${threeUs}`);
  const removed: string[] = [];
  for (let change = pair.client.pollIdChange(); change !== undefined; change = pair.client.pollIdChange()) {
    if (change.type === "removed") removed.push(String(change.connectionId));
  }
  assert.deepEqual(removed.sort(), ids.map(String).sort());
});

Deno.test("ids never run dry: a hundred paths come and go, one after the other", () => {
  using pair = multipathPair({ client: { initialMaxPathId: 2 }, server: { initialMaxPathId: 2 } }).connect();
  settle(pair);
  for (let round = 1; round <= 100; round++) {
    assert.equal(open(pair, round % 8), round);
    assert.equal(pair.client.abandonPath(pair.nowUs, round), true);
    settle(pair, 2_000_000);
    for (const side of ["client", "server"] as const) {
      assert.equal(pair.end(side).core.ids.size, 3);
      assert.equal(pair.end(side).core.paths.size, 1);
    }
  }
  assert(pair.events.client.some(({ type }) => type === "paths-available"));
  exchange(pair, 50_000, 10_000_000);
});

Deno.test("the first path can be abandoned: the connection goes on on the other", () => {
  using pair = openedPair(1);
  assert.equal(pair.client.abandonPath(pair.nowUs, 0), true);
  settle(pair, 3_000_000);
  assert.deepEqual([...pair.server!.core.paths.keys()], [1]);
  exchange(pair, 300_000, 20_000_000);
  pair.client.close(pair.nowUs, 7, "done");
  assert(pair.run(({ server }) => server?.closeReason?.errorCode === 7, 1_000_000));
});

Deno.test("a server can abandon a path", () => {
  using pair = openedPair(1);
  assert.equal(pair.server!.abandonPath(pair.nowUs, 0, PATH_ERROR.PATH_RESOURCE_LIMIT_REACHED), true);
  settle(pair, 3_000_000);
  const [event] = pathEvents(pair, "client").flatMap((each) => each.change === "abandoned" ? [each] : []);
  assert.equal(event?.errorCode, PATH_ERROR.PATH_RESOURCE_LIMIT_REACHED);
  exchange(pair, 100_000, 20_000_000);
});

Deno.test("the last path cannot be abandoned here: the connection is to be closed", () => {
  using pair = openedPair(1);
  assert.equal(pair.client.abandonPath(pair.nowUs, 1), true);
  assert.equal(pair.client.abandonPath(pair.nowUs, 0), false);
});

Deno.test("draft 3.4: a peer that abandons the last path is answered with CONNECTION_CLOSE", () => {
  using pair = multipathPair().connect();
  settle(pair);
  const frame = { kind: "path_abandon", pathId: 0, errorCode: 0 } as const;
  assert.equal(errorAfter(pair, "client", frame), QUIC_ERROR.NO_VIABLE_PATH);
  assert.deepEqual(changes(pair, "server"), ["0 stranded"]);
});

Deno.test("draft 3.4: a client whose last path was abandoned may come back on another one", () => {
  using pair = multipathPair().connect();
  settle(pair);
  pair.server!.core.control.push({ kind: "path_abandon", pathId: 0, errorCode: 0 });
  assert(pair.run(() => changes(pair, "client").includes("0 stranded")));
  const id = open(pair, 0);
  settle(pair, 3_000_000);
  assert.equal(pair.client.core.paths.has(0), false);
  assert.equal(pathOf(pair, "client", id).phase, "active");
  assert.equal(pair.client.closeReason, null);
});

Deno.test("draft 3.4: paths that were never used can be abandoned, and are not opened then", () => {
  using pair = multipathPair().connect();
  settle(pair);
  assert.equal(errorAfter(pair, "client", { kind: "path_abandon", pathId: 1, errorCode: 0 }), null);
  assert.equal(pair.client.abandonPath(pair.nowUs, 2), true);
  settle(pair);
  assert.equal(open(pair, 0), 3);
});

Deno.test("PATH_ABANDON is said again when it is lost", () => {
  using pair = openedPair(1);
  pair.client.abandonPath(pair.nowUs, 1);
  let lost = 0;
  pair.fate = (datagram) => datagram.from === "client" && lost++ < 2 ? null : datagram;
  assert(pair.run(({ server }) => server!.core.path(1).ids.isAbandoned, 3_000_000));
});

Deno.test("draft 3.4: a client that gives up its last path and opens another one over the same addresses is not closed", () => {
  using pair = multipathPair().connect();
  settle(pair);
  pair.client.core.control.push({ kind: "path_abandon", pathId: 0, errorCode: 0 });
  assert(pair.run(() => changes(pair, "server").includes("0 stranded"), 1_000_000));
  const { tuple } = pathOf(pair, "client", 0).network;
  assert.equal(pair.client.openPath(pair.nowUs, tuple), 1);
  settle(pair, 10_000_000);
  assert.equal(pair.server!.closeReason, null);
  assert.deepEqual(pair.server!.core.openPaths.map(({ id }) => id), [1]);
  exchange(pair, 50_000, 10_000_000);
});
