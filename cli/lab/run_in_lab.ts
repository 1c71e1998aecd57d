import { MptError } from "../../lib/base/errors.ts";
import { abortedError } from "../../lib/io/deadline.ts";
import { execInLab } from "./exec.ts";
import { nameFrom } from "./lab_name.ts";
import { launch } from "./launch.ts";
import { requireLabRights } from "./permissions.ts";
import { connect } from "./select.ts";
import { openStateFolder } from "./state_folder.ts";
import { readState } from "./state_file.ts";
import { topology, type TopologyOptions } from "./topology.ts";

/** What `mpt lab run` is asked for. */
export interface RunInLab {
  readonly topology: TopologyOptions;
  readonly name: string | undefined;
  readonly servers: readonly string[];
  readonly command: readonly string[];
  readonly timeoutMs: number | undefined;
  readonly note: (text: string) => void;
}

/**
 * Makes a lab, runs a command on its client and takes the lab away.
 *
 * @returns The exit code of the command.
 */
export async function runInLab(asked: RunInLab, signal: AbortSignal): Promise<number> {
  const options = await topology(asked.topology);
  requireLabRights();
  const folder = await openStateFolder();
  await using lab = await launch({
    name: asked.name ?? nameFrom(asked.topology.lab),
    anyName: asked.name === undefined,
    options,
    servers: asked.servers,
    lifeline: true,
  }, signal);
  const { name, seed } = lab.hello;
  asked.note(`lab ${name} is up, seed ${seed}`);
  const state = await readState(folder, name);
  if (state === undefined || state === null) throw new MptError("ERR_PROGRAM", `Cannot find the lab ${name}`);
  using control = await connect(folder, state, signal);
  if (signal.aborted) throw abortedError("run the command", signal);
  const end = await execInLab(control.client, control.hello, "client", asked.command, {
    timeoutMs: asked.timeoutMs,
  });
  if (end.cut !== null) asked.note(`mpt: ended the command: ${end.cut}`);
  return end.code;
}
