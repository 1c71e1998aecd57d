import type { Command } from "@commander-js/extra-typings";
import { MptError } from "../../lib/base/errors.ts";
import type { InferResult } from "../../lib/race/mod.ts";
import type { CommonOptions } from "../common_options.ts";
import { EXIT } from "../exit_codes.ts";
import { runJob } from "../run_job.ts";

/** `mpt race --infer -- COMMAND`: watches how a program connects. */
export async function runInfer(
  command: readonly string[],
  options: CommonOptions & { readonly rounds?: number | undefined },
): Promise<never> {
  return await runJob<InferResult>(options, {
    schema: "mpt.race-infer/1",
    run: async ({ signal, output }) => {
      requireRun();
      const { inferClient } = await import("../../lib/race/mod.ts");
      const { inferStatus } = await import("../render/race_infer.ts");
      const rounds = options.rounds === undefined ? {} : { rounds: options.rounds };
      return await inferClient(command, { ...rounds, signal }, (event) => {
        output.event(event);
        output.status(inferStatus(event.run, command));
      });
    },
    render: async (result, output) => {
      const { renderInfer } = await import("../render/race_infer.ts");
      return renderInfer(result, output.paint, options.verbose ?? false);
    },
    // A program that never connected showed nothing
    exitCode: ({ runs }) => runs.some(({ attempts }) => attempts.length > 0) ? EXIT.ok : EXIT.untestable,
  });
}

/** What `--infer` heeds, besides the options that every command has. */
const HEEDED: ReadonlySet<string> = new Set([
  ...["infer", "rounds"],
  ...["json", "ndjson", "timeout", "output", "quiet", "verbose", "color"],
]);

/** An option that was given and is about a race of our own; null when there is none. */
export function withoutMeaning(command: Command): string | null {
  const given = command.options.find((option) =>
    !HEEDED.has(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === "cli"
  );
  return given?.flags ?? null;
}

/** A program that is watched has to be run, with `ip` and others around it. */
function requireRun(): void {
  if (Deno.permissions.querySync({ name: "run" }).state === "granted") return;
  throw new MptError(
    "ERR_PERMISSION",
    "Cannot watch a program without --allow-run: it runs in a network made for it",
    {
      fix: "run mpt with --allow-run",
    },
  );
}
