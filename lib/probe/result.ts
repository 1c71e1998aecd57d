import type { Tristate } from "../base/path.ts";
import type { PathJson } from "../base/path_json.ts";
import type { Certainty, Envelope } from "../base/result.ts";
import type { CheckJson } from "./check_result.ts";
import type { SynMirrorAsk } from "./ask_syn_mirror.ts";
import type { MpquicCheckJson, QuicCheckJson } from "./quic/result.ts";
import type { WatchEvent, WatchJson } from "./watch_event.ts";

export type { CheckJson, DataJson } from "./check_result.ts";

/** One question to the resolver. */
export interface DnsJson {
  /** The record type. */
  readonly type: "A" | "AAAA";
  /** How the resolver answered. */
  readonly status: "ok" | "no-data" | "not-found" | "error";
  /** The addresses. */
  readonly answers: readonly string[];
  /** How long the answer took, in milliseconds. */
  readonly ms: number;
  /** The resolver's word for a failure. */
  readonly error: string | null;
}

/** One way of a further subflow, and how far it came. */
export interface JoinJson {
  /** The path's id; null where there is no such path. */
  readonly id: number | null;
  /** Address and port on this side, the address alone where there is no path; null for any. */
  readonly local: string | null;
  /** Address and port of the other side; null when it is not known. */
  readonly remote: string | null;
  /** The state of the path; null where there is none. */
  readonly state: PathJson["state"] | null;
  /** When it was first seen active, after the connect; looked at every 10 ms. */
  readonly active_ms: number | null;
  /** Whether the other end announced the remote address; its first address needs no announcement. */
  readonly announced: Tristate | "not-needed";
  /** Whether this host sent a SYN. */
  readonly tried: Tristate;
  /** Whether the other end answered it. */
  readonly answered: Tristate;
  /** Whether the other end took the subflow in. */
  readonly accepted: Tristate;
  /** Whether it carries data. */
  readonly usable: Tristate;
  /** Why it does not: what fits; none where nobody waited for it. */
  readonly why: readonly {
    /** The code of the verdict. */
    readonly code: string;
    /** How sure it is. */
    readonly certainty: Certainty;
  }[];
}

/** What is known about MPTCP to one address. */
export interface MptcpCheckJson extends CheckJson {
  /** Whether both ends spoke MPTCP right after the connect. */
  readonly negotiated_after_connect: boolean | null;
  /** Whether they still did after the first data: options stripped after the handshake show only then. */
  readonly negotiated_after_data: boolean | null;
  /** Why the connection is plain TCP; null when it is not. */
  readonly fallback: {
    readonly cause: string;
    readonly certainty: Certainty;
    readonly evidence: readonly string[];
  } | null;
  /** Every way of a further subflow that this host knows. */
  readonly joins: readonly JoinJson[];
  /** Why no further subflow was waited for; null when they were waited for. */
  readonly joins_skipped: string | null;
  /** Why the kernel's events about paths were not heard; null when they were, or where nothing was tried. */
  readonly events_skipped: string | null;
  /** How a SYN with the option arrived at the server, where that was asked. */
  readonly syn_mirror: SynMirrorAsk | null;
}

/** Everything about one address of the target. */
export interface ProbeEndpoint {
  /** The address without its port. */
  readonly address: string;
  /** The address family. */
  readonly family: 4 | 6;
  /** The port. */
  readonly port: number;
  /** The interface that the connection left by. */
  readonly interface: string | null;
  /** Plain TCP, the control. */
  readonly tcp: CheckJson;
  /** MPTCP. */
  readonly mptcp: MptcpCheckJson;
  /** QUIC version 1. */
  readonly quic: QuicCheckJson;
  /** Multipath QUIC (draft-ietf-quic-multipath-21). */
  readonly mpquic: MpquicCheckJson;
}

/** The result of a probe. */
export interface ProbeResult extends Envelope<"mpt.probe/1"> {
  /** What was probed. */
  readonly target: { readonly host: string; readonly port: number };
  /** Null when the target is a literal address. */
  readonly dns: readonly DnsJson[] | null;
  /** Every address of the target. */
  readonly endpoints: readonly ProbeEndpoint[];
  /** What happened to the paths afterwards; null where nothing was watched. */
  readonly watch: WatchJson | null;
}

/** What a running probe tells. */
export type ProbeEvent =
  | { readonly event: "dns"; readonly query: DnsJson }
  | { readonly event: "start"; readonly address: string; readonly port: number }
  | {
    readonly event: "check";
    readonly address: string;
    readonly transport: "tcp" | "mptcp" | "quic" | "mpquic";
    readonly check: CheckJson;
  }
  | { readonly event: "path"; readonly address: string; readonly path: PathJson }
  | {
    readonly event: "watching";
    readonly address: string;
    readonly source: WatchJson["source"];
    /** Why it is not the kernel's events. */
    readonly source_reason: string | null;
  }
  | { readonly event: "path-change"; readonly address: string; readonly change: WatchEvent };
