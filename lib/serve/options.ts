import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";

/** What one client, and all of them together, may ask of a server. */
export interface ServeLimits {
  /** Connections at a time. @default {256} */
  readonly maxConnections: number;
  /** Connections of one client address at a time. @default {64} */
  readonly maxPerAddress: number;
  /** Bytes of one transfer, each way. @default {100000000000} */
  readonly maxBytes: number;
  /** Life of one connection in milliseconds. @default {120000} */
  readonly maxDurationMs: number;
  /** A connection on which nothing moves for this long is reset, in milliseconds. @default {30000} */
  readonly idleTimeoutMs: number;
}

/** Options of {@linkcode serve}. */
export interface ServeOptions extends Partial<ServeLimits> {
  /** Addresses to listen on, each with its own transport. @default {[mptcp@[::]:4433]} */
  readonly listen?: readonly Endpoint[];
  /** What to listen with where the kernel has no MPTCP. @default {undefined} that is an error */
  readonly fallback?: "tcp";
  /** Perf and `/bytes` only for clients that know this. @default {undefined} for everybody */
  readonly token?: string;
  /** End after the first connection. @default {false} */
  readonly once?: boolean;
  /**
   * The port of the SYN mirror on every address, 0 for any that is free, null for no mirror.
   * @default {undefined} any free port, where the system has what it takes
   */
  readonly synMirrorPort?: number | null;
  /** Congestion control of every connection. @default {undefined} the system's */
  readonly congestion?: string;
  /** The certificate chain of QUIC listeners as PEM. @default {undefined} a self-signed one */
  readonly cert?: string;
  /** The key of the certificate as PEM. */
  readonly key?: string;
  /** A folder for logs of each QUIC connection in qlog. @default {undefined} none */
  readonly qlog?: string;
  /** Takes a line for a key log file (SSLKEYLOGFILE) of the QUIC listeners. @default {undefined} nobody */
  readonly keyLog?: (line: string) => void;
  /** Ends the server: it stops listening and lets transfers finish for up to 5 seconds. */
  readonly signal?: AbortSignal;
}

/** The port that mpt serves on when nothing else is said. */
export const DEFAULT_PORT = 4433;

/** The limits that hold unless others are given. */
export const DEFAULT_LIMITS: ServeLimits = {
  maxConnections: 256,
  maxPerAddress: 64,
  maxBytes: 100_000_000_000,
  maxDurationMs: 120_000,
  idleTimeoutMs: 30_000,
};

/** How long transfers may go on after the server was told to stop, in milliseconds. */
export const DRAIN_MS = 5000;

/** The limits of some options. */
export function limitsOf(options: Partial<ServeLimits>): ServeLimits {
  const limits: ServeLimits = {
    maxConnections: options.maxConnections ?? DEFAULT_LIMITS.maxConnections,
    maxPerAddress: options.maxPerAddress ?? DEFAULT_LIMITS.maxPerAddress,
    maxBytes: options.maxBytes ?? DEFAULT_LIMITS.maxBytes,
    maxDurationMs: options.maxDurationMs ?? DEFAULT_LIMITS.maxDurationMs,
    idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_LIMITS.idleTimeoutMs,
  };
  for (const [name, value] of Object.entries(limits)) {
    if (!(Number.isSafeInteger(value) && value > 0)) {
      throw new MptError(
        "ERR_INVALID_VALUE",
        `Cannot serve with ${name} ${value}: it must be a whole number above 0`,
      );
    }
  }
  return limits;
}

/** The address that is listened on when none is given: MPTCP, and plain TCP clients too, over IPv6 and IPv4. */
export function defaultListen(): readonly Endpoint[] {
  return [Endpoint.parse(`mptcp@[::]:${DEFAULT_PORT}`)];
}
