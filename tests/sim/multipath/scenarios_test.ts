import assert from "node:assert/strict";
import type { Side } from "../../../lib/quic/streams/stream_id.ts";
import { PATH_ERROR } from "../../../lib/quic/wire/multipath.ts";
import { link, Scenario, type ScenarioOptions, TEN } from "./scenario.ts";

/** When something happens to a link, after its path is there. */
const LATER_US = 640_000;

const SIDES: readonly Side[] = ["client", "server"];

/** 1 Mbit/s on land and 10 Mbit/s by satellite. */
const LAND = link(1, 10, 16);
const SATELLITE = link(10, 300, 1);

interface Case extends ScenarioOptions {
  readonly name: string;
  /** From the first packet to the end of two downloads of 1 MB, one after the other: picoquic's bound. */
  readonly boundMs: number;
  /** What happens once both paths are there. */
  readonly then?: (scenario: Scenario) => void;
  /** What holds at the end. */
  readonly holds?: (scenario: Scenario) => void;
}

/** The ids of the paths that an end has and has not given up. */
function pathIds(scenario: Scenario, side: Side): readonly number[] {
  return scenario.world.end(side)!.core.openPaths.map(({ id }) => id);
}

function assertPaths(scenario: Scenario, ...ids: readonly number[]): void {
  for (const side of SIDES) assert.deepEqual(pathIds(scenario, side), ids, side);
}

/** Both ends have connection ids of each other for every path that may still be opened. */
function assertStocked(scenario: Scenario, limit: number): void {
  scenario.wait(200_000);
  for (const side of SIDES) {
    const { ids, multipath } = scenario.world.end(side)!.core;
    assert.equal(multipath.limit, limit);
    for (let id = 0; id <= limit; id++) assert(ids.get(id)?.remote.current !== undefined, `${side} ${id}`);
  }
}

