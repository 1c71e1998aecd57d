import assert from "node:assert/strict";
import { PathTable } from "../../../lib/bench/path_table.ts";
import { livePath } from "./fixtures.ts";

Deno.test("PathTable gives the same path of the network the same id on every connection", () => {
  const table = new PathTable();
  const first = livePath(0, "192.0.2.1:50000", "198.51.100.1:443");
  assert.equal(table.idOf(first), 0);
  assert.equal(table.idOf(livePath(7, "192.0.2.1:50999", "198.51.100.1:443")), 0);
  assert.equal(table.idOf(livePath(0, "192.0.2.2:50000", "198.51.100.1:443")), 1);
  assert.equal(table.idOf(livePath(0, "192.0.2.1:50000", "198.51.100.1:444")), 2);
  assert.equal(table.idOf(livePath(0, "[2001:db8::1]:50000", "[2001:db8::2]:443")), 3);
  assert.equal(table.idOf(first), 0);
});

Deno.test("PathTable.merge() adds up what the connections carried over each path", () => {
  const table = new PathTable();
  const merged = table.merge([
    [
      livePath(0, "192.0.2.1:1", "198.51.100.1:443", {
        bytesSent: 1,
        bytesReceived: 10,
        bytesRetransmitted: 100,
      }),
      livePath(1, "192.0.2.2:2", "198.51.100.1:443", { bytesReceived: 5, state: "stale" }),
    ],
    [
      // The other connection numbers them the other way round.
      livePath(0, "192.0.2.2:3", "198.51.100.1:443", { bytesReceived: 6 }),
      livePath(1, "192.0.2.1:4", "198.51.100.1:443", {
        bytesSent: 2,
        bytesReceived: 20,
        bytesRetransmitted: 200,
      }),
    ],
    [],
  ]);
  assert.deepEqual(
    merged.map(({ id, local, bytesSent, bytesReceived, bytesRetransmitted, state }) => ({
      id,
      local: local.host,
      numbers: [bytesSent, bytesReceived, bytesRetransmitted],
      state,
    })),
    [
      { id: 0, local: "192.0.2.1", numbers: [3, 30, 300], state: "active" },
      // One of its connections is well, so the path is.
      { id: 1, local: "192.0.2.2", numbers: [0, 11, 0], state: "active" },
    ],
  );
});
