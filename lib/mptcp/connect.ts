import { IPPROTO_MPTCP } from "../../ffi/mod.ts";
import type { Ip } from "../base/ip.ts";
import { CONNECT_TIMEOUT_MS, type Connection, type ConnectOptions } from "../io/connection.ts";
import { connectSocket } from "../io/kernel_socket.ts";
import { mptcpConnection } from "./connection.ts";
import { mptcpSocketError } from "./socket_error.ts";

/**
 * Opens an MPTCP connection. Whether the other end speaks MPTCP too shows afterwards in `isMultipath()`;
 * the kernel falls back to TCP by itself when it does not.
 *
 * @param ip The address to connect to.
 * @param port The port, 1 to 65535.
 * @param options Local address, interface, congestion control, deadline, signal.
 * @returns The connection.
 * @throws {MptError} `ERR_MPTCP_UNSUPPORTED`, `ERR_MPTCP_DISABLED`, `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION` or
 * `ERR_NET_PERMISSION` when this host cannot; `ERR_REFUSED`, `ERR_TIMED_OUT`, `ERR_UNREACHABLE`, `ERR_NO_ROUTE`
 * when the network does not; `ERR_OPTION_REFUSED`; `ERR_ADDRESS_NOT_LOCAL`; `ERR_ABORTED`.
 *
 * @example Ask how many paths there are
 * ```ts no-run
 * import { connect } from "@multipath/mpt/mptcp";
 * import { Ip } from "@multipath/mpt/base";
 *
 * await using connection = await connect(Ip.parse("192.0.2.1"), 4433);
 * if (connection.isMultipath()) {
 *   for (const path of connection.paths()) console.log(path.local.address, path.remote.address, path.rttMs);
 * }
 * ```
 */
export async function connect(ip: Ip, port: number, options: ConnectOptions = {}): Promise<Connection> {
  const { timeoutMs = CONNECT_TIMEOUT_MS, ...rest } = options;
  const request = { ...rest, timeoutMs, protocol: IPPROTO_MPTCP };
  const socket = await connectSocket(ip, port, request, mptcpSocketError);
  return mptcpConnection(socket, options);
}
