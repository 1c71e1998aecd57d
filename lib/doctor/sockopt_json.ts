/** What the kernel said to one call: `ok`, the name of the errno, or null when there is no such call. */
export type SockoptOutcome = string | null;

/** What the kernel said about one option on one socket. */
export interface SockoptTrial {
  /** To getsockopt(). */
  readonly get: SockoptOutcome;
  /** To setsockopt(). */
  readonly set: SockoptOutcome;
}

/**
 * How MPTCP sockets take an option, measured by what works on TCP sockets: everywhere, only before the connection
 * is made, or not at all. An option that can be set is judged by that, any other by reading it. `untested` when it
 * does not work on TCP sockets here either.
 */
export type SockoptSupport = "works" | "before-connect" | "refused" | "untested";

/** One socket option on MPTCP and on TCP sockets. */
export interface SockoptJson {
  /** The name, such as `TCP_USER_TIMEOUT`. */
  readonly option: string;
  /** The level, such as `SOL_TCP`. */
  readonly level: string;
  /** The summary of the trials. */
  readonly mptcp: SockoptSupport;
  /** On a socket that is not connected. */
  readonly mptcp_fresh: SockoptTrial;
  /** On a connected socket. */
  readonly mptcp_connected: SockoptTrial;
  /** The same on plain TCP. */
  readonly tcp_fresh: SockoptTrial;
  /** The same on plain TCP. */
  readonly tcp_connected: SockoptTrial;
  /** What MPTCP users should know about it, such as the programs that it breaks; null when nothing. */
  readonly note: string | null;
}
