import { MptError } from "../../lib/base/errors.ts";
import type * as Actions from "./actions.ts";

/** Not within the call, where Deno would see it. */
const ACTIONS = "./actions.ts";

/**
 * Loads what `mpt lab` does. Deno reads every module that it can see being imported, before anything runs: here a
 * hundred, for whatever the command is. This import it cannot see. It needs `--allow-read`, as the lab does.
 *
 * @throws {MptError} `ERR_PERMISSION` without that.
 */
export async function labActions(): Promise<typeof Actions> {
  try {
    const actions: typeof Actions = await import(ACTIONS);
    return actions;
  } catch (error) {
    // An import that may not read says so in words alone
    if (Deno.permissions.querySync({ name: "read" }).state === "granted") throw error;
    throw new MptError("ERR_PERMISSION", "Cannot load the lab: Deno was not given --allow-read", {
      cause: error,
      fix: "run mpt lab with --allow-all",
    });
  }
}
