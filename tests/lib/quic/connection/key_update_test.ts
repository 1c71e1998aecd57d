import assert from "node:assert/strict";
import type { Side } from "../../../../lib/quic/streams/stream_id.ts";
import { seededRandom } from "../../tls/pair.ts";
import { exchange } from "./exchange.ts";
import { Pair } from "./pair.ts";

const updates = (pair: Pair, side: Side): number => pair.end(side).core.keys.application!.phases.updates;

/** Something in each direction, so that both ends have an acknowledgment. */
function settle(pair: Pair): void {
  pair.client.ping();
  pair.server!.ping();
  pair.run(() => false, 1_000_000);
}

for (const side of ["client", "server"] as const) {
  Deno.test(`RFC 9001 6: the ${side} changes the keys, and the other end follows`, () => {
    using pair = new Pair().connect();
    settle(pair);
    assert.equal(pair.end(side).updateKeys(pair.nowUs), true);
    assert.equal(pair.end(side).updateKeys(pair.nowUs), false, "not again before it is acknowledged");
    exchange(pair, 50_000, 20_000_000);
    assert.deepEqual([updates(pair, "client"), updates(pair, "server")], [1, 1]);
    settle(pair);
    assert.equal(pair.end(side).updateKeys(pair.nowUs), true, "the next one");
    exchange(pair, 50_000, 20_000_000);
    assert.deepEqual([updates(pair, "client"), updates(pair, "server")], [2, 2]);
    assert.deepEqual([pair.client.closeState, pair.server!.closeState], ["open", "open"]);
  });
}

Deno.test("both ends change the keys at once: that is one update", () => {
  using pair = new Pair().connect();
  settle(pair);
  assert(pair.client.updateKeys(pair.nowUs) && pair.server!.updateKeys(pair.nowUs));
  exchange(pair, 50_000, 20_000_000);
  assert.deepEqual([updates(pair, "client"), updates(pair, "server")], [1, 1]);
});

Deno.test("key updates under loss and reordering leave every byte as it is", () => {
  for (const seed of [1, 2, 3, 4]) {
    const random = seededRandom(seed);
    using pair = new Pair({ seed }).connect();
    settle(pair);
    pair.fate = (datagram) =>
      random(1)[0]! < 8 ? null : { ...datagram, atUs: datagram.atUs + random(1)[0]! * 40 };
    for (let round = 0; round < 4; round++) {
      pair.client.updateKeys(pair.nowUs);
      if (round % 2 === 0) pair.server!.updateKeys(pair.nowUs);
      exchange(pair, 60_000, 60_000_000);
      settle(pair);
    }
    assert(updates(pair, "client") >= 3, `${updates(pair, "client")} updates`);
    assert.deepEqual([pair.client.closeState, pair.server!.closeState], ["open", "open"]);
  }
});
