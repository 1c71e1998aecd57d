import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";

/** Which way packets go: `up` from client to server, `down` from server to client. */
export type Direction = "up" | "down" | "both";
/** All of {@linkcode Direction}. */
export const DIRECTIONS: readonly Direction[] = ["up", "down", "both"];

/** Which segments of a TCP connection; MPTCP has different options in each. */
export type Segments = "syn" | "synack" | "syn-and-synack" | "after-syn" | "all";
/** All of {@linkcode Segments}. */
export const SEGMENTS: readonly Segments[] = ["syn", "synack", "syn-and-synack", "after-syn", "all"];

/** What a segment must carry: any MPTCP option, one of a subtype, or `any` for every segment. */
export type MptcpOption =
  | "any"
  | "mptcp"
  | "mp-capable"
  | "mp-join"
  | "dss"
  | "add-addr"
  | "remove-addr"
  | "mp-prio"
  | "mp-fail"
  | "fastclose"
  | "mp-tcprst";

/** RFC 8684 3, table 2: the subtypes of the MPTCP option by their number. */
export const MPTCP_SUBTYPES: readonly MptcpOption[] = [
  "mp-capable",
  "mp-join",
  "dss",
  "add-addr",
  "remove-addr",
  "mp-prio",
  "mp-fail",
  "fastclose",
  "mp-tcprst",
];

/** All of {@linkcode MptcpOption}. */
export const MPTCP_OPTIONS: readonly MptcpOption[] = ["any", "mptcp", ...MPTCP_SUBTYPES];

/** How a router refuses a connection: a TCP reset, or ICMP "administratively prohibited". */
export type Rejection = "reset" | "icmp-admin-prohibited";
/** All of {@linkcode Rejection}. */
export const REJECTIONS: readonly Rejection[] = ["reset", "icmp-admin-prohibited"];

/** Where a middlebox stands. */
export interface OnPath {
  /** The name of a path. @default {undefined} every path */
  readonly path?: string;
}

/** Which packets a middlebox looks at. */
export interface OnWay extends OnPath {
  /** Which way they go. @default {"both"} */
  readonly direction?: Direction;
}

/** Which TCP segments a middlebox looks at. */
export interface OnSegments extends OnWay {
  /** What they carry. The first MPTCP option of a segment counts. */
  readonly option?: MptcpOption;
  /** Where in the connection they come. */
  readonly packets?: Segments;
}

/** Replaces all MPTCP options of a segment by padding; `option` is by default `mptcp`, `packets` is `all`. */
export interface StripMiddlebox extends OnSegments {
  /** Always `strip`. */
  readonly kind: "strip";
}

/** Drops TCP segments; `option` is by default `mptcp`, `packets` is `all`. */
export interface DropMiddlebox extends OnSegments {
  /** Always `drop`. */
  readonly kind: "drop";
}

/** Refuses TCP segments; `option` is by default `any`, `packets` is `syn`. */
export interface RejectMiddlebox extends OnSegments {
  /** Always `reject`. */
  readonly kind: "reject";
  /** With what. @default {"reset"} */
  readonly how?: Rejection;
}

/** Drops UDP, and QUIC with it. */
export interface DropUdpMiddlebox extends OnWay {
  /** Always `drop-udp`. */
  readonly kind: "drop-udp";
  /** Only to this port of the server, 1 to 65535. @default {undefined} every port */
  readonly port?: number;
}

/** Drops everything without a word. */
export interface BlackholeMiddlebox extends OnWay {
  /** Always `blackhole`. */
  readonly kind: "blackhole";
}

/**
 * Changes two bytes of the payload of TCP and UDP and mends the checksum, as an application-level gateway
 * does: the first two bytes of a TCP payload, and bytes 20 and 21 of a UDP payload, which are behind the
 * header of a QUIC packet.
 */
export interface CorruptMiddlebox extends OnWay {
  /** Always `corrupt`. */
  readonly kind: "corrupt";
  /** The share of the packets that it changes, from 0.000001 to 1. @default {1} */
  readonly probability?: number;
}

/** Replaces the client's address by the router's, and its port by another. */
export interface NatMiddlebox extends OnPath {
  /** Always `nat`. */
  readonly kind: "nat";
}

/** Ends TCP connections in the router, which opens its own to the server: MPTCP options go no further. */
export interface ProxyMiddlebox extends OnPath {
  /** Always `proxy`. */
  readonly kind: "proxy";
  /** Only connections to this port of the server, 1 to 65535. @default {undefined} every port */
  readonly port?: number;
}

/**
 * Something in the router of a lab that treats packets otherwise than forwarding them. Several act in the
 * order in which they were added.
 */
export type Middlebox =
  | StripMiddlebox
  | DropMiddlebox
  | RejectMiddlebox
  | DropUdpMiddlebox
  | BlackholeMiddlebox
  | CorruptMiddlebox
  | NatMiddlebox
  | ProxyMiddlebox;

/** What a middlebox does. */
export type MiddleboxKind = Middlebox["kind"];
/** All of {@linkcode MiddleboxKind}. */
export const MIDDLEBOX_KINDS: readonly MiddleboxKind[] = [
  "strip",
  "drop",
  "reject",
  "drop-udp",
  "blackhole",
  "corrupt",
  "nat",
  "proxy",
];

/** The smallest share of packets that can be asked for: the kernel counts in millionths. */
export const SMALLEST_SHARE = 0.000001;

/**
 * Makes sure that a middlebox can be placed in a lab.
 *
 * @param box The middlebox; types are taken for granted, ranges and the path are not.
 * @param paths The names of the paths of the lab.
 * @throws {MptError} `ERR_INVALID_VALUE` for a path that is not there or a value out of range.
 */
export function checkMiddlebox(box: Middlebox, paths: readonly string[]): void {
  if (box.path !== undefined && !paths.includes(box.path)) {
    throw invalid(box.kind, `there is no path ${quote(box.path)}; the lab has ${paths.join(", ")}`);
  }
  switch (box.kind) {
    case "strip":
      if (box.option === "any") throw invalid("strip", "option any names no option; leave it out for all");
      break;
    case "drop-udp":
    case "proxy": {
      const { port = 1 } = box;
      if (!(Number.isInteger(port) && port >= 1 && port <= 65535)) {
        throw invalid(box.kind, `port ${port} is not a number from 1 to 65535`);
      }
      break;
    }
    case "corrupt": {
      const { probability = 1 } = box;
      if (!(probability >= SMALLEST_SHARE && probability <= 1)) {
        throw invalid("corrupt", `probability ${probability} is not from ${SMALLEST_SHARE} to 1`);
      }
      break;
    }
    case "drop":
    case "reject":
    case "blackhole":
    case "nat":
      break;
    default:
      box satisfies never;
  }
}

function invalid(kind: MiddleboxKind, reason: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot place a middlebox ${kind}: ${reason}`);
}
