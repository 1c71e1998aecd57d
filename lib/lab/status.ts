import type { AddressFamily } from "../base/ip.ts";
import type { Quantiles } from "./link/histogram.ts";
import type { Demand } from "./plan/demand.ts";
import type { MiddleboxCount } from "./plan/middlebox_counts.ts";
import type { LinkKind, MptcpMode } from "./plan/options.ts";

/** One direction of a path as it is. A number that the link cannot tell is null. */
export interface LabDirection {
  /** What is asked of it at the moment. */
  readonly asked: Demand;
  /** Packets that came out. */
  readonly packets: number;
  /** The bytes of these packets. */
  readonly bytes: number;
  /** Packets that the queue had no room for. */
  readonly droppedByQueue: number | null;
  /** Packets that the link lost. */
  readonly droppedByLoss: number | null;
  /** Packets that fell into the black hole. */
  readonly droppedByBlackhole: number | null;
  /** Packets that the emulator had no memory for, which nobody asked for; emulated links alone. */
  readonly droppedByOverload: number | null;
  /** Measured rate in bits per second: in the last whole second, on veth and netem since the status before. */
  readonly rateBps: number | null;
  /** Measured one-way delay of packets in microseconds, with their time in the queue; emulated links alone. */
  readonly delayUs: Quantiles | null;
  /** How much later than they should packets came out, in microseconds; emulated links alone. */
  readonly latenessUs: Quantiles | null;
}

/** One path as it is. */
export interface LabPath {
  /** Its name. */
  readonly name: string;
  /** What carries it. */
  readonly link: LinkKind;
  /** Whether the interface of the client is up. */
  readonly state: "up" | "down";
  /** Whether the client has its addresses. */
  readonly address: "present" | "removed";
  /** Whether MPTCP uses it only when no other works. */
  readonly backup: boolean;
  /** Whether new TCP connections over it are answered with a reset. */
  readonly resetNewFlows: boolean;
  /** How often its NAT forgot its mappings. */
  readonly rebinds: number;
  /** Measured round-trip time of an empty TCP exchange with the server; null where no answer came. */
  readonly rttMs: number | null;
  /** From the client to the server. */
  readonly up: LabDirection;
  /** From the server to the client. */
  readonly down: LabDirection;
  /** The faults in force, in words such as `down` or `loss of 5% (up)`. */
  readonly faults: readonly string[];
}

/** A lab as it is: plain values that can be written as JSON. */
export interface LabStatus {
  /** The seed of the chance of emulated links. */
  readonly seed: number;
  /** Whether there is a router. */
  readonly router: boolean;
  /** How MPTCP finds the paths; null where the kernel has no MPTCP. */
  readonly mptcp: MptcpMode | null;
  /** The paths in the order of their numbers. */
  readonly paths: readonly LabPath[];
  /** The middleboxes in the order in which they act, with what they did. */
  readonly middleboxes: readonly MiddleboxCount[];
  /** The part of one processor that emulated links take; null without them. */
  readonly emulatorCpuShare: number | null;
}

/** The addresses of one host by path; null where a path has none of the family. */
export interface HostAddresses {
  /** IPv4 addresses in the order of the paths. */
  readonly ipv4: readonly (string | null)[];
  /** IPv6 addresses in the order of the paths. */
  readonly ipv6: readonly (string | null)[];
}

/** A pair of addresses that packets can go between over one path. */
export interface AddressPair {
  /** The path. */
  readonly path: string;
  /** The family of both. */
  readonly family: AddressFamily;
  /** The address of the client. */
  readonly client: string;
  /** The address of the server. */
  readonly server: string;
}
