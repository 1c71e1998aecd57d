import { Command } from "@commander-js/extra-typings";
import { withCommonOptions } from "../../common_options.ts";
import { EXIT } from "../../exit_codes.ts";
import type { LabUpResult } from "../../lab/up.ts";
import { runJob } from "../../run_job.ts";
import { serversOf, withNetworkOptions } from "./topology_options.ts";

/** `mpt lab up`. */
export function labUpCommand(): Command {
  const command = new Command("up")
    .description("make a lab that stays until mpt lab down")
    .usage("[preset|file] [options]")
    .argument("[lab]", "a preset, or a TOML or JSON file; or describe the paths with --path");
  return withCommonOptions(withNetworkOptions(command)).action(async (lab, options) => {
    await runJob<LabUpResult>(options, {
      schema: "mpt.lab-up/1",
      run: async ({ signal }) => {
        const { labUp } = await import("../../lab/actions.ts");
        const servers = serversOf(options);
        return await labUp({ topology: { ...options, lab }, name: options.name, servers }, signal);
      },
      render: async (result) => {
        const { renderLabUp } = await import("../../lab/actions.ts");
        return renderLabUp(result);
      },
      exitCode: () => EXIT.ok,
    });
  }) as unknown as Command;
}
