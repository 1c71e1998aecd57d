import { MptError, toMptError } from "../../lib/base/errors.ts";
import { isToken } from "./inhabitants.ts";
import type { ProcessIdentity } from "./process_identity.ts";

/** The form of a state file. */
const SCHEMA = "mpt.lab-state/1";

/** What is written down about a lab, so that whoever comes later can find it, or clean up after it. */
export interface LabState {
  readonly name: string;
  /** What marks the processes inside; see `inhabitants.ts`. */
  readonly token: string;
  /** The process that answers on the control socket. */
  readonly owner: ProcessIdentity;
  /** The process that holds the namespaces; null while the lab is being made. */
  readonly holder: ProcessIdentity | null;
  /** When it was made: ISO 8601. */
  readonly createdAt: string;
}

/** The text of a state file. */
export function encodeState(state: LabState): string {
  return `${JSON.stringify({ schema: SCHEMA, ...state })}\n`;
}

/** Reads a state file; null when it is none. */
export function decodeState(text: string): LabState | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value["schema"] !== SCHEMA) return null;
  const { name, token, owner, holder, createdAt } = value;
  if (typeof name !== "string" || typeof token !== "string" || !isToken(token)) return null;
  if (typeof createdAt !== "string" || !isIdentity(owner)) return null;
  if (holder !== null && !isIdentity(holder)) return null;
  return {
    name,
    token,
    owner: { pid: owner.pid, start: owner.start },
    holder: holder === null ? null : { pid: holder.pid, start: holder.start },
    createdAt,
  };
}

/** The file with the state of a lab. */
export function stateFile(folder: string, name: string): string {
  return `${folder}/${name}.json`;
}

/** The control socket of a lab. */
export function socketFile(folder: string, name: string): string {
  return `${folder}/${name}.sock`;
}

/** unix(7): the path of a socket has at most 107 bytes. */
const MAX_SOCKET_PATH = 107;

/**
 * Makes sure that the control socket of a lab can be made, before anything else is.
 *
 * @throws {MptError} `ERR_USAGE` when its path is too long.
 */
export function checkSocketFile(folder: string, name: string): void {
  const file = socketFile(folder, name);
  const bytes = new TextEncoder().encode(file).length;
  if (bytes <= MAX_SOCKET_PATH) return;
  const reason = `it has ${bytes} bytes, and a socket may have ${MAX_SOCKET_PATH}`;
  throw new MptError("ERR_USAGE", `Cannot use the path ${file}: ${reason}`, {
    fix: "take a shorter name (--name), or keep the state elsewhere: XDG_RUNTIME_DIR=FOLDER",
  });
}

/**
 * Takes a name for a lab.
 *
 * @returns False when another lab has it.
 */
export async function claim(folder: string, state: LabState): Promise<boolean> {
  const draft = await write(folder, state);
  try {
    // Unlike rename, this fails when the name is there, and unlike an exclusive open nobody sees half a file.
    await Deno.link(draft, stateFile(folder, state.name));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw toMptError(error, `Cannot take the name ${state.name}`);
  } finally {
    await Deno.remove(draft);
  }
}

/** Writes down more about a lab whose name is taken. */
export async function updateState(folder: string, state: LabState): Promise<void> {
  await Deno.rename(await write(folder, state), stateFile(folder, state.name));
}

/** The states in the folder by name; null for a file that is no state. */
export async function readStates(folder: string): Promise<ReadonlyMap<string, LabState | null>> {
  const states = new Map<string, LabState | null>();
  for await (const { name } of Deno.readDir(folder)) {
    const lab = /^([a-z0-9-]+)\.json$/.exec(name)?.[1];
    if (lab === undefined) continue;
    const state = await readState(folder, lab);
    if (state !== undefined) states.set(lab, state);
  }
  return new Map([...states].toSorted(([a], [b]) => a < b ? -1 : 1));
}

/** The state of a lab, null when its file is no state, undefined when there is no file. */
export async function readState(folder: string, name: string): Promise<LabState | null | undefined> {
  try {
    const state = decodeState(await Deno.readTextFile(stateFile(folder, name)));
    return state?.name === name ? state : null;
  } catch (error) {
    // Its lab ended between two looks.
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new MptError("ERR_PERMISSION", `Cannot read ${stateFile(folder, name)}: ${error}`, {
      cause: error,
    });
  }
}

/** Removes the files of a lab, unless another one has taken its name. */
export async function removeFiles(folder: string, name: string, token: string | null): Promise<void> {
  const now = await readState(folder, name);
  if (now !== undefined && (now?.token ?? null) !== token) return;
  for (const file of [socketFile(folder, name), stateFile(folder, name)]) {
    await Deno.remove(file).catch((error: unknown) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** The files of states that were being written, and the processes that did. */
export async function readDrafts(folder: string): Promise<ReadonlyMap<string, number>> {
  const drafts = new Map<string, number>();
  for await (const { name } of Deno.readDir(folder)) {
    const pid = /^\.[a-z0-9-]+\.(\d{1,10})$/.exec(name)?.[1];
    if (pid !== undefined) drafts.set(`${folder}/${name}`, Number(pid));
  }
  return drafts;
}

async function write(folder: string, state: LabState): Promise<string> {
  const draft = `${folder}/.${state.name}.${Deno.pid}`;
  await Deno.writeTextFile(draft, encodeState(state), { mode: 0o600 });
  return draft;
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return isRecord(value) && isCount(value["pid"]) && value["pid"] > 1 && isCount(value["start"]);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
