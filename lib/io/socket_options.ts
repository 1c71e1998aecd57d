import {
  getBytes,
  IPV6_V6ONLY,
  setBytes,
  setInt,
  SO_BINDTODEVICE,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  TCP_CONGESTION,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NODELAY,
} from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";
import { systemError } from "./system_error.ts";

/** When an idle TCP connection, or each subflow of MPTCP, asks the other end whether it is still there. */
export interface KeepAlive {
  /** How long it is idle before the first question, in seconds, 1 to 32767. */
  readonly idleSeconds: number;
  /** From one question to the next, in seconds, 1 to 32767. */
  readonly intervalSeconds: number;
  /** So many questions without an answer end it, 1 to 127. */
  readonly probes: number;
}

/** Options of one socket. What the kernel refuses is an error with the code `ERR_OPTION_REFUSED`. */
export interface SocketOptions {
  /** Bind to this interface (SO_BINDTODEVICE), such as `wlan0`. @default {undefined} any */
  readonly interface?: string;
  /** Congestion control, such as `cubic`. @default {undefined} the system's */
  readonly congestion?: string;
  /** Send small writes at once (TCP_NODELAY). @default {true} */
  readonly noDelay?: boolean;
  /** Largest segment in bytes (TCP_MAXSEG), 88 to 32767. @default {undefined} from the path */
  readonly maxSegmentBytes?: number;
  /** Ask an idle other end whether it is there (SO_KEEPALIVE). @default {undefined} do not */
  readonly keepAlive?: KeepAlive;
}

const FIX_CONGESTION = "sysctl net.ipv4.tcp_available_congestion_control shows the names; " +
  "one outside tcp_allowed_congestion_control needs CAP_NET_ADMIN";

/** Applies the options to a socket that is not connected yet. */
export function applySocketOptions(fd: number, options: SocketOptions): void {
  // An MPTCP socket without a subflow takes any value. Being asked, it makes its first subflow, which knows better.
  getBytes(fd, SOL_TCP, TCP_CONGESTION, new Uint8Array(16));
  if (options.interface !== undefined) {
    const name = new TextEncoder().encode(options.interface);
    requireOption(setBytes(fd, SOL_SOCKET, SO_BINDTODEVICE, name), "interface", options.interface);
  }
  requireOption(setInt(fd, SOL_TCP, TCP_NODELAY, (options.noDelay ?? true) ? 1 : 0), "TCP_NODELAY", "");
  if (options.maxSegmentBytes !== undefined) {
    const bytes = options.maxSegmentBytes;
    requireOption(setInt(fd, SOL_TCP, TCP_MAXSEG, bytes), "TCP_MAXSEG", String(bytes));
  }
  if (options.keepAlive !== undefined) setKeepAlive(fd, options.keepAlive);
  if (options.congestion !== undefined) setCongestion(fd, options.congestion);
}

/** Changes the congestion control of a socket, connected or not; on MPTCP that of every subflow. */
export function setCongestion(fd: number, name: string): void {
  const bytes = new TextEncoder().encode(name);
  requireOption(setBytes(fd, SOL_TCP, TCP_CONGESTION, bytes), "congestion control", name, FIX_CONGESTION);
}

function setKeepAlive(fd: number, { idleSeconds, intervalSeconds, probes }: KeepAlive): void {
  requireOption(setInt(fd, SOL_TCP, TCP_KEEPIDLE, idleSeconds), "TCP_KEEPIDLE", String(idleSeconds));
  requireOption(
    setInt(fd, SOL_TCP, TCP_KEEPINTVL, intervalSeconds),
    "TCP_KEEPINTVL",
    String(intervalSeconds),
  );
  requireOption(setInt(fd, SOL_TCP, TCP_KEEPCNT, probes), "TCP_KEEPCNT", String(probes));
  requireOption(setInt(fd, SOL_SOCKET, SO_KEEPALIVE, 1), "SO_KEEPALIVE", "");
}

/** Lets a listener start while old connections of its port linger, and sets whether IPv6 also takes IPv4. */
export function applyListenOptions(fd: number, family: 4 | 6, dualStack: boolean): void {
  requireOption(setInt(fd, SOL_SOCKET, SO_REUSEADDR, 1), "SO_REUSEADDR", "");
  if (family === 6) requireOption(setInt(fd, SOL_IPV6, IPV6_V6ONLY, dualStack ? 0 : 1), "IPV6_V6ONLY", "");
}

/** Throws when the kernel refused an option: `ERR_OPTION_REFUSED`. */
export function requireOption(result: number, option: string, value: string, fix?: string): void {
  if (result >= 0) return;
  const what = value === "" ? `set ${option}` : `set ${option} to ${JSON.stringify(value)}`;
  const error = systemError(result, what);
  throw new MptError("ERR_OPTION_REFUSED", error.message, {
    cause: error,
    data: { option, ...error.data },
    ...(fix === undefined ? {} : { fix }),
  });
}
