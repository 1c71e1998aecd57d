import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../../../../lib/lab/link/random.ts";

const seed = fc.maxSafeNat();
const stream = fc.nat({ max: 0xffff_ffff });

function numbers(random: Random, count: number): readonly number[] {
  return Array.from({ length: count }, () => random.uint32());
}

Deno.test("Random is xoshiro128**: the first numbers of the state 1, 2, 3, 4", () => {
  assert.deepEqual(numbers(new Random(1, 2, 3, 4), 4), [11520, 0, 5927040, 70819200]);
});

Deno.test("Random gives the same numbers for the same seed and stream, for ever", () => {
  assert.deepEqual(numbers(Random.of(1), 3), [1530113752, 2674714925, 1321010356]);
  fc.assert(fc.property(seed, stream, (seed, stream) => {
    assert.deepEqual(numbers(Random.of(seed, stream), 20), numbers(Random.of(seed, stream), 20));
  }));
});

Deno.test("Random gives other numbers for another seed or another stream", () => {
  const distinct = (a: Random, b: Random): void => assert.notDeepEqual(numbers(a, 4), numbers(b, 4));
  fc.assert(fc.property(seed, stream, fc.integer({ min: 1, max: 1000 }), (seed, stream, other) => {
    distinct(Random.of(seed, stream), Random.of(seed, (stream + other) % 2 ** 32));
    distinct(Random.of(seed, stream), Random.of((seed + other) % Number.MAX_SAFE_INTEGER, stream));
  }));
});

Deno.test("Random.next() is from 0 to below 1", () => {
  fc.assert(fc.property(seed, (seed) => {
    const random = Random.of(seed);
    for (let i = 0; i < 100; i++) {
      const value = random.next();
      assert(value >= 0 && value < 1);
    }
  }));
});

Deno.test("Random fills 256 cells evenly, and neighbouring streams do not follow each other", () => {
  const rounds = 256 * 400;
  const cells = new Float64Array(256);
  let together = 0;
  const [one, two] = [Random.of(7, 0), Random.of(7, 1)];
  for (let i = 0; i < rounds; i++) {
    const a = one.next();
    const b = two.next();
    cells[Math.floor(a * 256)]! += 1;
    together += (a - 0.5) * (b - 0.5);
  }
  const expected = rounds / 256;
  const chiSquare = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // 255 degrees of freedom: 99.99 % lie below 347, and 0.01 % below 176.
  assert(chiSquare > 176 && chiSquare < 347, `${chiSquare}`);
  // The correlation of independent streams is below 4 standard deviations.
  assert(Math.abs(together * 12 / rounds) < 4 / Math.sqrt(rounds), `${together}`);
});
