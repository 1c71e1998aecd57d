import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { PathInfo, PathState } from "../../../lib/base/path.ts";
import type { Connection } from "../../../lib/io/connection.ts";
import { waitForJoins } from "../../../lib/mptcp/joins.ts";
import "../../support/open_libc.ts";

function path(id: number, state: PathState): PathInfo {
  return {
    id,
    local: Endpoint.of("192.0.2.1", 50_000 + id),
    remote: Endpoint.of("198.51.100.1", 443),
    state,
    status: "available",
    bytesSent: 0,
    bytesReceived: 0,
    bytesRetransmitted: 0,
  };
}

/** A connection with these paths. */
function connectionWith(states: readonly PathState[], multipath: boolean): Connection {
  const connection: Pick<Connection, "paths" | "isMultipath"> = {
    paths: () => states.map((state, id) => path(id, state)),
    isMultipath: () => multipath,
  };
  return connection as Connection;
}

function waiting(timeoutMs: number, signal?: AbortSignal): Parameters<typeof waitForJoins>[1] {
  return { connectedAtMs: performance.now(), timeoutMs, signal };
}

Deno.test("waitForJoins() only looks when the time is 0", async () => {
  const { paths, skipped } = await waitForJoins(connectionWith(["active"], true), waiting(0));
  assert.equal(paths.length, 1);
  assert.equal(skipped, "the wait is 0");
});

Deno.test("waitForJoins() ends when the connection falls back or the caller stops", async () => {
  const fallen = await waitForJoins(connectionWith(["active"], false), waiting(60_000));
  assert.deepEqual([...fallen.activeAtMs.keys()], [0]);
  const { paths } = await waitForJoins(
    connectionWith(["active"], true),
    waiting(60_000, AbortSignal.abort()),
  );
  assert.equal(paths.length, 1);
});
