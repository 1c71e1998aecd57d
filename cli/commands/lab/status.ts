import { Command } from "@commander-js/extra-typings";
import { withCommonOptions } from "../../common_options.ts";
import { EXIT } from "../../exit_codes.ts";
import type { LabStatusResult } from "../../lab/status.ts";
import { runJob } from "../../run_job.ts";
import { labName } from "./topology_options.ts";

/** `mpt lab status`. */
export function labStatusCommand(): Command {
  const command = new Command("status")
    .description("what was asked of the paths, what was measured, faults and middleboxes in force")
    .option("-n, --name <lab>", "only this lab", labName);
  return withCommonOptions(command).action(async (options) => {
    await runJob<LabStatusResult>(options, {
      schema: "mpt.lab-status/1",
      run: async ({ signal }) => {
        const { labStatus } = await import("../../lab/actions.ts");
        return await labStatus(options.name, signal);
      },
      render: async (result, output) => {
        const { renderLabs } = await import("../../lab/actions.ts");
        for (const warning of result.warnings) output.note(`mpt: ${warning}`);
        return renderLabs(result.labs, result.verdicts, output.paint, options.verbose ?? false);
      },
      exitCode: () => EXIT.ok,
    });
  }) as unknown as Command;
}
