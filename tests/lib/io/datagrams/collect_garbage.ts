// deno-lint-ignore-file no-console
/** Sends and receives thousands of batches, with garbage and collections in between. */
import assert from "node:assert/strict";
import { openDatagramSocket } from "../../../../lib/io/open_datagram_socket.ts";
import { V4 } from "./support.ts";

const ROUNDS = 1000;
const BATCH = 32;
const SIZE = 1200;
const GC_EVERY = 25;

declare const gc: () => void;

await using near = await openDatagramSocket({ address: V4, backend: "ffi" });
await using far = await openDatagramSocket({ address: V4, backend: "ffi" });
let garbage: Uint8Array[] = [];
let right = 0;
for (let round = 0; round < ROUNDS; round++) {
  // Freed memory is soon somebody else's: fill what is allocated with something that is no datagram.
  garbage.push(new Uint8Array(20_000).fill(0xee));
  if (round % GC_EVERY === 0) {
    garbage = [];
    gc();
  }
  // A fresh buffer and fresh endpoints, so that nothing but the socket keeps them.
  const batch = new Uint8Array(BATCH * SIZE).fill(round);
  const options = { segmentBytes: SIZE, ecn: 2, from: near.local } as const;
  assert.equal(near.send(batch, 0, batch.length, far.local, options), "sent");
  for (let count = 0; count < BATCH;) {
    assert(await far.readable());
    count += far.receive((buffer, start, end, remote, local, ecn) => {
      assert(remote.equals(near.local) && local.equals(far.local) && ecn === 2 && end - start === SIZE);
      assert(buffer.subarray(start, end).every((byte) => byte === (round & 0xff)));
      right++;
    });
  }
}
console.log(`${right} right datagrams`);
