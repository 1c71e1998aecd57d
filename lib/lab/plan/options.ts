/** The presets of {@linkcode LabOptions}, by name. */
export type PresetName = "two-path" | "wifi-lte" | "dual-stack" | "satellite" | "asymmetric";

/**
 * What carries a path. `veth` has rate and random loss alone; `netem` needs a kernel that has it; `emulated`
 * is a program between two TUN devices. `auto` takes veth where that is enough, else netem where the kernel
 * has it, else the program.
 */
export type LinkKind = "veth" | "netem" | "emulated";

/**
 * How MPTCP finds the paths: the client joins from its further addresses (`subflow`), the server announces
 * its further addresses (`signal`), both and every pair of addresses is joined (`fullmesh`), or additional
 * subflows are not allowed (`none`).
 */
export type MptcpMode = "subflow" | "signal" | "fullmesh" | "none";

/** What one direction of a path does to packets. */
export interface DirectionOptions {
  /** Rate of the IP packets in Mbit/s, 0.01 to 10000. @default {undefined} as fast as the machine */
  readonly rateMbit?: number;
  /** One-way delay in milliseconds, 0 to 10000. @default {0} */
  readonly delayMs?: number;
  /** How far the delay wanders up and down, in milliseconds, at most the delay. @default {0} */
  readonly jitterMs?: number;
  /** The part of the packets that is lost, 0 to 1. @default {0} */
  readonly loss?: number;
  /** Packets are lost in bursts of so many on the average, 1 to 10000. @default {undefined} one by one */
  readonly burst?: number;
  /** Length of the queue: how long it takes to empty at the rate, in milliseconds, 1 to 60000. @default {50} */
  readonly queueMs?: number;
  /** Length of the queue in packets as large as the MTU, 1 to 20000; instead of `queueMs`. */
  readonly queuePackets?: number;
}

/** One path. What is said of both directions is meant for each; `up` and `down` differ from it. */
export interface PathOptions extends DirectionOptions {
  /** Its name, and that of its interface on both hosts: `[a-z][a-z0-9-]{0,10}`. @default {"path1", ...} */
  readonly name?: string;
  /** From the client to the server. */
  readonly up?: DirectionOptions;
  /** From the server to the client. */
  readonly down?: DirectionOptions;
  /** Largest IP packet in bytes, 576 (with IPv6: 1280) to 9000. @default {1500} */
  readonly mtu?: number;
  /** Whether the path has IPv4 addresses. @default {true} */
  readonly ipv4?: boolean;
  /** Whether the path has IPv6 addresses. @default {true} */
  readonly ipv6?: boolean;
  /** The router puts its own address in place of the client's. @default {false} */
  readonly nat?: boolean;
  /** MPTCP uses the path only when no other works. @default {false} */
  readonly backup?: boolean;
  /** What carries the path. @default {that of the lab} */
  readonly link?: LinkKind | "auto";
}

/** A network of two hosts, `client` and `server`, joined by paths. */
export interface LabOptions {
  /** The paths, 1 to 8. */
  readonly paths: readonly PathOptions[];
  /** A host `router` sits between the links and the server; middleboxes and NAT need it. @default {true} */
  readonly router?: boolean;
  /** How MPTCP finds the paths. @default {"subflow"} */
  readonly mptcp?: MptcpMode;
  /** Seed of the chance of emulated links, 0 to 4294967295. @default {chosen by chance} */
  readonly seed?: number;
  /** What carries the paths. @default {"auto"} */
  readonly link?: LinkKind | "auto";
}

/** A change of a path while the lab runs; what is left out stays as it is. */
export interface PathChange {
  /** Whether the interface of the client is up. */
  readonly state?: "up" | "down";
  /** Whether every packet vanishes without a sign. */
  readonly blackhole?: boolean;
  /** Rate in Mbit/s, 0.01 to 10000; null is as fast as the machine. */
  readonly rateMbit?: number | null;
  /** One-way delay in milliseconds, 0 to 10000. */
  readonly delayMs?: number;
  /** How far the delay wanders, in milliseconds. */
  readonly jitterMs?: number;
  /** The part of the packets that is lost, 0 to 1. */
  readonly loss?: number;
  /** Mean length of a burst of losses in packets; null is one by one. */
  readonly burst?: number | null;
  /** The direction that the six above are meant for. @default {"both"} */
  readonly direction?: "up" | "down" | "both";
  /** Whether the client has its addresses on this path. */
  readonly address?: "removed" | "present";
  /** The NAT of the path forgets its mappings: flows go on with another port or address. */
  readonly rebind?: true;
  /** Whether the router answers new TCP connections over this path with a reset. */
  readonly resetNewFlows?: boolean;
}

/** The most paths: the kernel allows 8 additional subflows and 8 MPTCP endpoints. */
export const MAX_PATHS = 8;
