import { IPPROTO_MPTCP } from "../../ffi/mod.ts";
import type { Ip } from "../base/ip.ts";
import { DEFAULT_BACKLOG, type Listener, type ListenOptions } from "../io/connection.ts";
import { ListeningSocket } from "../io/kernel_socket.ts";
import { SocketListener } from "../io/socket_listener.ts";
import { mptcpConnection } from "./connection.ts";
import { mptcpSocketError } from "./socket_error.ts";

/**
 * Listens for MPTCP connections. Plain TCP clients are served too: their connections say
 * `isMultipath() === false`.
 *
 * @param ip The address to listen on; `::` takes IPv4 clients as well unless `dualStack` is false.
 * @param port The port, or 0 for any free one.
 * @param options Backlog, interface, congestion control.
 * @returns The listener.
 * @throws {MptError} `ERR_MPTCP_UNSUPPORTED`, `ERR_MPTCP_DISABLED`, `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`,
 * `ERR_NET_PERMISSION`, `ERR_ADDRESS_IN_USE`, `ERR_ADDRESS_NOT_LOCAL`, `ERR_PERMISSION` or `ERR_OPTION_REFUSED`.
 *
 * @example Serve one connection
 * ```ts no-run
 * import { listen } from "@multipath/mpt/mptcp";
 * import { Ip } from "@multipath/mpt/base";
 *
 * await using listener = listen(Ip.parse("::"), 4433);
 * for await (const connection of listener) {
 *   console.log(connection.remote.address, connection.isMultipath());
 *   await connection.close();
 * }
 * ```
 */
export function listen(ip: Ip, port: number, options: ListenOptions = {}): Listener {
  const socket = ListeningSocket.open(ip, port, {
    ...options,
    protocol: IPPROTO_MPTCP,
    backlog: options.backlog ?? DEFAULT_BACKLOG,
    dualStack: options.dualStack ?? true,
  }, mptcpSocketError);
  return new SocketListener("mptcp", socket, (accepted) => mptcpConnection(accepted, options));
}