const CASES: readonly Case[] = [
  {
    name: "basic: two paths of 10 Mbit/s",
    boundMs: 1_060,
    holds: (scenario) => {
      for (const id of [0, 1]) assert(scenario.sent("server", id) > 500_000);
      assertStocked(scenario, 7);
    },
  },
  {
    name: "drop_first: the first path dies without a word",
    boundMs: 1_490,
    then: (scenario) => scenario.wait(LATER_US).fail(0),
  },
  {
    name: "drop_second: the second path dies without a word",
    boundMs: 1_260,
    then: (scenario) => scenario.wait(LATER_US).fail(1),
  },
  {
    name: "sat_plus: 1 Mbit/s on land and 10 Mbit/s by satellite",
    boundMs: 10_000,
    links: [LAND, SATELLITE],
  },
  {
    name: "renew: another connection id on the second path",
    boundMs: 3_000,
    then: (scenario) => {
      scenario.wait(LATER_US);
      const { remoteIds } = scenario.path("client", 1)!;
      const before = remoteIds.current!;
      assert(remoteIds.change());
      assert(!remoteIds.current!.equals(before));
    },
    holds: (scenario) => assertPaths(scenario, 0, 1),
  },
  {
    name: "rotation: the keys change again and again",
    boundMs: 3_000,
    then: (scenario) => {
      let updates = 0;
      for (let i = 0; i < 10; i++) {
        if (scenario.wait(50_000).server.updateKeys(scenario.world.nowUs)) updates++;
      }
      assert(updates >= 2, `${updates} key updates`);
    },
  },
  {
    name: "nat: the NAT in front of the first path gives it another port",
    boundMs: 3_000,
    then: (scenario) => rebind(scenario),
    holds: (scenario) => assertPaths(scenario, 0, 1),
  },
  {
    name: "nat_challenge: the same while the client asks whether the server is there",
    boundMs: 3_000,
    then: (scenario) => {
      scenario.wait(LATER_US);
      scenario.path("client", 0)!.network.challenge(scenario.world.nowUs, 999_000, 300_000);
      rebind(scenario);
    },
    holds: (scenario) => {
      assertPaths(scenario, 0, 1);
      assert.equal(scenario.phase("client", 0), "active");
    },
  },
  {
    name: "break1: the fast one of two paths dies, and is given up",
    boundMs: 10_800,
    links: [LAND, TEN],
    config: { pathFailureMs: 5_000 },
    then: (scenario) => scenario.wait(LATER_US).fail(1),
    holds: (scenario) => assertPaths(scenario, 0),
  },
  {
    name: "socket_error: the socket of the fast path fails",
    boundMs: 10_800,
    links: [LAND, TEN],
    then: (scenario) => {
      scenario.wait(LATER_US).fail(1);
      assert(scenario.client.abandonPath(scenario.world.nowUs, 1, PATH_ERROR.PATH_UNSTABLE_OR_POOR));
    },
    holds: (scenario) => assertPaths(scenario, 0),
  },
  {
    name: "socket_error of the first path",
    boundMs: 1_490,
    then: (scenario) => {
      scenario.wait(LATER_US).fail(0);
      assert(scenario.client.abandonPath(scenario.world.nowUs, 0, PATH_ERROR.PATH_UNSTABLE_OR_POOR));
    },
    holds: (scenario) => assertPaths(scenario, 1),
  },
  {
    name: "abandon: the client gives the first path up",
    boundMs: 1_490,
    then: (scenario) => {
      scenario.wait(LATER_US);
      assert(scenario.client.abandonPath(scenario.world.nowUs, 0));
    },
    holds: (scenario) => {
      assertPaths(scenario, 1);
      scenario.wait(1_100_000);
      for (const side of SIDES) assert.equal(scenario.path(side, 0), undefined, "it is forgotten");
      assertStocked8(scenario);
    },
  },
  {
    name: "ab1: paths are opened and given up seven times, and ids do not run dry",
    boundMs: 3_000,
    then: (scenario) => {
      for (let id = 1; id <= 7; id++) {
        assert(scenario.client.abandonPath(scenario.world.nowUs, id));
        scenario.until(
          () => SIDES.every((side) => scenario.path(side, id) === undefined),
          2_000_000,
          `path ${id} is forgotten`,
        );
        assert.equal(scenario.openAndWait(1), id + 1);
      }
    },
    holds: (scenario) => assertPaths(scenario, 0, 8),
  },
  {
    name: "back0: the first path fails, and is opened again with a new id",
    boundMs: 3_300,
    then: (scenario) => {
      scenario.wait(LATER_US).fail(0);
      assert(scenario.client.abandonPath(scenario.world.nowUs, 0, PATH_ERROR.PATH_UNSTABLE_OR_POOR));
      scenario.download(2, 1_000_000).wait(1_000_000).recover(0);
      assert.equal(scenario.openAndWait(0), 2);
    },
    holds: (scenario) => {
      assertPaths(scenario, 1, 2);
      assert(scenario.sent("server", 2) > 100_000, "it is used");
    },
  },
  {
    name: "back1: the fast one of two paths dies and comes back",
    boundMs: 3_300,
    links: [LAND, TEN],
    then: (scenario) => scenario.wait(LATER_US).fail(1).wait(1_000_000).recover(1),
    holds: (scenario) => {
      assertPaths(scenario, 0, 1);
      assert.equal(scenario.changes("server", 1).filter((each) => each !== "status").at(-1), "recovered");
      assert(scenario.sent("server", 1) > 1_500_000, "it is used again");
    },
  },
  {
    name: "tunnel: both paths die for five seconds",
    boundMs: 12_000,
    then: (scenario) => scenario.wait(LATER_US).fail(0).fail(1).wait(5_000_000).recover(0).recover(1),
    holds: (scenario) => assertPaths(scenario, 0, 1),
  },
  {
    name: "perf: 50 Mbit/s of WLAN and 40 Mbit/s of LTE",
    boundMs: 1_650,
    links: [link(50, 15, 1), link(40, 30, 1)],
  },
  {
    name: "backup: a backup path carries next to nothing",
    boundMs: 2_000,
    then: (scenario) => assert(scenario.client.setPathStatus(1, "backup")),
    holds: (scenario) => {
      assert.equal(scenario.path("server", 1)!.status, "backup");
      assert(scenario.sent("server", 1) < 50_000, `${scenario.sent("server", 1)}`);
    },
  },
  {
    name: "standup: the backup takes over when the first path dies",
    boundMs: 2_200,
    then: (scenario) => {
      assert(scenario.client.setPathStatus(1, "backup"));
      scenario.wait(LATER_US).fail(0);
    },
    holds: (scenario) => assert(scenario.sent("server", 1) > 500_000),
  },
  {
    name: "just_one: the server allows one path more",
    boundMs: 1_060,
    client: { initialMaxPathId: 3 },
    server: { initialMaxPathId: 1 },
    holds: (scenario) => {
      assertStocked(scenario, 1);
      const tuple = scenario.path("client", 1)!.network.tuple;
      assert.equal(scenario.client.openPath(scenario.world.nowUs, tuple), "no-path-id");
    },
  },
];

