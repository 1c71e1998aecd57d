import { Command } from "@commander-js/extra-typings";
import { withCommonOptions } from "../../common_options.ts";
import { EXIT } from "../../exit_codes.ts";
import type { LabDownResult } from "../../lab/down.ts";
import { runJob } from "../../run_job.ts";
import { labName } from "./topology_options.ts";

/** `mpt lab down`. */
export function labDownCommand(): Command {
  const command = new Command("down")
    .description("end a lab and everything in it")
    .argument("[name]", "which lab, when several run", labName)
    .option("--all", "end all labs of this user");
  return withCommonOptions(command).action(async (name, options, self) => {
    if (name !== undefined && options.all) self.error("error: give a name or --all, not both");
    await runJob<LabDownResult>(options, {
      schema: "mpt.lab-down/1",
      run: async () => {
        const { labDown } = await import("../../lab/actions.ts");
        return await labDown({ name, all: options.all ?? false });
      },
      render: async (result) => {
        const { renderLabDown } = await import("../../lab/actions.ts");
        return renderLabDown(result);
      },
      exitCode: () => EXIT.ok,
    });
  }) as unknown as Command;
}
