import * as fc from "fast-check";
import { play } from "./play.ts";
import { describe, multipathScripts, type Script, scripts } from "./script.ts";

/** How many runs; `deno task sim` makes more of them. */
const RUNS = Number(Deno.env.get("MPT_SIM_RUNS") ?? 1_000);

/** The same for several paths. */
const MULTIPATH_RUNS = Number(Deno.env.get("MPT_SIM_RUNS") ?? 300);

/** The first seed: always the same one, unless another is asked for. */
const SEED = Number(Deno.env.get("MPT_SIM_SEED") ?? 1);

/** Runs of one seed of fast-check. */
const RUNS_PER_SEED = 500;

/** Plays runs, and tells a run that fails as short as it can be made. */
async function playAll(test: Deno.TestContext, kind: fc.Arbitrary<Script>, runs: number): Promise<void> {
  for (let at = 0; at < runs; at += RUNS_PER_SEED) {
    const seed = SEED + at / RUNS_PER_SEED;
    const numRuns = Math.min(RUNS_PER_SEED, runs - at);
    await test.step(`seed ${seed}`, () => {
      fc.assert(fc.property(kind, play), {
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
}

Deno.test(`RFC 9000: whatever both ends and the network do, every byte arrives once, in order and unaltered, and nothing stands still (${RUNS} runs from seed ${SEED})`, async (test) => {
  await playAll(test, scripts, RUNS);
});

Deno.test(`draft-ietf-quic-multipath-21: the same with paths that are opened, given up, break and recover (${MULTIPATH_RUNS} runs from seed ${SEED})`, async (test) => {
  await playAll(test, multipathScripts, MULTIPATH_RUNS);
});
