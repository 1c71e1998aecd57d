import { toMptError } from "../lib/base/errors.ts";
import type { RaceResult } from "../lib/race/mod.ts";

/** Where a race is saved besides its JSON. */
export interface RaceFiles {
  /** A picture of the first round. */
  readonly svg?: string | undefined;
  /** A folder for a file of Happy Eyeballs events for each round. */
  readonly qlog?: string | undefined;
}

/**
 * Saves a race as a picture and as events.
 *
 * @param result The race.
 * @param files Where to; what is absent is not saved.
 * @returns Why something could not be saved, a sentence each.
 */
export async function saveRaceFiles(
  result: RaceResult,
  { svg, qlog }: RaceFiles,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const save = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      problems.push(`${toMptError(error, `Cannot save ${what}`).message}.`);
    }
  };
  if (svg !== undefined) {
    await save(svg, async () => {
      const { raceSvg } = await import("./render/race_svg.ts");
      await Deno.writeTextFile(svg, raceSvg(result));
    });
  }
  if (qlog !== undefined) {
    await save(`events in ${qlog}`, async () => {
      const { raceQlog } = await import("../lib/race/mod.ts");
      await Deno.mkdir(qlog, { recursive: true });
      const host = result.target.host.replaceAll(/[^\w.-]/g, "_");
      for (const index of result.rounds.keys()) {
        await Deno.writeTextFile(`${qlog}/race_${host}_${index + 1}.sqlog`, raceQlog(result, index));
      }
    });
  }
  return problems;
}
