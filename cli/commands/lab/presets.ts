import { Command } from "@commander-js/extra-typings";
import { withCommonOptions } from "../../common_options.ts";
import { EXIT } from "../../exit_codes.ts";
import type { LabPresetsResult } from "../../lab/presets.ts";
import { runJob } from "../../run_job.ts";

/** `mpt lab presets`. */
export function labPresetsCommand(): Command {
  const command = new Command("presets").description("the labs that have a name");
  return withCommonOptions(command).action(async (options) => {
    await runJob<LabPresetsResult>(options, {
      schema: "mpt.lab-presets/1",
      run: async () => {
        const { labPresets } = await import("../../lab/actions.ts");
        return labPresets();
      },
      render: async (result) => {
        const { renderPresets } = await import("../../lab/actions.ts");
        return renderPresets(result);
      },
      exitCode: () => EXIT.ok,
    });
  }) as unknown as Command;
}
