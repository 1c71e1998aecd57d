import { MptError } from "../base/errors.ts";
import { run } from "../io/process.ts";

/** The programs that a lab may need, and their Debian packages. */
const PACKAGES = {
  ip: "iproute2",
  tc: "iproute2",
  ss: "iproute2",
  nft: "nftables",
  ethtool: "ethtool",
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
  mount: "mount",
} as const;

/** A program that a lab may need. */
export type LabProgram = keyof typeof PACKAGES;

/**
 * Makes sure that programs are there, before anything is made with them.
 *
 * @param programs The programs.
 * @throws {MptError} `ERR_NOT_SUPPORTED` naming those that are missing, with the packages to install.
 */
export async function requirePrograms(programs: readonly LabProgram[]): Promise<void> {
  const script = 'for name in "$@"; do command -v "$name" >/dev/null || echo "$name"; done';
  const { stdout } = await run(["sh", "-c", script, "sh", ...programs]);
  const missing = programs.filter((name) => stdout.split("\n").includes(name));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => PACKAGES[name]))];
  throw new MptError("ERR_NOT_SUPPORTED", `Cannot make a lab: ${list(missing)} not installed`, {
    fix: `apt-get install ${packages.join(" ")}`,
  });
}

function list(names: readonly string[]): string {
  return `${names.join(", ")} ${names.length === 1 ? "is" : "are"}`;
}
