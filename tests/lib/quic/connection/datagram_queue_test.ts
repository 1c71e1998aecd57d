import assert from "node:assert/strict";
import fc from "fast-check";
import { DatagramQueue } from "../../../../lib/quic/connection/datagram_queue.ts";

const NAMES = [-1, 0, 1, 2] as const;

Deno.test("datagrams leave in order: those that wait for the path first, then those that any path carries", () => {
  const pushes = fc.array(fc.constantFrom(...NAMES), { maxLength: 300 });
  fc.assert(fc.property(pushes, (paths) => {
    const queue = new DatagramQueue();
    paths.forEach((pathId, index) => assert(queue.push(Uint8Array.of(index >> 8, index & 255), pathId)));
    const numbers = (pathId: number, free: boolean): number[] => {
      const taken: number[] = [];
      for (let next = queue.peek(pathId, free); next !== undefined; next = queue.peek(pathId, free)) {
        taken.push((next[0]! << 8) | next[1]!);
        queue.shift(pathId);
      }
      return taken;
    };
    const of = (wanted: number): number[] =>
      paths.flatMap((pathId, index) => pathId === wanted ? [index] : []);
    assert.deepEqual(numbers(2, false), of(2));
    assert.deepEqual(numbers(1, true), [...of(1), ...of(-1)]);
    assert.equal(queue.hasData, false);
    assert.equal(queue.hasDataFor(0), of(0).length > 0);
    queue.releasePath(0);
    assert.deepEqual(numbers(2, true), of(0));
  }));
});

Deno.test("datagrams beyond a megabyte are refused, whatever path they wait for, until some have left", () => {
  const queue = new DatagramQueue();
  const large = new Uint8Array(60_000);
  let count = 0;
  while (queue.push(large, count % 3)) count++;
  assert.equal(count, 17);
  queue.shift(0);
  assert.equal(queue.push(large), true);
  assert.equal(queue.push(large), false);
});
