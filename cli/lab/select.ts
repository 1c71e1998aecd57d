import { MptError } from "../../lib/base/errors.ts";
import { connectToLab, type ControlClient } from "./control_client.ts";
import { LAB_VARIABLE } from "./environment.ts";
import { decodeHello, type LabHello } from "./hello.ts";
import { findLabs } from "./leftovers.ts";
import { openStateFolder } from "./state_folder.ts";
import { type LabState, socketFile } from "./state_file.ts";

/** A lab that runs, and a connection to its owner. */
export interface OpenLab extends Disposable {
  readonly state: LabState;
  readonly hello: LabHello;
  readonly client: ControlClient;
}

/** How long an owner may take to say hello, in milliseconds. */
const HELLO_MS = 10_000;

/**
 * The lab that is meant: the one of this name, the one that this command runs in, or the only one.
 *
 * @throws {MptError} `ERR_USAGE` when there is none, or when there are several.
 */
export function chooseLab(labs: readonly LabState[], name: string | undefined): LabState {
  const names = labs.map((lab) => lab.name).join(", ");
  if (labs.length === 0) {
    const which = name === undefined ? "no lab is running" : `no lab is running, ${name} neither`;
    throw new MptError("ERR_USAGE", `Cannot reach a lab: ${which}`, { fix: "mpt lab up two-path" });
  }
  if (name === undefined) {
    const [only, ...others] = labs;
    if (only !== undefined && others.length === 0) return only;
    throw new MptError("ERR_USAGE", `Cannot tell which lab is meant: ${names} are running`, {
      fix: "name it: --name NAME",
    });
  }
  const found = labs.find((lab) => lab.name === name);
  if (found !== undefined) return found;
  throw new MptError("ERR_USAGE", `Cannot reach the lab ${name}: running is ${names}`);
}

/** The lab that this process was started in, if any. */
export function labAround(): string | undefined {
  try {
    return Deno.env.get(LAB_VARIABLE) || undefined;
  } catch {
    return undefined;
  }
}

/**
 * Connects to the lab that is meant, after what dead labs left has been removed.
 *
 * @throws {MptError} As {@linkcode chooseLab}; `ERR_PROGRAM` when its owner does not answer.
 */
export async function openLab(name: string | undefined, signal?: AbortSignal): Promise<OpenLab> {
  const folder = await openStateFolder();
  const { labs } = await findLabs(folder);
  return await connect(folder, chooseLab(labs, name ?? labAround()), signal);
}

/** Connects to a lab that runs. */
export async function connect(folder: string, state: LabState, signal?: AbortSignal): Promise<OpenLab> {
  const { name, owner } = state;
  const client = await connectToLab(socketFile(folder, name));
  if (client === null) {
    throw new MptError("ERR_PROGRAM", `Cannot reach the lab ${name}: it is still being made`);
  }
  try {
    const patience = AbortSignal.any([
      AbortSignal.timeout(HELLO_MS),
      ...(signal === undefined ? [] : [signal]),
    ]);
    const hello = decodeHello(await client.request({ op: "hello" }, { signal: patience }));
    return { state, hello, client, [Symbol.dispose]: () => client[Symbol.dispose]() };
  } catch (error) {
    client[Symbol.dispose]();
    if (signal?.aborted) throw error;
    throw new MptError(
      "ERR_PROGRAM",
      `Cannot reach the lab ${name}: its owner (process ${owner.pid}) does not answer`,
      {
        cause: error,
        fix: `mpt lab down ${name}`,
      },
    );
  }
}
