import { MptError } from "../lib/base/errors.ts";

/**
 * Reads a file that an option names.
 *
 * @throws {MptError} `ERR_USAGE` when it cannot be read, with the reason in words; `ERR_PERMISSION` when it may not.
 */
export async function readText(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    const fix = error instanceof Deno.errors.NotCapable ? { fix: `--allow-read=${file}` } : {};
    const forbidden = error instanceof Deno.errors.NotCapable ||
      error instanceof Deno.errors.PermissionDenied;
    const code = forbidden ? "ERR_PERMISSION" : "ERR_USAGE";
    throw new MptError(code, `Cannot read ${file}: ${reasonOf(error)}`, { ...fix, cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "Deno was not given --allow-read";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
