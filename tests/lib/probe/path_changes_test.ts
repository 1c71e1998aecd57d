import assert from "node:assert/strict";
import { renderPathChange, renderWatch } from "../../../cli/render/path_change.ts";
import { PLAIN } from "../../../cli/render/paint.ts";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { PathInfo, PathState } from "../../../lib/base/path.ts";
import { changeOfEvent, changesBetween, resetReason } from "../../../lib/probe/path_changes.ts";

function path(id: number, state: PathState, status: PathInfo["status"] = "available"): PathInfo {
  return {
    id,
    local: Endpoint.of(`192.0.2.${id + 1}`, 5000 + id),
    remote: Endpoint.of("198.51.100.1", 443),
    state,
    status,
    bytesSent: 0,
    bytesReceived: 0,
    bytesRetransmitted: 0,
  };
}

const FIRST = path(0, "active");

Deno.test("changesBetween() sees what a path goes through", () => {
  const steps: readonly (readonly [readonly PathInfo[], readonly string[]])[] = [
    [[FIRST], []],
    [[FIRST, path(1, "validating")], ["joining 1"]],
    [[FIRST, path(1, "active")], ["established 1"]],
    [[FIRST, path(1, "active", "backup")], ["backup 1"]],
    [[FIRST, path(1, "stale", "backup")], ["stale 1"]],
    [[FIRST, path(1, "active")], ["recovered 1", "available 1"]],
    [[FIRST], ["closed 1"]],
    [[FIRST, path(2, "active")], ["established 2"]],
    [[path(0, "closed"), path(2, "active")], ["closed 0"]],
    [[path(2, "active")], []],
  ];
  let before: readonly PathInfo[] = [FIRST];
  for (const [now, expected] of steps) {
    const changes = changesBetween(before, now, 7);
    assert.deepEqual(changes.map((each) => `${each.change} ${each.path}`), expected);
    assert(changes.every((each) => each.at_ms === 7 && each.by === "polling"));
    before = now;
  }
});

Deno.test("changeOfEvent() keeps the error and the reason of a reset, and passes over what is no path's", () => {
  const event = {
    command: 11,
    token: 1,
    local: Endpoint.of("192.0.2.2", 5001),
    remote: Endpoint.of("198.51.100.1", 443),
    unknown: [],
  } as const;
  const closed = changeOfEvent({ ...event, kind: "subflow-closed", error: "ECONNRESET", resetReason: 6 }, 12);
  assert.deepEqual(closed, {
    at_ms: 12,
    change: "closed",
    path: null,
    local: "192.0.2.2:5001",
    remote: "198.51.100.1:443",
    by: "event",
    error: "ECONNRESET",
    reset_reason: "middlebox interference",
  });
  assert.equal(changeOfEvent({ ...event, kind: "subflow-priority", backup: true }, 0)?.change, "backup");
  assert.equal(changeOfEvent({ ...event, kind: "subflow-priority", backup: false }, 0)?.change, "available");
  assert.equal(changeOfEvent({ ...event, kind: "created" }, 0), null);
  const { local: _local, ...noLocal } = event;
  const announced = changeOfEvent(
    { ...noLocal, kind: "announced", remote: Endpoint.of("198.51.100.2", 0) },
    0,
  );
  assert.deepEqual([announced?.change, announced?.remote, announced?.local], [
    "announced",
    "198.51.100.2",
    null,
  ]);
});

Deno.test("resetReason() has a word for each reason, and a number for those to come", () => {
  assert.equal(resetReason(3), "administratively prohibited");
  assert.equal(resetReason(200), "reason 200");
});

Deno.test("a change is a line, and a watch a sentence that says how it was noticed", () => {
  const [stale] = changesBetween([path(1, "active")], [path(1, "stale")], 1234);
  assert.equal(
    renderPathChange(stale!, PLAIN),
    "   1.23 s  path 1 192.0.2.2:5001 to 198.51.100.1:443: stale: nothing comes back",
  );
  const closed = {
    ...stale!,
    change: "closed",
    error: "ECONNRESET",
    reset_reason: "middlebox interference",
  } as const;
  assert.match(renderPathChange(closed, PLAIN), /: closed \(ECONNRESET, middlebox interference\)$/);
  const ended = { ...stale!, change: "ended", path: null, local: null, remote: null } as const;
  assert.equal(renderPathChange(ended, PLAIN), "   1.23 s  the connection ended");
  const watch = { duration_ms: 5000, by: "polling", traffic: false, changes: [] } as const;
  assert.equal(
    renderWatch(watch),
    "Watched the paths for 5.0 s: nothing changed (by looking at the paths again and again, because the kernel's " +
      "events need CAP_NET_ADMIN; the connection was idle, so that a path that dies does not show).",
  );
  assert.match(
    renderWatch({ ...watch, by: "events", traffic: true, changes: [ended] }),
    /: 1 change \(told by /,
  );
});
