import { libcryptoReason } from "../../lib/crypto/libcrypto.ts";
import { namespaceSupport } from "../../lib/lab/namespaces.ts";
import { programPath } from "../../lib/io/process.ts";
import { irohMissing } from "./iroh_package.ts";

/**
 * Something that a test cannot do without. `user-namespaces` are those that anybody may make,
 * `deno-for-nobody` is a Deno that others than root may run, `iroh` is the package of a multipath QUIC library,
 * `tool:nginx` is a program of that name.
 */
export type Need =
  | "root"
  | "ffi"
  | "libcrypto"
  | "mptcp"
  | "namespaces"
  | "user-namespaces"
  | "tun"
  | "deno-for-nobody"
  | "iroh"
  | `tool:${string}`;

/** Arguments in front of a command that run it as nobody; they need root. */
export const AS_NOBODY: readonly string[] = [
  "setpriv",
  "--reuid=65534",
  "--regid=65534",
  "--clear-groups",
];

/** The part of the options of `Deno.test` that leaves a test out. */
export interface Requirement {
  /** Whether the test is left out here. */
  readonly ignore: boolean;
}

/** The Debian package of each program whose package has another name. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: "iproute2",
  ss: "iproute2",
  tc: "iproute2",
  nstat: "iproute2",
  nft: "nftables",
  nginx: "nginx-light",
  apache2: "apache2-bin",
  cc: "gcc libc6-dev",
  gcc: "gcc libc6-dev",
  ping: "iputils-ping",
  ps: "procps",
  sysctl: "procps",
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
  setsid: "util-linux",
  script: "bsdutils",
  bash_completion: "bash-completion",
  gtlsclient: "ngtcp2-client",
  gtlsserver: "ngtcp2-server",
  dnsmasq: "dnsmasq-base",
  dig: "bind9-dnsutils",
  ip6tables: "iptables",
};

const told = new Set<string>();
const known = new Map<Need, string | null>();

/**
 * Leaves a test out where something is missing, and tells the reason once. With `CI=true` nothing may
 * be missing: a test that fails with the reason then stands for those left out. With
 * `MPT_TEST_NO_FFI=1` the tests that need FFI are left out on purpose.
 *
 * @param needs What the test cannot do without.
 * @returns Options to spread into those of `Deno.test`.
 *
 * @example A test that needs a program
 * ```ts ignore
 * Deno.test({ name: "nginx answers", ...requires("tool:nginx"), fn: async () => {} });
 * ```
 */
export function requires(...needs: readonly Need[]): Requirement {
  const foreign: readonly Need[] = ["ffi", "libcrypto", "mptcp"];
  if (withoutFfi() && needs.some((need) => foreign.includes(need))) return { ignore: true };
  const reasons = needs.map(missing).filter((reason) => reason !== null);
  for (const reason of reasons) tell(reason);
  return { ignore: reasons.length > 0 };
}

/** Whether this run of the suite goes without `--allow-ffi`. */
export function withoutFfi(): boolean {
  return Deno.env.get("MPT_TEST_NO_FFI") === "1";
}

/**
 * Why something is missing on this machine.
 *
 * @param need What is asked for.
 * @returns The reason, or null if it is there.
 */
export function missing(need: Need): string | null {
  let reason = known.get(need);
  if (reason === undefined) known.set(need, reason = find(need));
  return reason;
}

function find(need: Need): string | null {
  switch (need) {
    case "root":
      return Deno.uid() === 0 ? null : "not run as root";
    case "ffi":
      return Deno.permissions.querySync({ name: "ffi" }).state === "granted"
        ? null
        : "--allow-ffi is missing";
    case "libcrypto":
      return libcryptoReason();
    case "mptcp":
      return missing("ffi") ?? mptcpMissing();
    case "namespaces":
      return namespaceSupport().reason ?? missing("tool:ip");
    case "user-namespaces":
      return namespaceSupport(Deno.uid() === 0 ? AS_NOBODY : []).reason ?? missing("tool:ip");
    case "deno-for-nobody":
      return denoForNobodyMissing();
    case "iroh":
      return missing("tool:npm") ?? irohMissing();
    case "tun":
      return missing("ffi") ?? missing("namespaces") ?? tunMissing();
    default:
      return toolMissing(need.slice("tool:".length));
  }
}

function mptcpMissing(): string | null {
  try {
    const enabled = Deno.readTextFileSync("/proc/sys/net/mptcp/enabled").trim();
    return enabled === "1" ? null : "MPTCP is switched off (sysctl -w net.mptcp.enabled=1)";
  } catch {
    return "the kernel has no MPTCP";
  }
}

function tunMissing(): string | null {
  try {
    Deno.openSync("/dev/net/tun", { read: true, write: true }).close();
    return null;
  } catch (error) {
    return `/dev/net/tun cannot be opened (${error instanceof Error ? error.message : String(error)})`;
  }
}

function toolMissing(name: string): string | null {
  const found = programPath().split(":").some((folder) => folder !== "" && isFile(`${folder}/${name}`));
  return found ? null : `${name} is not installed (apt-get install ${PACKAGES[name] ?? name})`;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function tell(reason: string): void {
  if (told.has(reason)) return;
  told.add(reason);
  if (Deno.env.get("CI") === "true") {
    Deno.test(`nothing is missing: ${reason}`, () => {
      throw new Error(`Cannot skip tests with CI=true: ${reason}`);
    });
    return;
  }
  const file = Deno.env.get("MPT_TEST_SKIPS");
  // The test task gathers the reasons of all test files and prints each once.
  if (file !== undefined) Deno.writeTextFileSync(file, `${reason}\n`, { append: true });
  else Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${reason}\n`));
}

/**
 * Deno may be installed in a folder that is for one user only. The shell in between matters: setpriv itself
 * still has the rights to look into such a folder.
 */
function denoForNobodyMissing(): string | null {
  const [program = "", ...args] = [...AS_NOBODY, "sh", "-c", 'exec "$0" --version', Deno.execPath()];
  const { success } = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" })
    .outputSync();
  return success ? null : `only root may run ${Deno.execPath()} (install Deno in a folder that is for all)`;
}
