import type { Ip } from "../../base/ip.ts";
import type { DatagramBackend } from "../../io/datagram_socket.ts";
import type { SchedulerFactory } from "../scheduler/scheduler.ts";
import type { SchedulerName } from "../scheduler/schedulers.ts";
import type { StreamSettings } from "../streams/streams.ts";
import type { MultipathDraft } from "../wire/multipath_drafts.ts";
import type { TokenStore } from "./token_store.ts";

/** How several paths are used. */
export interface MultipathOptions {
  /** How many paths may be in use at a time, 2 to 256. @default {8} */
  readonly paths?: number;
  /**
   * What chooses the path of the next data, when there are several: one of `schedulers` by its name, or a function
   * of your own. @default {"earliest"}
   */
  readonly scheduler?: SchedulerName | SchedulerFactory;
  /** Whether each decision of the scheduler goes into the qlog. @default {false} */
  readonly logScheduler?: boolean;
  /**
   * How often to ask on each path whether it still works, while nothing is sent there, in milliseconds; 0 is never.
   * @default {0}
   */
  readonly keepAliveMs?: number;
  /**
   * After so many milliseconds without anything from the other end a path is given up, while others work; 0 is
   * never. @default {0}
   */
  readonly idleTimeoutMs?: number;
  /** How long a path may be without an answer, while others work, before it is given up. @default {10000} */
  readonly failureTimeoutMs?: number;
  /**
   * Whose numbers the frames and the transport parameter have: the final ones, or those of drafts 13 to 18 for an
   * older peer, whose layouts are the same. Ends that differ in this have one path. @default {"final"}
   */
  readonly codePoints?: MultipathDraft;
}

/** Options of both ends of a QUIC connection. */
export interface QuicOptions {
  /** Application protocols (ALPN), the preferred one first; at least one. */
  readonly alpn: readonly string[];
  /** After so many milliseconds without a sign of life the connection is over; 0 is never. @default {30000} */
  readonly idleTimeoutMs?: number;
  /** How often to say something while nothing is to be said, in milliseconds; 0 is never. @default {0} */
  readonly keepAliveMs?: number;
  /** What the other end may send before it is read, and how many streams it may open. @default {1 MiB, 100} */
  readonly streams?: Partial<StreamSettings>;
  /** Offers several paths (draft-ietf-quic-multipath-21); false is one path. @default {false} */
  readonly multipath?: boolean | MultipathOptions;
  /**
   * Congestion control: `cubic` or `reno`, each path by itself, or `lia` or `olia`, which take no more on all paths
   * of a connection than one connection would on the best of them. @default {"cubic"}
   */
  readonly congestion?: string;
  /** The largest DATAGRAM frame to take, in bytes; 0 is none. @default {65535} */
  readonly maxDatagramBytes?: number;
  /** The most bytes that one read of a stream gives. @default {262144} */
  readonly readBufferBytes?: number;
  /** Takes a line for a key log file (SSLKEYLOGFILE), without its line end. @default {undefined} nobody */
  readonly keyLog?: (line: string) => void;
  /** A folder for logs of each connection in qlog, as JSON-SEQ; needs `--allow-write`. @default {undefined} none */
  readonly qlog?: string;
  /** Bind to this interface, such as `wlan0`; needs system calls. @default {undefined} any */
  readonly interface?: string;
  /** Use this kind of socket and no other. @default {undefined} the fastest there is */
  readonly socketBackend?: DatagramBackend;
  /** Use this packet protection and no other. @default {undefined} the fastest there is */
  readonly cryptoBackend?: "libcrypto" | "node:crypto";
}

/** Whom a client trusts. */
export interface QuicTrust {
  /** Certificates to trust instead of the system's, as PEM. @default {undefined} the system's */
  readonly ca?: string;
  /** Keys that are trusted whatever certificate they come in: `sha256/BASE64`. @default {[]} */
  readonly pins?: readonly string[];
  /**
   * Takes a bare public key in place of a certificate (RFC 7250), if the server has one; it has to be pinned.
   * @default {false}
   */
  readonly rawPublicKeys?: boolean;
  /** Goes on with any server; what the check found is in `connection.handshake`. @default {false} */
  readonly insecure?: boolean;
  /** The name that the certificate must be for, and that the server is told. @default {undefined} the target's host */
  readonly serverName?: string;
}

/** What a user may say about the QUIC connections of a job. */
export interface QuicChoice extends QuicTrust {
  /** Application protocols to offer, the preferred one first. @default {undefined} what the job needs */
  readonly alpn?: readonly string[];
  /** A folder for logs of each connection in qlog. @default {undefined} none */
  readonly qlog?: string;
  /** Takes a line for a key log file (SSLKEYLOGFILE), without its line end. @default {undefined} nobody */
  readonly keyLog?: (line: string) => void;
}

/** What an end proves its identity with. */
export interface QuicIdentity {
  /** The key as PEM. */
  readonly key: string;
  /** The certificate chain as PEM, its own first. @default {undefined} the bare public key (RFC 7250) */
  readonly cert?: string;
}

/** Whom a server takes as its clients; one without certificates and pins takes every client that has a key. */
export interface QuicClientTrust {
  /** Certificates that those of clients have to go back to, as PEM. @default {undefined} none */
  readonly ca?: string;
  /** Keys that are taken whatever certificate they come in: `sha256/BASE64`. @default {[]} */
  readonly pins?: readonly string[];
  /** Whether clients that show nothing are taken too. @default {false} */
  readonly optional?: boolean;
}

/** Options of `connect()`. */
export interface QuicConnectOptions extends QuicOptions, QuicTrust {
  /** What a server is shown that asks for it. @default {undefined} nothing */
  readonly identity?: QuicIdentity;
  /** Local address. @default {undefined} the system chooses */
  readonly localAddress?: Ip;
  /**
   * Where tokens of servers are kept, so that the next connection need not prove its address; null for nowhere.
   * @default {a store in memory that all connections of this program share}
   */
  readonly tokens?: TokenStore | null;
  /** How long the handshake may take, in milliseconds, more than 0. @default {10000} */
  readonly timeoutMs?: number;
  /** Ends the connect; later it aborts the connection. */
  readonly signal?: AbortSignal;
}

/** Options of `listen()`. */
export interface QuicListenOptions extends QuicOptions {
  /** The certificate chain as PEM, the server's own first. @default {undefined} a self-signed one */
  readonly cert?: string;
  /** The key of the certificate as PEM; without a certificate one is made for it. @default {undefined} a new one */
  readonly key?: string;
  /** Shows clients that take it the bare public key in place of the certificate (RFC 7250). @default {false} */
  readonly rawPublicKey?: boolean;
  /** Asks clients for their identity, and says whom to take. @default {undefined} nobody is asked */
  readonly clients?: QuicClientTrust;
  /** Names and addresses of a self-signed certificate. @default {["localhost"]} and the address */
  readonly hosts?: readonly string[];
  /** Connections that may wait to be accepted; more are refused. @default {1024} */
  readonly backlog?: number;
  /** Connections in all. @default {10000} */
  readonly maxConnections?: number;
  /** When clients have to prove their address with a Retry first. @default {"under-load"} */
  readonly retry?: "never" | "under-load" | "always";
  /** Whether a listener on an IPv6 address also takes IPv4 clients. @default {true} */
  readonly dualStack?: boolean;
}

/** The defaults of the options above. */
export const QUIC_CONNECT_TIMEOUT_MS = 10_000;
export const QUIC_READ_BUFFER_BYTES = 262_144;
export const QUIC_BACKLOG = 1024;
export const QUIC_PATHS = 8;