function assertStocked8(scenario: Scenario): void {
  for (const side of SIDES) assert.equal(scenario.world.end(side)!.core.multipath.limit, 8);
}

/** The NAT of the first path forgets; the server has to follow without a new path. */
function rebind(scenario: Scenario): void {
  const port = (): number => scenario.path("server", 0)!.network.tuple.remote.port;
  const before = port();
  scenario.world.nats[0]!.rebind();
  scenario.until(() => port() !== before && scenario.phase("server", 0) === "active", 2_000_000, "rebound");
}

for (const { name, boundMs, then, holds, ...options } of CASES) {
  Deno.test(`${name}: done within ${boundMs} ms`, () => {
    using scenario = new Scenario(options);
    scenario.connect().download(2, 1_000_000);
    scenario.openAndWait(1);
    then?.(scenario);
    scenario.finish();
    const { elapsedUs } = scenario;
    holds?.(scenario);
    assert(elapsedUs <= boundMs * 1_000, `${elapsedUs / 1_000} ms: ${scenario.report}`);
  });
}

Deno.test("fail: a path whose answers do not arrive is given up, and the transfer goes on: done within 2,000 ms", () => {
  using scenario = new Scenario();
  scenario.connect().download(2, 1_000_000);
  scenario.world.routes[1]!.back.conditions.loss = 1;
  scenario.open(1);
  scenario.finish();
  assert(scenario.elapsedUs <= 2_000_000, `${scenario.elapsedUs}`);
  scenario.wait(3_000_000);
  assertPaths(scenario, 0);
  assert.deepEqual(scenario.changes("client", 1).slice(0, 3), ["opened", "failed", "abandoned"]);
});

Deno.test("callback, quality: both ends are told what becomes of a path, and know what it is like", () => {
  using scenario = new Scenario({ links: [TEN, link(10, 30)] });
  scenario.connect().openAndWait(1);
  scenario.transfer("server", 1_000_000);
  scenario.finish();
  scenario.client.abandonPath(scenario.world.nowUs, 1);
  scenario.wait(1_000_000);
  for (const side of SIDES) {
    assert.deepEqual(scenario.changes(side, 1), ["opened", "validated", "abandoned", "discarded"], side);
    const end = scenario.events[side].find(({ change }) => change === "abandoned");
    assert(end?.change === "abandoned");
    assert.equal(end.by, side === "client" ? "local" : "peer");
    assert.equal(end.errorCode, PATH_ERROR.APPLICATION_ABANDON_PATH);
    const { minRttUs, bytesSent, bytesReceived, mtu } = end.statistics;
    assert(minRttUs >= 60_000 && minRttUs < 80_000, `${minRttUs}`);
    assert(bytesSent > 1_200 && bytesReceived > 1_200 && mtu > 1_200);
  }
});

Deno.test("stream_affinity: a stream that is bound to a path stays there; done within 1,500 ms", () => {
  using scenario = new Scenario();
  scenario.connect().openAndWait(1);
  const bound = scenario.transfer("server", 1_000_000);
  assert(scenario.server.bindStream(bound.flow.id, 1));
  const free = scenario.transfer("server", 1_000_000);
  scenario.finish();
  assert(scenario.elapsedUs <= 1_500_000, `${scenario.elapsedUs}`);
  assert(scenario.sent("server", 1) > 1_000_000, "all of the bound one");
  assert(bound.done && free.done);
});

Deno.test("stream_af_backup: a bound stream uses a backup path, and takes no other with it; done within 3,500 ms", () => {
  using scenario = new Scenario();
  scenario.connect().openAndWait(1, "backup");
  const bound = scenario.transfer("server", 1_000_000);
  assert(scenario.server.bindStream(bound.flow.id, 1));
  scenario.transfer("server", 1_000_000);
  scenario.finish();
  assert(scenario.elapsedUs <= 3_500_000, `${scenario.elapsedUs}`);
  const sent = scenario.sent("server", 1);
  assert(sent > 900_000 && sent < 1_200_000, `${sent}`);
});

