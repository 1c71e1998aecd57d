import { type Envelope, envelope } from "../../lib/base/result.ts";
import { sleep } from "../../lib/io/deadline.ts";
import { hostFacts } from "../../lib/io/host.ts";
import { connectToLab } from "./control_client.ts";
import { findLabs, killRest } from "./leftovers.ts";
import { requireLabRights } from "./permissions.ts";
import { isRunning, killSame } from "./process_identity.ts";
import { chooseLab, labAround } from "./select.ts";
import { openStateFolder } from "./state_folder.ts";
import { type LabState, removeFiles, socketFile } from "./state_file.ts";

/** The result of `mpt lab down`. */
export interface LabDownResult extends Envelope<"mpt.lab-down/1"> {
  /** The labs that were ended. */
  readonly ended: readonly string[];
  /** The labs whose owner had died before, and of which the rest was removed. */
  readonly removed: readonly string[];
}

/** Which labs are to end. */
export interface LabDown {
  readonly name: string | undefined;
  readonly all: boolean;
}

/** How long an owner may take to end its lab, in milliseconds. */
const END_MS = 15_000;

/** How often is looked whether an owner that was told to end is gone, in milliseconds. */
const LOOK_MS = 20;

/** Ends labs, and waits until they are gone. */
export async function labDown({ name, all }: LabDown): Promise<LabDownResult> {
  const startedAtMs = Date.now();
  requireLabRights();
  const folder = await openStateFolder();
  const { labs, removed } = await findLabs(folder);
  // What was asked for is so already.
  const nothing = labs.length === 0 && (name === undefined || removed.includes(name));
  const chosen = all || nothing ? labs : [chooseLab(labs, name ?? labAround())];
  await Promise.all(chosen.map((lab) => endLab(folder, lab)));
  const durationMs = Date.now() - startedAtMs;
  return {
    ...envelope({ schema: "mpt.lab-down/1", host: hostFacts(), startedAtMs, durationMs }),
    ended: chosen.map((lab) => lab.name),
    removed,
  };
}

async function endLab(folder: string, lab: LabState): Promise<void> {
  using client = await connectToLab(socketFile(folder, lab.name));
  await client?.request({ op: "down" }, { signal: AbortSignal.timeout(END_MS) }).catch(() => {});
  if (client === null) await killSame(lab.owner, "SIGTERM");
  if (await isGone(lab)) return;
  await killSame(lab.owner, "SIGKILL");
  await killRest(lab);
  await removeFiles(folder, lab.name, lab.token);
}

async function isGone({ owner }: LabState): Promise<boolean> {
  for (const since = performance.now(); performance.now() - since < END_MS; await sleep(LOOK_MS)) {
    if (!(await isRunning(owner))) return true;
  }
  return false;
}
