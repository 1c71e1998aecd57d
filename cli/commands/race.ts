import { Command, Option } from "@commander-js/extra-typings";
import type { RaceRequirement, RaceResult } from "../../lib/race/mod.ts";
import { integer, withCommonOptions } from "../common_options.ts";
import { target, transportsOf } from "../option_values.ts";
import { quicChoice, withQuicOptions } from "../quic_options.ts";
import { raceChoice, withRaceOptions } from "../race_options.ts";
import { runJob } from "../run_job.ts";
import { usage } from "../usage.ts";

const TRANSPORTS = ["tcp", "mptcp", "quic"] as const;

const REQUIRABLE: readonly RaceRequirement[] = ["ipv6", "ipv4", ...TRANSPORTS, "clean"];

/** The signal of --timeout ends the race before its own limit does, in milliseconds. */
const TIMEOUT_SLACK_MS = 1000;

/** `mpt race`. */
export function raceCommand(): Command {
  const command = new Command("race")
    .description("which address, family and transport wins under Happy Eyeballs, and what the race hides")
    .addArgument(
      target("<host[:port]>", "[transport@]host[:port] to race to; port 443 when none is given", TRANSPORTS),
    )
    .addOption(
      new Option("-t, --transport <list>", "transports to race to each address (default: tcp)").argParser(
        transportsOf(TRANSPORTS),
      ),
    )
    .option("-n, --rounds <n>", "race so often, with statistics (default: 1)", integer(1, 10_000))
    .option("-x, --exhaustive", "let every attempt finish, so that what the race hides is seen")
    .addOption(
      new Option("--require <list>", `exit 1 unless it wins: ${REQUIRABLE.join(", ")}`).argParser(
        requirements,
      ),
    )
    .option("--history", "let each round learn from those before it");
  return withCommonOptions(withQuicOptions(withRaceOptions(command))).action(async (endpoint, options) => {
    const asked = options.transport ??
      (endpoint.transport === undefined ? ["tcp"] as const : [endpoint.transport]);
    await runJob<RaceResult>(options, {
      schema: "mpt.race/1",
      run: async ({ signal, output }) => {
        const { RaceHistory, raceRounds } = await import("../../lib/race/mod.ts");
        const { raceStatus } = await import("../render/race.ts");
        const quic = await quicChoice(options, asked);
        return await raceRounds(endpoint, {
          ...raceChoice(options),
          transports: asked,
          quic,
          signal,
          ...(options.rounds === undefined ? {} : { rounds: options.rounds }),
          ...(options.exhaustive === undefined ? {} : { exhaustive: options.exhaustive }),
          ...(options.history === undefined ? {} : { history: new RaceHistory() }),
          ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout + TIMEOUT_SLACK_MS }),
        }, (event) => {
          output.event(event);
          output.status(raceStatus(event, options.rounds ?? 1));
        });
      },
      render: async (result, output) => {
        const { renderRace } = await import("../render/race.ts");
        const { stdoutColumns } = await import("../output.ts");
        return renderRace(result, {
          paint: output.paint,
          verbose: options.verbose ?? false,
          columns: stdoutColumns(),
        });
      },
      exitCode: async (result) => {
        const { raceExitCode } = await import("../race_exit.ts");
        return raceExitCode(result, options.require ?? []);
      },
    });
  }) as unknown as Command;
}

function requirements(text: string): readonly RaceRequirement[] {
  return usage(() =>
    text.split(",").map((part) => {
      const found = REQUIRABLE.find((each) => each === part.trim());
      if (found === undefined) {
        throw new RangeError(`${JSON.stringify(part)} cannot be required: use ${REQUIRABLE.join(", ")}`);
      }
      return found;
    })
  );
}
