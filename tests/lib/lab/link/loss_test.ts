import assert from "node:assert/strict";
import fc from "fast-check";
import { LossProcess } from "../../../../lib/lab/link/loss.ts";
import { Random } from "../../../../lib/lab/link/random.ts";
import type { LossModel } from "../../../../lib/lab/link/settings.ts";

const COUNT = 400_000;

function losses(model: LossModel, seed: number, count: number = COUNT): readonly boolean[] {
  const process = new LossProcess(model, Random.of(seed));
  return Array.from({ length: count }, () => process.drops());
}

/** The lengths of the runs of lost packets. */
function bursts(lost: readonly boolean[]): readonly number[] {
  const lengths: number[] = [];
  for (const [index, isLost] of lost.entries()) {
    if (!isLost) continue;
    if (lost[index - 1] === true) lengths[lengths.length - 1]!++;
    else lengths.push(1);
  }
  return lengths;
}

function rate(lost: readonly boolean[]): number {
  return lost.filter(Boolean).length / lost.length;
}

Deno.test("LossProcess without loss loses nothing, with probability 1 everything", () => {
  assert.equal(rate(losses({ kind: "none" }, 1, 1000)), 0);
  assert.equal(rate(losses({ kind: "random", probability: 0 }, 1, 1000)), 0);
  assert.equal(rate(losses({ kind: "random", probability: 1 }, 1, 1000)), 1);
  assert.equal(rate(losses({ kind: "burst", probability: 0, meanBurst: 5 }, 1, 1000)), 0);
});

for (const probability of [0.0005, 0.01, 0.2, 0.9]) {
  Deno.test(`LossProcess loses ${100 * probability} % at random, one packet like the other`, () => {
    const lost = losses({ kind: "random", probability }, 2);
    const deviation = Math.sqrt(probability * (1 - probability) / COUNT);
    assert(Math.abs(rate(lost) - probability) < 4 * deviation, `${rate(lost)}`);
    // Independent losses have bursts of 1 / (1 - p).
    const lengths = bursts(lost);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    const spread = Math.sqrt(probability) / (1 - probability);
    assert(Math.abs(mean - 1 / (1 - probability)) < 4 * spread / Math.sqrt(lengths.length), `${mean}`);
  });
}

for (const [probability, meanBurst] of [[0.01, 1], [0.02, 4], [0.1, 25], [0.5, 8]] as const) {
  Deno.test(`LossProcess loses ${100 * probability} % in bursts of ${meanBurst} on the average`, () => {
    const lost = losses({ kind: "burst", probability, meanBurst }, 3);
    const lengths = bursts(lost);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    // A geometric distribution with this mean.
    const spread = Math.sqrt(meanBurst * (meanBurst - 1));
    assert(Math.abs(mean - meanBurst) <= 4 * spread / Math.sqrt(lengths.length), `${mean}`);
    // The variance of the mean of a two-state chain whose correlation decays by 1 - p - r a step.
    const leave = 1 / meanBurst;
    const decay = 1 - leave - probability * leave / (1 - probability);
    const variance = probability * (1 - probability) * (1 + decay) / (1 - decay) / COUNT;
    assert(Math.abs(rate(lost) - probability) < 4 * Math.sqrt(variance), `${rate(lost)}`);
  });
}

Deno.test("LossProcess starts in its steady state: the first packet is lost as often as any other", () => {
  const rounds = 20_000;
  let lost = 0;
  for (let seed = 0; seed < rounds; seed++) {
    if (losses({ kind: "burst", probability: 0.2, meanBurst: 10 }, seed, 1)[0]) lost++;
  }
  assert(Math.abs(lost / rounds - 0.2) < 4 * Math.sqrt(0.2 * 0.8 / rounds), `${lost}`);
});

Deno.test("LossProcess loses the same packets for the same seed", () => {
  const model = fc.oneof(
    fc.record({
      kind: fc.constant("random" as const),
      probability: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant("burst" as const),
      probability: fc.double({ min: 0, max: 0.5, noNaN: true }),
      meanBurst: fc.double({ min: 1, max: 100, noNaN: true }),
    }),
  );
  fc.assert(fc.property(model, fc.nat(), (model, seed) => {
    assert.deepEqual(losses(model, seed, 200), losses(model, seed, 200));
  }));
});
