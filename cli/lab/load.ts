import type * as Actions from "./actions.ts";

/** Not within the call, where Deno would see it. */
const ACTIONS = "./actions.ts";

/**
 * Loads what `mpt lab` does. Deno reads every module that it can see being imported, before anything runs: here a
 * hundred, for whatever the command is. This import it cannot see. It needs `--allow-read`, as the lab does.
 */
export async function labActions(): Promise<typeof Actions> {
  const actions: typeof Actions = await import(ACTIONS);
  return actions;
}
