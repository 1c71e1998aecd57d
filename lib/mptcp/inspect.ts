import type { Endpoint } from "../base/endpoint.ts";
import { findMptcpSocket, findTcpSocket } from "../netlink/sockets.ts";
import { type MptcpJson, mptcpToJson, type SubflowJson, subflowToJson } from "./subflow_json.ts";
import { subflowSockets } from "./subflow_sockets.ts";

/** What this kernel knows of one connection, MPTCP or not, as `ss -M` and `ss -ti` show it. */
export interface MptcpInspection {
  /** The token; null for plain TCP and for a connection that never asked for MPTCP (switched off, black hole). */
  readonly token: number | null;
  /** The connection, also after a fallback; null without a token, or when it is gone. */
  readonly mptcp: MptcpJson | null;
  /** Its TCP sockets, those that got no answer yet included; the first subflow first. */
  readonly subflows: readonly SubflowJson[];
}

/**
 * Looks a connection up in the kernel's tables (sock_diag), which needs no privilege and tells more than the
 * socket's own options do: they fall silent after a fallback.
 *
 * @param connection Both ends of its first subflow.
 * @param token The token from an earlier look: with it the other subflows are found when the first is gone.
 * @returns What the kernel knows; null when the connection is gone, or sock_diag cannot be asked.
 *
 * @example Which subflows wait for an answer
 * ```ts no-run
 * import { connect, inspectConnection } from "@multipath/mpt/mptcp";
 * import { Ip } from "@multipath/mpt/base";
 *
 * await using connection = await connect(Ip.parse("192.0.2.1"), 4433);
 * const waiting = inspectConnection(connection)?.subflows.filter((each) => each.tcp_state === "syn-sent");
 * console.log(waiting?.map(({ local, remote }) => `${local} to ${remote}`));
 * ```
 */
export function inspectConnection(
  connection: { readonly local: Endpoint; readonly remote: Endpoint },
  token: number | null = null,
): MptcpInspection | null {
  try {
    const first = findTcpSocket(connection.local, connection.remote);
    // A connection that gave up on MPTCP before its SYN has a token of 0.
    const known = token ?? (first?.ulp?.tokenLocal || null);
    const sockets = known === null ? [] : subflowSockets(known);
    // After an early fallback there is just the one TCP socket.
    const subflows = sockets.length === 0 && first !== undefined ? [first] : sockets;
    const found = known === null ? undefined : findMptcpSocket(known);
    if (subflows.length === 0 && found === undefined) return null;
    return {
      token: known,
      mptcp: found === undefined ? null : mptcpToJson(found),
      subflows: subflows.map(subflowToJson),
    };
  } catch {
    // No system calls, or a kernel without sock_diag: less is known, nothing is wrong.
    return null;
  }
}
