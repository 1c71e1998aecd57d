import { MptError } from "../../lib/base/errors.ts";
import { quote } from "../../lib/base/quote.ts";

/** Names this folder; set inside a lab, where another user id and another /run are seen. */
export const FOLDER_VARIABLE = "MPT_LAB_FOLDER";

/** What decides where the state of labs is kept. */
export interface FolderFacts {
  readonly uid: number;
  readonly folder: string | undefined;
  readonly runtimeDir: string | undefined;
}

/**
 * The folders that are to hold the state, the outermost first: each must belong to this user alone.
 *
 * @throws {MptError} `ERR_USAGE` when the environment names a folder by a relative path.
 */
export function stateFolders({ uid, folder, runtimeDir }: FolderFacts): readonly string[] {
  if (folder !== undefined && folder !== "") return [absolute(FOLDER_VARIABLE, folder)];
  if (runtimeDir !== undefined && runtimeDir !== "") {
    const base = absolute("XDG_RUNTIME_DIR", runtimeDir);
    return [`${base}/mpt`, `${base}/mpt/lab`];
  }
  return uid === 0 ? ["/run/mpt", "/run/mpt/lab"] : [`/tmp/mpt-${uid}`, `/tmp/mpt-${uid}/lab`];
}

/**
 * Makes the folder for the state of labs, or checks the one that is there.
 *
 * @returns Its path.
 * @throws {MptError} `ERR_PERMISSION` when it cannot be made, or somebody else could write in it.
 */
export async function openStateFolder(): Promise<string> {
  const folders = stateFolders({
    uid: userId(),
    folder: variable(FOLDER_VARIABLE),
    runtimeDir: variable("XDG_RUNTIME_DIR"),
  });
  for (const folder of folders) await openPrivate(folder);
  // A lab sees the folders below /run that it is told of, and /var/run leads there.
  return await Deno.realPath(folders.at(-1) ?? "");
}

/** The user's number; Windows has none. */
export function userId(): number {
  return Deno.uid() ?? 0;
}

function variable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}

async function openPrivate(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      const reason = error instanceof Error ? error.message : String(error);
      throw refused(
        folder,
        reason,
        `make ${folder} a folder of yours, or name another: XDG_RUNTIME_DIR=FOLDER`,
      );
    }
  }
  // Not stat: a link could be changed to lead elsewhere after the check.
  const { isDirectory, uid, mode } = await Deno.lstat(folder);
  const mine = userId();
  if (!isDirectory) throw refused(folder, "it is not a folder", `remove ${folder}`);
  if (uid !== mine) {
    throw refused(
      folder,
      `it belongs to user ${uid}, not to ${mine}`,
      "name another: XDG_RUNTIME_DIR=FOLDER",
    );
  }
  if (((mode ?? 0) & 0o077) !== 0) {
    throw refused(folder, "other users may look into it", `chmod 700 ${folder}`);
  }
}

function absolute(name: string, path: string): string {
  if (path.startsWith("/")) return path.replace(/(?<=.)\/+$/, "");
  throw new MptError("ERR_USAGE", `Cannot use ${name}=${quote(path)}: it is not an absolute path`);
}

function refused(folder: string, reason: string, fix: string): MptError {
  return new MptError("ERR_PERMISSION", `Cannot keep the state of labs in ${folder}: ${reason}`, { fix });
}