for (const [name, pathId] of [["datagram", -1], ["dg_affinity", 1]] as const) {
  Deno.test(`${name}: 400 datagrams in each direction arrive while a stream is sent`, () => {
    using scenario = new Scenario();
    scenario.connect().openAndWait(1);
    scenario.transfer("server", 500_000);
    const before = SIDES.map((side) => scenario.sent(side, 1));
    for (let i = 0; i < 400; i++) {
      const bytes = new Uint8Array(512).fill(i);
      for (const end of [scenario.client, scenario.server]) assert(end.sendDatagram(bytes, pathId));
      scenario.wait(2_000);
    }
    scenario.finish();
    scenario.wait(200_000);
    for (const [index, side] of SIDES.entries()) {
      const arrived = scenario.datagrams[side].length;
      assert(arrived >= 390, `${arrived} at the ${side}`);
      if (pathId === 1) assert(scenario.sent(side, 1) - before[index]! > 400 * 512);
    }
    assert(scenario.elapsedUs <= 1_200_000, `${scenario.elapsedUs}`);
  });
}

Deno.test("keep_alive: both paths are alive after 200 s in which nobody said anything", () => {
  using scenario = new Scenario({ client: { pathKeepAliveMs: 10_000, keepAliveMs: 10_000 } });
  scenario.connect().openAndWait(1);
  const before = [0, 1].map((id) => scenario.sent("client", id));
  scenario.wait(200_000_000);
  assertPaths(scenario, 0, 1);
  for (const id of [0, 1]) {
    assert.equal(scenario.phase("server", id), "active");
    assert(scenario.sent("client", id) - before[id]! > 15 * 30, "it was asked on this path");
  }
  scenario.download(2, 1_000_000).finish(1_100_000);
});

Deno.test("break_both: when both paths are dead the connection ends, at the idle timeout", () => {
  using scenario = new Scenario();
  scenario.connect().openAndWait(1);
  scenario.transfer("server", 2_000_000);
  scenario.wait(200_000).fail(0).fail(1);
  scenario.wait(200_000_000);
  assert(scenario.closed?.type === "closed");
  assert.equal(scenario.closed.reason.by, "idle-timeout");
});

Deno.test("monopath_basic: several paths are agreed on, and one is as fast as ever: done within 2,200 ms", () => {
  using scenario = new Scenario({ links: [TEN] });
  scenario.connect().download(2, 1_000_000).finish();
  assert(scenario.elapsedUs <= 2_200_000, `${scenario.elapsedUs}`);
  using plain = new Scenario({ links: [TEN], config: { initialMaxPathId: null } });
  plain.connect().download(2, 1_000_000).finish();
  assert(scenario.elapsedUs < 1.01 * plain.elapsedUs, `${scenario.elapsedUs} and ${plain.elapsedUs}`);
});

Deno.test("monopath_hole: an acknowledgment for a number that was never sent on the path ends the connection", () => {
  using scenario = new Scenario({ links: [TEN] });
  scenario.connect().transfer("server", 1_000_000);
  scenario.wait(100_000);
  // What an optimistic receiver does
  const { received } = scenario.path("client", 0)!.space;
  received.onReceived(received.largest(0) + 10_000, scenario.world.nowUs, true, "not-ect");
  scenario.wait(1_000_000);
  assert(scenario.closed?.type === "closed");
  assert.equal(scenario.closed.reason.errorCode, 0x0a);
});

Deno.test("monopath_rotation: the keys change while only one path is used: done within 2,200 ms", () => {
  using scenario = new Scenario({ links: [TEN] });
  scenario.connect().download(2, 1_000_000);
  let updates = 0;
  for (let i = 0; i < 12; i++) if (scenario.wait(100_000).server.updateKeys(scenario.world.nowUs)) updates++;
  scenario.finish();
  assert(updates >= 3, `${updates}`);
  assert(scenario.elapsedUs <= 2_200_000, `${scenario.elapsedUs}`);
});

Deno.test("monopath_keep_alive: one path with the option of more stays alive for 200 s", () => {
  using scenario = new Scenario({ links: [TEN], client: { keepAliveMs: 10_000 } });
  scenario.connect().wait(200_000_000);
  scenario.download(2, 1_000_000).finish(2_000_000);
});
