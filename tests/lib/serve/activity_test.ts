import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { Connection } from "../../../lib/io/connection.ts";
import {
  type Activity,
  lookForProgress,
  overdue,
  PERF_GRACE_MS,
  received,
  sent,
  startActivity,
} from "../../../lib/serve/activity.ts";

/** A connection that nobody uses. */
const CONNECTION: Connection = {
  transport: "tcp",
  local: Endpoint.of("127.0.0.1", 1),
  remote: Endpoint.of("127.0.0.1", 2),
  connectMs: null,
  transportInForce: () => "tcp",
  isMultipath: () => false,
  paths: () => [],
  setCongestion: () => {},
  openStream: () => Promise.reject(new Error("unused")),
  acceptStream: () => Promise.resolve(null),
  close: () => Promise.resolve(),
  abort: () => {},
  closed: Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

const LIMITS = { idleTimeoutMs: 100, maxDurationMs: 1000 };

Deno.test("overdue() goes by the last move and by the age", () => {
  type Case = readonly [
    name: string,
    change: (activity: Activity) => void,
    nowMs: number,
    ReturnType<typeof overdue>,
  ];
  const cases: readonly Case[] = [
    ["fresh", () => {}, 1000, null],
    ["just before idle", () => {}, 1099, null],
    ["idle", () => {}, 1100, "idle"],
    ["received in time", (activity) => received(activity, 1090, 1), 1189, null],
    ["received, then idle", (activity) => received(activity, 1090, 1), 1190, "idle"],
    ["sent in time", (activity) => sent(activity, 1090, 1), 1189, null],
    ["old, and busy", (activity) => sent(activity, 1999, 1), 2000, "limit"],
    ["old and idle", () => {}, 5000, "idle"],
    ["before the end of what is under way", (activity) => activity.untilMs = 1051, 1050, null],
    ["at the end of what is under way", (activity) => activity.untilMs = 1050, 1050, "limit"],
  ];
  for (const [name, change, nowMs, expected] of cases) {
    const activity = startActivity(CONNECTION, 1000);
    change(activity);
    assert.equal(overdue(activity, nowMs, LIMITS), expected, name);
  }
});

Deno.test("overdue() leaves a transfer of the longest length the time to end", () => {
  const activity = startActivity(CONNECTION, 0);
  activity.protocol = "perf";
  sent(activity, 1000 + PERF_GRACE_MS - 1, 1);
  assert.equal(overdue(activity, 1000 + PERF_GRACE_MS - 1, LIMITS), null);
  assert.equal(overdue(activity, 1000 + PERF_GRACE_MS, LIMITS), "limit");
});

Deno.test("received() and sent() count apart", () => {
  const activity = startActivity(CONNECTION, 0);
  received(activity, 1, 5);
  received(activity, 2, 5);
  sent(activity, 3, 7);
  assert.deepEqual([activity.bytesReceived, activity.bytesSent, activity.lastMoveMs], [10, 7, 3]);
});

/** A connection whose client has acknowledged so much. */
function sending(state: { acknowledged: number | undefined; looks: number }): Connection {
  return {
    ...CONNECTION,
    paths: () => {
      state.looks++;
      return [{
        id: 0,
        local: CONNECTION.local,
        remote: CONNECTION.remote,
        state: "active",
        status: "available",
        bytesSent: 10_000,
        ...(state.acknowledged === undefined ? {} : { bytesAcknowledged: state.acknowledged }),
        bytesReceived: 0,
        bytesRetransmitted: state.looks,
      }];
    },
  };
}

Deno.test("lookForProgress() takes what the client acknowledges for a move, and nothing else", () => {
  const state: Parameters<typeof sending>[0] = { acknowledged: 1000, looks: 0 };
  const activity = startActivity(sending(state), 0);
  const moveAfter = (nowMs: number): number => {
    lookForProgress(activity, nowMs, { idleTimeoutMs: 2000 });
    return activity.lastMoveMs;
  };
  assert.equal(moveAfter(500), 500);
  assert.equal(moveAfter(1000), 500);
  state.acknowledged = 1001;
  assert.equal(moveAfter(1500), 1500);
  state.acknowledged = undefined;
  assert.equal(moveAfter(2000), 1500);
  assert.equal(overdue(activity, 3500, { idleTimeoutMs: 2000, maxDurationMs: 10_000 }), "idle");
});

Deno.test("lookForProgress() asks the kernel once a second", () => {
  const state = { acknowledged: 0, looks: 0 };
  const activity = startActivity(sending(state), 0);
  for (let now = 0; now < 10_000; now += 250) lookForProgress(activity, now, { idleTimeoutMs: 30_000 });
  assert.equal(state.looks, 9);
});
