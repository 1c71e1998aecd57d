import { MptError } from "../../lib/base/errors.ts";
import { type Envelope, envelope, TOOL } from "../../lib/base/result.ts";
import { hostFacts } from "../../lib/io/host.ts";
import { findLabs } from "./leftovers.ts";
import { requireLabRights } from "./permissions.ts";
import { chooseLab, connect, labAround } from "./select.ts";
import { openStateFolder } from "./state_folder.ts";
import { decodeLab, type LabJson } from "./status_json.ts";
import { labVerdicts } from "./verdicts.ts";

/** The result of `mpt lab status`. */
export interface LabStatusResult extends Envelope<"mpt.lab-status/1"> {
  readonly labs: readonly LabJson[];
}

/** The state of one lab, or of all that run. */
export async function labStatus(name: string | undefined, signal: AbortSignal): Promise<LabStatusResult> {
  const startedAtMs = Date.now();
  requireLabRights();
  const folder = await openStateFolder();
  const found = await findLabs(folder);
  const wanted = name ?? labAround();
  const chosen = wanted === undefined ? found.labs : [chooseLab(found.labs, wanted)];
  const warnings = found.removed.map((gone) =>
    `the owner of the lab ${gone} had died; what it left was removed`
  );
  const labs: LabJson[] = [];
  const silent: MptError[] = [];
  for (const state of chosen) {
    using open = await connect(folder, state, signal).catch((error: unknown) => {
      // One that is being made must not hide the others; of one that was asked for it is the answer.
      if (wanted !== undefined || signal.aborted || !(error instanceof MptError)) throw error;
      silent.push(error);
      return null;
    });
    if (open === null) continue;
    if (open.hello.version !== TOOL.version) {
      warnings.push(`the lab ${state.name} was made by mpt ${open.hello.version}, this is ${TOOL.version}`);
    }
    labs.push(decodeLab(await open.client.request({ op: "status" }, { signal })));
  }
  const durationMs = Date.now() - startedAtMs;
  const verdicts = labVerdicts(labs, silent);
  return {
    ...envelope({
      schema: "mpt.lab-status/1",
      host: hostFacts(),
      startedAtMs,
      durationMs,
      warnings,
      verdicts,
    }),
    labs,
  };
}
