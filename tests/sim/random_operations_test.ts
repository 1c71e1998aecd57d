import * as fc from "fast-check";
import { play } from "./play.ts";
import { describe, type Script, scripts } from "./script.ts";

/** How many runs; `deno task sim` makes more of them. */
const RUNS = Number(Deno.env.get("MPT_SIM_RUNS") ?? 1_000);

/** The first seed: always the same one, unless another is asked for. */
const SEED = Number(Deno.env.get("MPT_SIM_SEED") ?? 1);

/** Runs of one seed of fast-check. */
const RUNS_PER_SEED = 500;

Deno.test(`RFC 9000: whatever both ends and the network do, every byte arrives once, in order and unaltered, and nothing stands still (${RUNS} runs from seed ${SEED})`, async (test) => {
  for (let at = 0; at < RUNS; at += RUNS_PER_SEED) {
    const seed = SEED + at / RUNS_PER_SEED;
    const numRuns = Math.min(RUNS_PER_SEED, RUNS - at);
    await test.step(`seed ${seed}`, () => {
      fc.assert(fc.property(scripts, play), {
        seed,
        numRuns,
        reporter: (out) => {
          if (!out.failed) return;
          const [script] = out.counterexample ?? [];
          throw new Error(
            `seed ${out.seed}, path ${out.counterexamplePath}, ${out.numShrinks} shrinks\n` +
              `${script === undefined ? "" : describe(script as Script)}\n`,
            { cause: out.errorInstance },
          );
        },
      });
    });
  }
});
