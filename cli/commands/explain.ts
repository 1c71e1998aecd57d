import { Argument, Command } from "@commander-js/extra-typings";
import type { Envelope } from "../../lib/base/result.ts";
import type { CatalogueEntry } from "../../lib/mptcp/diagnosis/catalogue/entry.ts";
import { type Code, CODES } from "../codes.ts";
import { withCommonOptions } from "../common_options.ts";
import { EXIT } from "../exit_codes.ts";
import { nearMatches } from "../near_matches.ts";
import { runJob } from "../run_job.ts";
import { usage } from "../usage.ts";

/** What `mpt explain --json` prints. */
export interface ExplainResult extends Envelope<"mpt.explain/1"> {
  /** The code that was asked for, or all of them. */
  readonly entries: readonly (CatalogueEntry & { readonly code: Code })[];
}

/** `mpt explain`. */
export function explainCommand(): Command {
  const code = new Argument("[code]", "the code of a verdict; all are listed without one")
    // The choices are for completion; the parser has a shorter answer than the list of all of them.
    .choices(CODES)
    .argParser((text: string) => usage(() => known(text)));
  const command = new Command("explain")
    .description("what a verdict means: what you see, why it happens, what shows it, and the fix")
    .addArgument(code);
  return withCommonOptions(command).action(async (asked: Code | undefined, options) => {
    await runJob<ExplainResult>(options, {
      schema: "mpt.explain/1",
      run: async () => await explain(asked),
      render: async ({ entries }, output) => {
        const { renderExplanation, renderCodes } = await import("../render/explain.ts");
        const { stdoutColumns } = await import("../output.ts");
        return asked === undefined
          ? renderCodes(output.paint)
          : entries.map((entry) => renderExplanation(entry, output.paint, stdoutColumns())).join("\n");
      },
      exitCode: () => EXIT.ok,
    });
  }) as unknown as Command;
}

function known(text: string): Code {
  const found = CODES.find((each) => each === text);
  if (found !== undefined) return found;
  const near = nearMatches(text, CODES);
  throw new RangeError(
    `There is no code ${JSON.stringify(text)}: ${
      near.length === 0 ? "`mpt explain` lists all" : `did you mean ${near.join(" or ")}?`
    }`,
  );
}

async function explain(asked: Code | undefined): Promise<ExplainResult> {
  const { EXPLANATIONS } = await import("../catalogue.ts");
  const { envelope } = await import("../../lib/base/result.ts");
  const { hostFacts } = await import("../../lib/io/host.ts");
  const codes = asked === undefined ? CODES : [asked];
  return {
    ...envelope({
      schema: "mpt.explain/1",
      host: hostFacts(),
      startedAtMs: Date.now(),
      durationMs: 0,
      options: { code: asked ?? null },
    }),
    entries: codes.map((code) => ({ code, ...EXPLANATIONS[code] })),
  };
}
