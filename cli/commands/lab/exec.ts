import { Command } from "@commander-js/extra-typings";
import { duration } from "../../common_options.ts";
import { words } from "../../lab/words.ts";
import { runPlain } from "../../run_plain.ts";
import { labName } from "./topology_options.ts";

/** `mpt lab exec`. */
export function labExecCommand(): Command {
  return new Command("exec")
    .description("run a command on a host of a lab that runs; ends with the command's code")
    .usage("client|server|router [options] -- COMMAND...")
    .argument("<host>", "client, server or router")
    .argument("[command...]", "what to run, after --")
    .option("-n, --name <lab>", "which lab, when several run", labName)
    .option("--timeout <seconds>", "end the command after this long", duration)
    .option("-q, --quiet", "no remarks on stderr")
    .action(async (host, rest, options, self) => {
      const { before, after } = words([host, ...rest]);
      if (after.length === 0) self.error("error: what should run is missing: mpt lab exec client -- COMMAND");
      if (before.length > 1) self.error(`error: too many arguments in front of --: ${before.join(" ")}`);
      if (host !== "client" && host !== "server" && host !== "router") {
        return self.error(`error: there is no host '${host}'; there are client, server, router`);
      }
      await runPlain(options, async ({ signal, output }) => {
        const { openLab, execInLab } = await import("../../lab/actions.ts");
        using lab = await openLab(options.name, signal);
        const end = await execInLab(lab.client, lab.hello, host, after, { timeoutMs: options.timeout });
        if (end.cut !== null) output.error(`mpt: ended the command: ${end.cut}`);
        return end.code;
      });
    }) as unknown as Command;
}
