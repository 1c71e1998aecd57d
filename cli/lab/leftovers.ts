import { killInhabitants } from "./inhabitants.ts";
import { identify, isRunning, killSame } from "./process_identity.ts";
import { type LabState, readDrafts, readStates, removeFiles } from "./state_file.ts";

/** The labs that run, and those whose owner died and which are now gone. */
export interface Found {
  readonly labs: readonly LabState[];
  readonly removed: readonly string[];
}

/**
 * Looks which labs run, and removes what the others left: files, and processes that still live inside. A
 * process is killed only after it was seen to be the one that was written down, or to live inside the lab.
 */
export async function findLabs(folder: string): Promise<Found> {
  const labs: LabState[] = [];
  const removed: string[] = [];
  for (const [name, state] of await readStates(folder)) {
    if (state !== null && await isRunning(state.owner)) {
      labs.push(state);
      continue;
    }
    if (state !== null) await killRest(state);
    await removeFiles(folder, name, state?.token ?? null);
    removed.push(name);
  }
  await removeDrafts(folder);
  return { labs, removed };
}

/** Half-written states of processes that died over them. */
async function removeDrafts(folder: string): Promise<void> {
  for (const [file, pid] of await readDrafts(folder)) {
    // Its writer may remove it meanwhile.
    if (await identify(pid) === null) await Deno.remove(file).catch(() => {});
  }
}

/** Kills what a lab without an owner still has. */
export async function killRest(state: LabState): Promise<void> {
  // The holder ends with its owner; it is here in case it was stopped (SIGSTOP) and could not.
  if (state.holder !== null) await killSame(state.holder, "SIGKILL");
  await killInhabitants(state.token);
}
