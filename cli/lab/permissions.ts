import { MptError } from "../../lib/base/errors.ts";

/** What a lab needs of Deno, and what for. */
const NEEDED: readonly (readonly [name: Deno.PermissionName, what: string])[] = [
  ["run", "ip, tc, nft and the command in the lab"],
  ["read", "the state of labs"],
  ["write", "the state of labs"],
  ["net", "the control socket"],
  ["env", "the environment of the command"],
  ["sys", "the user's number"],
];

/**
 * Makes sure that labs can be made and reached.
 *
 * @throws {MptError} `ERR_PERMISSION` naming the flags of Deno that are missing, `ERR_NOT_LINUX`.
 */
export function requireLabRights(): void {
  if (Deno.build.os !== "linux") {
    throw new MptError("ERR_NOT_LINUX", "Cannot use labs: they are made of Linux network namespaces");
  }
  const missing = NEEDED.filter(([name]) => Deno.permissions.querySync({ name }).state !== "granted");
  if (missing.length === 0) return;
  const flags = missing.map(([name]) => `--allow-${name}`).join(" ");
  throw new MptError(
    "ERR_PERMISSION",
    `Cannot use labs without ${flags}: they are for ${
      [...new Set(missing.map(([, what]) => what))].join("; ")
    }`,
    { fix: `run mpt with ${flags} (deno task lab has them)` },
  );
}
