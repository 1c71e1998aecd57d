import { Command, Option } from "@commander-js/extra-typings";
import type { Transport } from "../../lib/base/transport.ts";
import type { ProfileName, ProfileRun, RaceRequirement, RaceResult } from "../../lib/race/mod.ts";
import { endOf } from "../../lib/io/deadline.ts";
import { integer, withCommonOptions } from "../common_options.ts";
import { EXIT } from "../exit_codes.ts";
import { transportsOf } from "../option_values.ts";
import { quicChoice, withQuicOptions } from "../quic_options.ts";
import { PROFILE_NAMES, profiles, raceChoice, requirements, withRaceOptions } from "../race_options.ts";
import { RACE_TRANSPORTS, targetOf, tlsOptions } from "../race_target.ts";
import { runJob } from "../run_job.ts";
import { runInfer, withoutMeaning } from "./race_infer.ts";

const REQUIRABLE: readonly RaceRequirement[] = ["ipv6", "ipv4", ...RACE_TRANSPORTS, "clean"];

/** The signal of --timeout ends the race before its own limit does, in milliseconds. */
const TIMEOUT_SLACK_MS = 1000;

/** What the command prints: the race, and the same race as other clients would run it. */
interface ComparedRace extends RaceResult {
  readonly profiles?: readonly ProfileRun[];
}

/** `mpt race`. */
export function raceCommand(): Command {
  const command = new Command("race")
    .description("which address, family and transport wins under Happy Eyeballs, and what the race hides")
    .usage("[options] <host[:port]>\n       mpt race --infer [options] -- COMMAND...")
    .argument("[target...]", "[transport@]host[:port] to race to; port 443 when none is given")
    .addOption(
      new Option("-t, --transport <list>", "transports to race to each address (default: tcp)").argParser(
        transportsOf(RACE_TRANSPORTS),
      ),
    )
    .option("-n, --rounds <n>", "race so often, with statistics (default: 1)", integer(1, 10_000))
    .option("-x, --exhaustive", "let every attempt finish, so that what the race hides is seen")
    .addOption(
      new Option("--require <list>", `exit 1 unless it wins: ${REQUIRABLE.join(", ")}`).argParser(
        requirements(REQUIRABLE),
      ),
    )
    .option("--tls", "tcp, mptcp: only a whole TLS handshake is a success, with the options of quic below")
    .option("--history", "let each round learn from those before it")
    .addOption(
      new Option("--profile <list>", `race as these do as well: all, or ${PROFILE_NAMES.join(", ")}`)
        .argParser(
          profiles,
        ),
    )
    .option("--policy <file>", "how to race, from a TOML or JSON file")
    .option("--svg <file>", "save the timeline as a picture")
    .option("--infer", "instead watch how a program connects: -- curl http://test.example/");
  const complete = withCommonOptions(withQuicOptions(withRaceOptions(command)));
  if (!complete.options.some(({ long }) => long === "--qlog")) {
    complete.option("--qlog <folder>", "save the events of each round as qlog");
  }
  return complete.action(async (operands, options, self) => {
    if (options.infer) {
      if (operands.length === 0) self.error("error: what should run is missing: mpt race --infer -- COMMAND");
      const other = withoutMeaning(self as unknown as Command);
      if (other !== null) self.error(`error: option '${other}' cannot be used with option '--infer'`);
      return await runInfer(operands, options);
    }
    const endpoint = targetOf(operands, self as unknown as Command);
    const { qlog, ...quicOptions } = options as typeof options & { readonly qlog?: string };
    const unsaved: string[] = [];
    await runJob<ComparedRace>(options, {
      schema: "mpt.race/1",
      run: async ({ signal, output }) => {
        const { compareProfiles, PROFILES, RaceHistory, raceRounds } = await import("../../lib/race/mod.ts");
        const { raceStatus } = await import("../render/race.ts");
        const policy = options.policy === undefined
          ? {}
          : await (await import("../race_policy_file.ts")).readPolicy(options.policy);
        const transports: readonly Transport[] = options.transport ??
          (endpoint.transport === undefined ? policy.transports ?? ["tcp"] : [endpoint.transport]);
        // The options about certificates count for TLS over tcp and mptcp as well
        const quic = await quicChoice(quicOptions, options.tls ? [...transports, "quic"] : transports);
        const settings = {
          ...policy,
          ...raceChoice(options),
          transports,
          quic: { ...quic, ...(qlog === undefined ? {} : { qlog }) },
          ...(options.tls ? { tls: tlsOptions(quic) } : {}),
          signal,
          ...(options.rounds === undefined ? {} : { rounds: options.rounds }),
          ...(options.exhaustive === undefined ? {} : { exhaustive: options.exhaustive }),
          ...(options.history === undefined ? {} : { history: new RaceHistory() }),
          ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout + TIMEOUT_SLACK_MS }),
        };
        const result = await raceRounds(endpoint, settings, (event) => {
          output.event(event);
          output.status(raceStatus(event, options.rounds ?? 1));
        });
        unsaved.push(...await saveFiles(result, { svg: options.svg, qlog }));
        const names: readonly ProfileName[] = options.profile ?? [];
        const told = { ...result, warnings: [...result.warnings, ...unsaved] };
        if (names.length === 0) return told;
        const chosen = PROFILES.filter(({ name }) => names.includes(name));
        const compared = await compareProfiles(endpoint, settings, chosen, (event, { name, client }) => {
          output.event({ profile: name, ...event });
          output.status(raceStatus(event, options.rounds ?? 1).map((line) => `as ${client}: ${line}`));
        });
        return { ...told, profiles: compared, ...(signal.aborted ? { end: endOf(signal) } : {}) };
      },
      render: async (result, output) => {
        const { renderRace } = await import("../render/race.ts");
        const { stdoutColumns } = await import("../output.ts");
        const { paint } = output;
        const text = renderRace(result, {
          paint,
          verbose: options.verbose ?? false,
          columns: stdoutColumns(),
        });
        if (result.profiles === undefined) return text;
        const { renderProfiles } = await import("../render/race_profiles.ts");
        return `${text}\n\n${renderProfiles(result, result.profiles, paint)}`;
      },
      exitCode: async (result) => {
        if (unsaved.length > 0) return EXIT.untestable;
        const { raceExitCode } = await import("../race_exit.ts");
        const code = raceExitCode(result, options.require ?? []);
        // A comparison that was cut short has not been made
        const compared = result.profiles === undefined || result.end.reason === "done";
        return code === EXIT.ok && !compared ? EXIT.untestable : code;
      },
    });
  }) as unknown as Command;
}

async function saveFiles(
  result: RaceResult,
  files: { readonly svg: string | undefined; readonly qlog: string | undefined },
): Promise<readonly string[]> {
  if (files.svg === undefined && files.qlog === undefined) return [];
  const { saveRaceFiles } = await import("../race_files.ts");
  return await saveRaceFiles(result, files);
}
