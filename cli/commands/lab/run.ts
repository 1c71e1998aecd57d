import { Command } from "@commander-js/extra-typings";
import { duration } from "../../common_options.ts";
import { words } from "../../lab/words.ts";
import { runPlain } from "../../run_plain.ts";
import { serversOf, withNetworkOptions } from "./topology_options.ts";

/** `mpt lab run`. */
export function labRunCommand(): Command {
  const command = new Command("run")
    .description(
      "make a lab, run a command on its client, and take the lab away; ends with the command's code",
    )
    .usage("[preset|file] [options] -- COMMAND...")
    .argument("[lab]", "a preset, or a TOML or JSON file; or describe the paths with --path")
    .argument("[command...]", "what to run, after --");
  return withNetworkOptions(command)
    .option("--timeout <seconds>", "end the command after this long", duration)
    .option("-q, --quiet", "no remarks on stderr")
    .action(async (lab, rest, options, self) => {
      const { before, after } = words([lab, ...rest]);
      if (after.length === 0) {
        self.error("error: what should run is missing: mpt lab run two-path -- COMMAND");
      }
      if (before.length > 1) self.error(`error: too many arguments in front of --: ${before.join(" ")}`);
      await runPlain(options, async ({ signal, output }) => {
        const { runInLab } = await import("../../lab/actions.ts");
        return await runInLab({
          topology: { ...options, lab: before[0] },
          name: options.name,
          servers: serversOf(options),
          command: after,
          timeoutMs: options.timeout,
          note: (text) => output.note(text),
        }, signal);
      });
    }) as unknown as Command;
}
