import { Command } from "@commander-js/extra-typings";
import { withCommonOptions } from "../../common_options.ts";
import { EXIT } from "../../exit_codes.ts";
import type { LabScriptResult } from "../../lab/script.ts";
import { runJob } from "../../run_job.ts";
import { labName } from "./topology_options.ts";

const HELP = `
A script is a list of times and changes:
  at 2s    set path2 --down          # 2 seconds after the start
  after 3s set path2 --up            # 3 seconds after the line before
  at 6s    middlebox add drop-udp,port=443
  at 8s    middlebox clear
  at 10s   wait`;

/** `mpt lab script`. */
export function labScriptCommand(): Command {
  const command = new Command("script")
    .description("play a timeline of faults and middleboxes on a lab that runs")
    .argument("<file>", "the timeline")
    .option("-n, --name <lab>", "which lab, when several run", labName)
    .addHelpText("after", HELP);
  return withCommonOptions(command).action(async (file, options) => {
    await runJob<LabScriptResult>(options, {
      schema: "mpt.lab-script/1",
      run: async ({ signal, output }) => {
        const { labScript, renderStep } = await import("../../lab/actions.ts");
        return await labScript(file, options.name, signal, (step) => {
          output.event({ event: "step", step });
          if (output.human) output.answer(renderStep(step));
        });
      },
      render: async (result) => {
        const { renderScript } = await import("../../lab/actions.ts");
        return renderScript(result);
      },
      exitCode: ({ end }) => end.reason === "done" ? EXIT.ok : EXIT.untestable,
    });
  }) as unknown as Command;
}
