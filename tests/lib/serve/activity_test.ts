import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { Connection } from "../../../lib/io/connection.ts";
import {
  type Activity,
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
