import type { LabPlan, PathPlan } from "../../lib/lab/mod.ts";
import { FOLDER_VARIABLE } from "./state_folder.ts";

/** Names the lab that a command runs in. */
export const LAB_VARIABLE = "MPT_LAB";

/** Where a lab keeps its own programs: `mpt`, the one that made it. */
export const PROGRAMS = "/run/mpt-lab/bin";

/** What the environment of a command in a lab is made from. */
export interface EnvironmentFacts {
  readonly name: string;
  readonly folder: string;
  readonly plan: LabPlan;
  /** The PATH outside. */
  readonly path: string;
}

/**
 * The environment variables that a command in a lab gets. Lists are separated by blanks.
 *
 * | variable | holds |
 * |---|---|
 * | `MPT_LAB` | the name of the lab |
 * | `MPT_LAB_SERVER` | the first address of the server |
 * | `MPT_LAB_SERVERS`, `MPT_LAB_CLIENTS` | all addresses, in the order of the paths |
 * | `MPT_LAB_SEED` | the seed |
 */
export function labEnvironment(facts: EnvironmentFacts): Readonly<Record<string, string>> {
  const { name, folder, plan, path } = facts;
  const servers = plan.paths.flatMap((one) => addressesOf(one, "server"));
  return {
    [LAB_VARIABLE]: name,
    [FOLDER_VARIABLE]: folder,
    MPT_LAB_SEED: String(plan.seed),
    MPT_LAB_SERVER: servers[0] ?? "",
    MPT_LAB_SERVERS: servers.join(" "),
    MPT_LAB_CLIENTS: plan.paths.flatMap((one) => addressesOf(one, "client")).join(" "),
    PATH: `${PROGRAMS}:${path}`,
  };
}

/** The addresses that one end of a path has. */
export function addressesOf(path: PathPlan, end: "client" | "server"): readonly string[] {
  const { ipv4, ipv6 } = path[end];
  return [ipv4, ipv6].filter((address) => address !== null);
}

/**
 * The hosts file of a lab (hosts(5)): `server` is the server on its first path, `server.path2` on the second.
 *
 * @param outside The hosts file of the machine, which stays valid.
 */
export function hostsFile(plan: LabPlan, outside: string): string {
  const lines: string[] = [];
  const named = new Set<string>();
  for (const host of ["server", "client"] as const) {
    for (const path of plan.paths) {
      for (const address of addressesOf(path, host)) {
        const family = `${host} ${address.includes(":")}`;
        // One address of each family, or a program that tries them all in turn would see one host twice.
        const names = named.has(family) ? [] : [host];
        named.add(family);
        lines.push([address, ...names, `${host}.${path.name}`].join(" "));
      }
    }
  }
  return `${outside.trimEnd()}\n# mpt lab\n${lines.join("\n")}\n`;
}
