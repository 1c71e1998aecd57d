import { MptError } from "../../lib/base/errors.ts";
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

/** How long an owner may take to say that it will, in milliseconds. */
const ANSWER_MS = 5000;

/** How long it may take to end its lab then, in milliseconds. */
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
  if (await tellToEnd(folder, lab) && await isGone(lab)) return;
  await killSame(lab.owner, "SIGKILL");
  await killRest(lab);
  await removeFiles(folder, lab.name, lab.token);
}

/** Tells an owner to end its lab; false when it does not answer. */
async function tellToEnd(folder: string, lab: LabState): Promise<boolean> {
  using client = await connectToLab(socketFile(folder, lab.name));
  if (client === null) {
    // It does not listen yet, but it heeds signals.
    await killSame(lab.owner, "SIGTERM");
    return true;
  }
  try {
    await client.request({ op: "down" }, { signal: AbortSignal.timeout(ANSWER_MS) });
    return true;
  } catch (error) {
    // Somebody else has told it a moment before.
    return error instanceof MptError && error.code === "ERR_PROGRAM";
  }
}

async function isGone({ owner }: LabState): Promise<boolean> {
  for (const since = performance.now(); performance.now() - since < END_MS; await sleep(LOOK_MS)) {
    if (!(await isRunning(owner))) return true;
  }
  return false;
}
