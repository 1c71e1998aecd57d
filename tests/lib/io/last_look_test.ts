import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { PathInfo } from "../../../lib/base/path.ts";
import { lastLook } from "../../../lib/io/last_look.ts";

function path(id: number, state: PathInfo["state"], bytesReceived: number): PathInfo {
  return {
    id,
    local: Endpoint.of("192.0.2.1", 50_000 + id),
    remote: Endpoint.of("198.51.100.1", 443),
    state,
    status: "available",
    bytesSent: 0,
    bytesReceived,
    bytesRetransmitted: 0,
  };
}

Deno.test("lastLook() takes the latest look at a path that is alive", () => {
  const now = [path(0, "active", 5), path(1, "stale", 7)];
  assert.deepEqual(lastLook([path(0, "active", 3), path(1, "active", 7)], now), now);
  assert.deepEqual(lastLook([], now), now);
});

Deno.test("lastLook() keeps the state of a path that closed with its connection, and its highest numbers", () => {
  const before = [path(0, "active", 3), path(1, "stale", 9)];
  const now = [path(0, "closed", 5), path(1, "closed", 0)];
  assert.deepEqual(lastLook(before, now), [path(0, "active", 5), path(1, "stale", 9)]);
});

Deno.test("lastLook() forgets paths that were gone before the end, but not all of them", () => {
  const before = [path(0, "active", 3), path(1, "active", 9)];
  assert.deepEqual(lastLook(before, [path(0, "active", 4)]), [path(0, "active", 4)]);
  assert.deepEqual(lastLook(before, []), before);
});
