import type { Endpoint } from "../base/endpoint.ts";
import type { Ip } from "../base/ip.ts";
import type { Transport } from "../base/transport.ts";
import type { QuicChoice } from "../quic/driver/options.ts";
import { STREAMS_ALPN } from "../transport/streams_alpn.ts";

/** How the data phase of a probe talks to the server. */
export type DataKind = "http" | "tls" | "none";

/** Options of {@linkcode probe}. */
export interface ProbeOptions {
  /** The transports to check; tcp is the control. mpquic comes with quic. @default {all four} */
  readonly transports?: readonly Transport[];
  /** How long one connect may take, in milliseconds. @default {5000} */
  readonly connectTimeoutMs?: number;
  /** How long the server may take to answer in the data phase, in milliseconds. @default {5000} */
  readonly dataTimeoutMs?: number;
  /** How long to wait for further subflows, and for further paths of mpquic, in milliseconds; 0 does not wait. @default {3000} */
  readonly joinTimeoutMs?: number;
  /** What to say to the server; `auto` chooses by port. @default {"auto"} */
  readonly data?: DataKind | "auto";
  /** Local address of the first path. @default {undefined} the kernel chooses */
  readonly localAddress?: Ip;
  /** Interface of the first path. @default {undefined} the kernel chooses */
  readonly interface?: string;
  /** Congestion control of tcp and mptcp. @default {undefined} the system's */
  readonly congestion?: string;
  /** How long to keep an MPTCP connection afterwards and tell what happens to its paths, in milliseconds. @default {0} */
  readonly watchMs?: number;
  /** Waits until no other probe with this option runs in this network namespace. @default {false} */
  readonly isolate?: boolean;
  /** Whom to trust, and what to offer, over quic. @default {the system's certificates, h3 and further protocols} */
  readonly quic?: QuicChoice;
  /** Ends the probe with what is known. */
  readonly signal?: AbortSignal;
}

/** Every option with its default. */
export interface ProbePlan {
  readonly target: Endpoint;
  readonly port: number;
  readonly transports: readonly Transport[];
  readonly connectTimeoutMs: number;
  readonly dataTimeoutMs: number;
  readonly joinTimeoutMs: number;
  readonly data: DataKind;
  readonly localAddress: Ip | undefined;
  readonly interface: string | undefined;
  readonly congestion: string | undefined;
  readonly watchMs: number;
  readonly isolate: boolean;
  readonly quic: QuicChoice;
  /** The application protocols to offer over quic. */
  readonly alpn: readonly string[];
  /** For the handshake of quic. */
  readonly quicTimeoutMs: number;
  /** What was asked for by name: that it does not work is a finding. */
  readonly transportsAsked: readonly Transport[];
}

const TRANSPORTS: readonly Transport[] = ["tcp", "mptcp", "quic", "mpquic"];
const QUIC: readonly Transport[] = ["quic", "mpquic"];

/** What servers of strangers speak: HTTP/3, the check of `mpt serve`, perf, our streams, DNS. */
const PROBE_ALPN: readonly string[] = ["h3", "hq-interop", "perf", STREAMS_ALPN, "doq"];

/**
 * Where nobody asked for quic, and UDP is dropped on the way, the answer about tcp and mptcp waits no longer than
 * this, in milliseconds. By then the first flight was sent three times (RFC 9002 6.2.2).
 */
const UNASKED_QUIC_MS = 3000;

/** The port that is probed when the target names none. */
export const PROBE_PORT = 443;

/** Ports whose servers wait for a TLS ClientHello. */
const TLS_PORTS: ReadonlySet<number> = new Set([443, 465, 563, 636, 853, 989, 990, 993, 995, 5061, 8443]);

/** Ports whose servers speak first, or do not speak HTTP: bytes of ours would be noise there. */
const SILENT_PORTS: ReadonlySet<number> = new Set([
  21,
  22,
  23,
  25,
  53,
  110,
  143,
  179,
  389,
  587,
  3306,
  5432,
  6379,
]);

/** What will be done, decided before anything is sent. */
export function planProbe(target: Endpoint, options: ProbeOptions): ProbePlan {
  const port = target.port ?? PROBE_PORT;
  const { data = "auto", connectTimeoutMs = 5000, quic = {} } = options;
  const { transports = TRANSPORTS } = options;
  const transportsAsked = options.transports ?? [];
  const quicAsked = transportsAsked.some((each) => QUIC.includes(each));
  return {
    target,
    port,
    // Several paths begin with one
    transports: transports.includes("mpquic") && !transports.includes("quic")
      ? transports.toSpliced(transports.indexOf("mpquic"), 0, "quic")
      : transports,
    connectTimeoutMs,
    dataTimeoutMs: options.dataTimeoutMs ?? 5000,
    joinTimeoutMs: options.joinTimeoutMs ?? 3000,
    data: data === "auto" ? dataKindOf(port) : data,
    localAddress: options.localAddress,
    interface: options.interface,
    congestion: options.congestion,
    watchMs: options.watchMs ?? 0,
    isolate: options.isolate ?? false,
    quic,
    alpn: quic.alpn ?? PROBE_ALPN,
    quicTimeoutMs: quicAsked ? connectTimeoutMs : Math.min(connectTimeoutMs, UNASKED_QUIC_MS),
    transportsAsked,
  };
}

/** What a server on a port is most likely to answer. */
export function dataKindOf(port: number): DataKind {
  if (TLS_PORTS.has(port)) return "tls";
  return SILENT_PORTS.has(port) ? "none" : "http";
}
