import { Command, Option } from "@commander-js/extra-typings";
import { CHANGE_OPTIONS, parseChange } from "../../../lib/lab/plan/change_options.ts";
import { withCommonOptions } from "../../common_options.ts";
import { EXIT } from "../../exit_codes.ts";
import type { LabChangeResult } from "../../lab/changes.ts";
import { changeWords } from "../../lab/change_words.ts";
import { runJob } from "../../run_job.ts";
import { labName } from "./topology_options.ts";

/** `mpt lab set`. */
export function labSetCommand(): Command {
  const command = new Command("set")
    .description("change a path of a lab that runs: take it down, make it lose, slow it, move it")
    .argument("<path>", "such as path2");
  for (const { flag, value, help } of CHANGE_OPTIONS) {
    command.addOption(new Option(value === null ? flag : `${flag} ${value}`, help));
  }
  const named = command.option("-n, --name <lab>", "which lab, when several run", labName);
  return withCommonOptions(named).action(async (path, options) => {
    await runJob<LabChangeResult>(options, {
      schema: "mpt.lab-change/1",
      run: async ({ signal }) => {
        const { changeLab } = await import("../../lab/actions.ts");
        const { change } = parseChange([path, ...changeWords(new Map(Object.entries(options)))]);
        return await changeLab({ op: "set", path, change: { ...change } }, options.name, signal);
      },
      render: async (result) => {
        const { renderChange } = await import("../../lab/actions.ts");
        return renderChange(result);
      },
      exitCode: () => EXIT.ok,
    });
  }) as unknown as Command;
}
