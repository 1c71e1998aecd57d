import { Command } from "@commander-js/extra-typings";
import { type Envelope, envelope, type JsonValue } from "../../../lib/base/result.ts";
import { withCommonOptions } from "../../common_options.ts";
import { EXIT } from "../../exit_codes.ts";
import { runJob } from "../../run_job.ts";

/** The result of `mpt lab presets`. */
export interface LabPresetsResult extends Envelope<"mpt.lab-presets/1"> {
  /** The options are those that a file of a lab holds. */
  readonly presets: readonly {
    readonly name: string;
    readonly summary: string;
    readonly options: JsonValue;
  }[];
}

/** `mpt lab presets`. */
export function labPresetsCommand(): Command {
  const command = new Command("presets").description("the labs that have a name");
  return withCommonOptions(command).action(async (options) => {
    await runJob<LabPresetsResult>(options, {
      schema: "mpt.lab-presets/1",
      run: async () => {
        const startedAtMs = Date.now();
        const { PRESETS } = await import("../../../lib/lab/mod.ts");
        const { hostFacts } = await import("../../../lib/io/host.ts");
        return {
          ...envelope({ schema: "mpt.lab-presets/1", host: hostFacts(), startedAtMs, durationMs: 0 }),
          presets: Object.entries(PRESETS).map(([name, preset]) => ({
            name,
            summary: preset.summary,
            options: JSON.parse(JSON.stringify(preset.options)),
          })),
        };
      },
      render: async (result) => {
        const { renderPresets } = await import("../../render/lab_changes.ts");
        return renderPresets(result);
      },
      exitCode: () => EXIT.ok,
    });
  }) as unknown as Command;
}
