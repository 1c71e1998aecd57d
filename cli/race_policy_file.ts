import { MptError } from "../lib/base/errors.ts";
import { parsePolicy, type RacePolicy } from "../lib/race/policy.ts";
import { readText } from "./read_text.ts";
import { parseSettings } from "./settings_file.ts";

/**
 * Reads the policy of a race from a TOML or JSON file.
 *
 * @param path The file.
 * @returns The policy.
 * @throws {MptError} `ERR_INVALID_VALUE` naming the line and column that cannot be read, or the key that is
 * wrong; `ERR_USAGE` or `ERR_PERMISSION` when the file cannot be read.
 */
export async function readPolicy(path: string): Promise<RacePolicy> {
  const settings = await parseSettings(path, await readText(path));
  try {
    return parsePolicy(settings);
  } catch (error) {
    if (!(error instanceof MptError)) throw error;
    const { data } = error;
    throw new MptError(error.code, `Cannot use the policy ${path}: ${error.message}`, { cause: error, data });
  }
}
