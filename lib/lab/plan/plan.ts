import { MptError } from "../../base/errors.ts";
import { type PathEnds, pathEnds } from "./addresses.ts";
import { checkQueue, type Demand, demandOf, needsDelayLine, settingsOf } from "./demand.ts";
import { badValue } from "../../base/fields.ts";
import type { LabOptions, LinkKind, MptcpMode, PathOptions } from "./options.ts";

/** One path of a lab, with every default. */
export interface PathPlan extends PathEnds {
  /** Its number, from 1. */
  readonly index: number;
  /** Its name. */
  readonly name: string;
  /** What carries it; `auto` is decided by {@linkcode linkKind}. */
  readonly link: LinkKind | "auto";
  /** What is asked from the client to the server. */
  readonly up: Demand;
  /** What is asked from the server to the client. */
  readonly down: Demand;
  /** Largest IP packet in bytes. */
  readonly mtu: number;
  /** Whether it has IPv4 addresses. */
  readonly ipv4: boolean;
  /** Whether it has IPv6 addresses. */
  readonly ipv6: boolean;
  /** Whether the router puts its own address in place of the client's. */
  readonly nat: boolean;
  /** Whether MPTCP uses it only when no other works. */
  readonly backup: boolean;
}

/** A network that can be made: valid options with every default, devices and addresses. */
export interface LabPlan {
  /** The paths in the order of their numbers. */
  readonly paths: readonly PathPlan[];
  /** Whether a router sits between the links and the server. */
  readonly router: boolean;
  /** How MPTCP finds the paths. */
  readonly mptcp: MptcpMode;
  /** Seed of the chance of emulated links. */
  readonly seed: number;
}

/** The kernel keeps at most 8 MPTCP endpoints in a namespace. */
const MAX_ENDPOINTS = 8;
/** RFC 8200 5: every link that carries IPv6 has an MTU of at least 1280 bytes. */
const IPV6_MTU = 1280;

/**
 * The network that options ask for: pure, nothing is made.
 *
 * @param options The options, as {@linkcode parseLab} leaves them.
 * @param seed The seed if the options have none. @default {1}
 * @returns The plan.
 * @throws {MptError} `ERR_INVALID_VALUE` naming the key that does not go with the others.
 *
 * @example The addresses of a network, without making it
 * ```ts
 * import assert from "node:assert/strict";
 * import { planLab } from "@multipath/mpt/lab";
 *
 * const plan = planLab({ paths: [{ rateMbit: 20 }, { name: "lte", rateMbit: 10 }] });
 * assert.equal(plan.paths[1]?.client.ipv4, "10.77.2.1");
 * assert.equal(plan.paths[1]?.client.device, "lte");
 * ```
 */
export function planLab(options: LabOptions, seed: number = 1): LabPlan {
  const { router = true, mptcp = "subflow", link = "auto" } = options;
  const paths = options.paths.map((path, index) => planPath(path, index, router, link));
  const plan: LabPlan = { paths, router, mptcp, seed: options.seed ?? seed };
  checkEndpoints(plan);
  return plan;
}

/**
 * The path of a name.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` when there is none, naming those that are there.
 */
export function pathNamed(plan: LabPlan, name: string): PathPlan {
  const path = plan.paths.find((candidate) => candidate.name === name);
  if (path !== undefined) return path;
  throw badValue(name, "a path", `there are ${plan.paths.map((one) => one.name).join(", ")}`);
}

/** Whether a path has a family that the first one lacks: connections of that family start there. */
export function startsElsewhere(paths: readonly Pick<PathPlan, "ipv4" | "ipv6">[]): boolean {
  const [first] = paths;
  return paths.some((path) => (path.ipv4 && first?.ipv4 === false) || (path.ipv6 && first?.ipv6 === false));
}

/** What carries a path on a kernel that has netem or has not. */
export function linkKind(path: PathPlan, netem: boolean): LinkKind {
  if (path.link !== "auto") return path.link;
  if (!needsDelayLine(path.up) && !needsDelayLine(path.down)) return "veth";
  return netem ? "netem" : "emulated";
}

/** The error about what veth cannot do. */
export function vethCannot(path: PathPlan, key: string): MptError {
  return new MptError(
    "ERR_NOT_SUPPORTED",
    `Cannot use ${key}: ${path.name} is a veth link, which has rate and random loss alone`,
    { data: { key }, fix: `make the path with link = "emulated" (mpt lab: --link emulated)` },
  );
}

function planPath(
  options: PathOptions,
  at: number,
  router: boolean,
  link: LinkKind | "auto",
): PathPlan {
  const key = `paths[${at}]`;
  const { ipv4 = true, ipv6 = true, nat = false, backup = false, mtu = 1500 } = options;
  const index = at + 1;
  const name = options.name ?? `path${index}`;
  const path: PathPlan = {
    index,
    name,
    link: options.link ?? link,
    up: demandOf(options.up ?? {}, options),
    down: demandOf(options.down ?? {}, options),
    mtu,
    ipv4,
    ipv6,
    nat,
    backup,
    ...pathEnds({ index, name, ipv4, ipv6 }, router),
  };
  if (!ipv4 && !ipv6) throw badValue(false, `${key}.ipv6`, "a path without IPv4 needs IPv6");
  if (ipv6 && mtu < IPV6_MTU) {
    throw badValue(mtu, `${key}.mtu`, `IPv6 needs ${IPV6_MTU}; with ipv6 = false it is possible`);
  }
  if (nat && !router) throw badValue(nat, `${key}.nat`, "NAT needs the router (router = true)");
  for (const direction of ["up", "down"] as const) {
    const where = options[direction] === undefined ? key : `${key}.${direction}`;
    checkQueue(path[direction], where);
    settingsOf(path[direction], mtu, where);
    if (path.link === "veth" && needsDelayLine(path[direction])) throw vethCannot(path, where);
  }
  return path;
}

function checkEndpoints(plan: LabPlan): void {
  const { paths, mptcp } = plan;
  if (mptcp === "none") return;
  const all = mptcp === "fullmesh" || (mptcp === "signal" && startsElsewhere(paths));
  const counted = all ? paths : paths.filter((path) => path.index > 1 || path.backup);
  const endpoints = counted.reduce((sum, path) => sum + Number(path.ipv4) + Number(path.ipv6), 0);
  if (endpoints <= MAX_ENDPOINTS) return;
  throw new MptError(
    "ERR_INVALID_VALUE",
    `Cannot use ${paths.length} paths with mptcp = "${mptcp}": they need ${endpoints} MPTCP endpoints, and ` +
      `the kernel keeps ${MAX_ENDPOINTS}`,
    { data: { key: "paths" }, fix: `leave a family out (ipv6 = false), or set mptcp = "none"` },
  );
}
