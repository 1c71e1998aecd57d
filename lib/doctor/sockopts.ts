import { close, errnoName, getBytes, IPPROTO_MPTCP, IPPROTO_TCP, setBytes } from "../../ffi/mod.ts";
import type { MptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import { connectSocket, ListeningSocket, openSocket } from "../io/kernel_socket.ts";
import { requireFfi } from "../io/ffi_access.ts";
import { systemError } from "../io/system_error.ts";
import { mptcpSocketError } from "../mptcp/socket_error.ts";
import type { SockoptJson, SockoptSupport, SockoptTrial } from "./sockopt_json.ts";
import { LEVELS, type SockoptRow, SOCKOPTS } from "./sockopt_table.ts";

/** Loopback answers at once, or something is wrong. */
const CONNECT_TIMEOUT_MS = 2000;

/** What one kind of socket said. */
interface SockoptTrials {
  readonly fresh: SockoptTrial;
  readonly connected: SockoptTrial;
}

const NOTHING: SockoptTrial = { get: null, set: null };

/** A kind of socket to try options on. */
interface Kind {
  readonly protocol: number;
  readonly explain: (errno: number) => MptError;
}

const MPTCP: Kind = { protocol: IPPROTO_MPTCP, explain: mptcpSocketError };
const TCP: Kind = { protocol: IPPROTO_TCP, explain: (errno) => systemError(errno, "open a TCP socket") };

/**
 * Tries socket options on MPTCP and on TCP sockets: on new ones, and on connected ones over loopback. Every
 * option gets sockets of its own, so that none is seen through the effects of another.
 *
 * @param signal Ends the audit; what was tried by then is returned.
 * @returns What the kernel said, in the order of the table; options of IPv6 are left out where there is none.
 * @throws {MptError} When MPTCP sockets cannot be opened or connected over loopback.
 */
export async function auditSockopts(signal?: AbortSignal): Promise<readonly SockoptJson[]> {
  requireFfi("try socket options");
  const v4 = await auditFamily(4, SOCKOPTS.filter((row) => row.level !== "SOL_IPV6"), signal);
  const v6 = await auditFamily(6, SOCKOPTS.filter((row) => row.level === "SOL_IPV6"), signal)
    .catch(() => []);
  return [...v4, ...v6];
}

async function auditFamily(
  family: 4 | 6,
  rows: readonly SockoptRow[],
  signal: AbortSignal | undefined,
): Promise<readonly SockoptJson[]> {
  const loopback = Ip.parse(family === 4 ? "127.0.0.1" : "::1");
  const results: SockoptJson[] = [];
  const listeners = new Map<Kind, ListeningSocket>();
  try {
    for (const kind of [MPTCP, TCP]) {
      const options = { protocol: kind.protocol, backlog: 8, dualStack: false };
      listeners.set(kind, ListeningSocket.open(loopback, 0, options, kind.explain));
    }
    for (const row of rows) {
      if (signal?.aborted) break;
      const mptcpFresh = tryFresh(row, MPTCP, family);
      const tcpFresh = tryFresh(row, TCP, family);
      const mptcpConnected = await tryConnected(row, MPTCP, listeners.get(MPTCP)!);
      const tcpConnected = await tryConnected(row, TCP, listeners.get(TCP)!);
      results.push({
        option: row.option,
        level: row.level,
        mptcp: supportOf(
          { fresh: mptcpFresh, connected: mptcpConnected },
          { fresh: tcpFresh, connected: tcpConnected },
        ),
        mptcp_fresh: mptcpFresh,
        mptcp_connected: mptcpConnected,
        tcp_fresh: tcpFresh,
        tcp_connected: tcpConnected,
        note: row.note,
      });
    }
  } finally {
    await Promise.all([...listeners.values()].map((listener) => listener.close()));
  }
  return results;
}

function tryFresh(row: SockoptRow, kind: Kind, family: 4 | 6): SockoptTrial {
  const fd = openSocket(family, kind.protocol, kind.explain);
  try {
    return tryOption(fd, row);
  } finally {
    close(fd);
  }
}

async function tryConnected(row: SockoptRow, kind: Kind, listener: ListeningSocket): Promise<SockoptTrial> {
  const { ip, port } = listener.local;
  if (ip === undefined || port === undefined) return NOTHING;
  const options = { protocol: kind.protocol, timeoutMs: CONNECT_TIMEOUT_MS };
  const client = await connectSocket(ip, port, options, kind.explain);
  try {
    const server = await listener.accept();
    try {
      return tryOption(client.fd, row);
    } finally {
      if (server !== null) close(server.fd);
    }
  } finally {
    close(client.fd);
  }
}

/** Larger than every value that is read here; some options refuse a buffer that is not an int. */
const buffer = new Uint8Array(512);

function tryOption(fd: number, row: SockoptRow): SockoptTrial {
  const level = LEVELS[row.level];
  const size = row.value?.length === 4 ? 4 : buffer.length;
  const get = row.readable ? outcome(getBytes(fd, level, row.number, buffer.subarray(0, size))) : null;
  const set = row.value === null ? null : outcome(setBytes(fd, level, row.number, row.value));
  return { get, set };
}

function outcome(result: number): string {
  return result < 0 ? errnoName(-result) : "ok";
}

/**
 * How MPTCP takes an option that TCP takes.
 *
 * @param mptcp The trials on a new and on a connected MPTCP socket.
 * @param tcp The same on TCP sockets.
 */
export function supportOf(mptcp: SockoptTrials, tcp: SockoptTrials): SockoptSupport {
  // Whoever knows an option wants to set it; null says that this one can only be read
  const call = tcp.fresh.set === null && tcp.connected.set === null ? "get" : "set";
  const fresh = tcp.fresh[call] === "ok" ? mptcp.fresh[call] === "ok" : null;
  const connected = tcp.connected[call] === "ok" ? mptcp.connected[call] === "ok" : null;
  if (fresh === null && connected === null) return "untested";
  if (fresh !== false && connected !== false) return "works";
  return fresh === true ? "before-connect" : "refused";
}
