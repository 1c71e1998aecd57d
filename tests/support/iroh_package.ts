/**
 * The package of iroh, a multipath QUIC library in Rust. Deno cannot install it by itself: it names packages
 * for other platforms that the registry does not have, which npm leaves out.
 */
const PACKAGE = "@number0/iroh";
const VERSION = "1.1.0";

/** Where it is installed, once for this user; the tests of one run may all want it at the same time. */
export const IROH_FOLDER: string = `${
  Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`
}/mpt-tests/iroh-${VERSION}`;

/** Installs it if it is not there. @returns Why it is not there; null when it is. */
export function irohMissing(): string | null {
  if (isThere()) return null;
  const folder = `${IROH_FOLDER}.${Deno.pid}`;
  Deno.mkdirSync(folder, { recursive: true });
  try {
    const args = ["install", "--prefix", folder, "--no-audit", "--no-fund", `${PACKAGE}@${VERSION}`];
    const { success, stderr } = new Deno.Command("npm", { args, stdin: "null", stdout: "null" }).outputSync();
    if (!success) return `${PACKAGE} cannot be installed: ${new TextDecoder().decode(stderr).trim()}`;
    try {
      Deno.renameSync(folder, IROH_FOLDER);
    } catch (error) {
      // Another process was faster
      if (!isThere()) throw error;
    }
    return null;
  } finally {
    removed(folder);
  }
}

function isThere(): boolean {
  try {
    return Deno.statSync(`${IROH_FOLDER}/node_modules/${PACKAGE}/package.json`).isFile;
  } catch {
    return false;
  }
}

function removed(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // It was renamed
  }
}
