import { MptError } from "../base/errors.ts";
import { type Emulator, startEmulator } from "./emulator/emulator.ts";
import { Lab } from "./lab.ts";
import { hold, type HoldOptions, type Namespaces } from "./namespaces.ts";
import { settingsOf } from "./plan/demand.ts";
import { farEnd } from "./plan/devices.ts";
import type { LabOptions, PresetName } from "./plan/options.ts";
import { parseLab } from "./plan/parse.ts";
import { type LabPlan, linkKind, type PathPlan, planLab } from "./plan/plan.ts";
import { presetNamed } from "./plan/presets.ts";
import { isImpaired, type LabFacts, labScript } from "./plan/script.ts";
import { needsFilter } from "./plan/shaping.ts";
import { type LabProgram, requirePrograms } from "./programs.ts";
import { runLines } from "./shell.ts";

/** Options of {@linkcode createLab} that are not about the network. */
export interface CreateLabOptions extends HoldOptions {
  /** Gives up and removes what was made. */
  readonly signal?: AbortSignal;
}

/**
 * Makes a network of two hosts joined by paths, inside private namespaces: nothing outside them is touched.
 *
 * @param network The options, or the name of a preset.
 * @param options How to make it.
 * @returns The lab; dispose of it.
 * @throws {MptError} `ERR_INVALID_VALUE` naming the key that is wrong, `ERR_NOT_SUPPORTED` or
 *   `ERR_MPTCP_UNSUPPORTED` when this machine or user may not make such a network, with what mends it,
 *   `ERR_PROGRAM` if a command failed, `ERR_ABORTED`.
 *
 * @example MPTCP over two paths that differ
 * ```ts no-run
 * import { createLab } from "@multipath/mpt/lab";
 *
 * await using lab = await createLab({ paths: [{ rateMbit: 20, delayMs: 10 }, { rateMbit: 10, delayMs: 35 }] });
 * const server = lab.spawn("server", ["mptcpize", "run", "iperf3", "-s", "-1", "--forceflush"]);
 * await server.line(/Server listening/);
 * console.log(await lab.output("client", ["mptcpize", "run", "iperf3", "-c", "10.78.1.2"]));
 * ```
 */
export async function createLab(
  network: LabOptions | PresetName,
  options: CreateLabOptions = {},
): Promise<Lab> {
  const wanted = parseLab(typeof network === "string" ? presetNamed(network) : network);
  const plan = planLab(wanted, randomSeed());
  try {
    options.signal?.throwIfAborted();
    await requirePrograms(programsOf(plan));
    return await makeLab(plan, wanted.mptcp !== undefined && wanted.mptcp !== "none", options);
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    throw new MptError("ERR_ABORTED", `${MAKING}: it was told to stop`, { cause: error });
  }
}

async function makeLab(plan: LabPlan, wantsMptcp: boolean, options: CreateLabOptions): Promise<Lab> {
  const { signal, ...holding } = options;
  await using stack = new AsyncDisposableStack();
  const namespaces = stack.use(await hold(labScript(plan).hosts, holding));
  const facts = await findFacts(namespaces);
  checkFacts(plan, facts, wantsMptcp);
  const script = labScript(plan, facts);
  await runLines(namespaces, script.links, MAKING, signal);
  const emulator = await startLinks(namespaces, plan, facts);
  if (emulator !== undefined) stack.use(emulator);
  await runLines(namespaces, script.addresses, MAKING, signal);
  const lab = stack.use(new Lab({ namespaces, plan, facts, emulator }));
  await lab.makeNat();
  signal?.throwIfAborted();
  // From here on the lab takes down what it is made of.
  stack.move();
  return lab;
}

const MAKING = "Cannot make the lab";

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

/** The programs that a plan takes, before anything is known of the kernel. */
function programsOf(plan: LabPlan): readonly LabProgram[] {
  const veth = plan.paths.filter((path) => linkKind(path, true) !== "emulated");
  const filtered = veth.some((path) =>
    [path.up, path.down].some((demand) => needsFilter(settingsOf(demand, path.mtu, path.name), true))
  );
  return [
    ...["ip", "unshare", "nsenter", "setpriv", "mount"] as const,
    ...(veth.some(isImpaired) ? ["tc", "ethtool"] as const : []),
    ...(filtered || plan.paths.some((path) => path.nat) ? ["nft"] as const : []),
  ];
}

/** Asks the kernel, on the loopback interface of the holder, which nobody uses. */
async function findFacts(namespaces: Namespaces): Promise<LabFacts> {
  const text = await runLines(namespaces, [
    "if [ -e /proc/sys/net/mptcp/enabled ]; then echo mptcp; fi",
    "if tc qdisc add dev lo root netem delay 1ms 2>/dev/null; then tc qdisc del dev lo root; echo netem; fi",
  ], MAKING);
  const found = text.split("\n");
  return { mptcp: found.includes("mptcp"), netem: found.includes("netem") };
}

function checkFacts(plan: LabPlan, facts: LabFacts, wantsMptcp: boolean): void {
  if (wantsMptcp && !facts.mptcp) {
    throw new MptError(
      "ERR_MPTCP_UNSUPPORTED",
      `Cannot make a lab with mptcp = "${plan.mptcp}": the kernel has no MPTCP`,
      {
        fix: `set mptcp = "none"`,
      },
    );
  }
  const netem = plan.paths.find((path) => path.link === "netem");
  if (netem === undefined || facts.netem) return;
  throw new MptError("ERR_NOT_SUPPORTED", `Cannot make ${netem.name}: the kernel has no netem`, {
    data: { feature: "netem", path: netem.name },
    fix: `make it with link = "auto" or "emulated"`,
  });
}

async function startLinks(
  namespaces: Namespaces,
  plan: LabPlan,
  facts: LabFacts,
): Promise<Emulator | undefined> {
  const paths = plan.paths.filter((path) => linkKind(path, facts.netem) === "emulated");
  if (paths.length === 0) return undefined;
  try {
    return await startEmulator(namespaces, paths.map(emulatorLink), { seed: plan.seed });
  } catch (error) {
    if (!(error instanceof MptError) || error.code !== "ERR_NOT_SUPPORTED") throw error;
    const names = paths.map((path) => path.name).join(", ");
    throw new MptError(error.code, `Cannot make ${names} with delay, jitter or bursts: ${error.message}`, {
      cause: error,
      data: error.data,
      fix: [...(error.fix === undefined ? [] : [error.fix]), "or ask for rate and random loss alone"].join(
        "; ",
      ),
    });
  }
}

function emulatorLink(path: PathPlan) {
  const far = farEnd(path);
  return {
    name: path.name,
    client: { namespace: path.client.host, device: path.client.device },
    far: { namespace: far.host, device: far.device },
    up: settingsOf(path.up, path.mtu, path.name),
    down: settingsOf(path.down, path.mtu, path.name),
  };
}
