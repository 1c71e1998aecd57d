import type { Connection, ConnectOptions } from "../io/connection.ts";
import { kernelConnection, type KernelView } from "../io/kernel_connection.ts";
import type { ConnectedSocket } from "../io/kernel_socket.ts";
import { mptcpPaths } from "./paths.ts";
import { speaksMptcp } from "./state.ts";

const VIEW: KernelView = { paths: mptcpPaths, isMultipath: speaksMptcp };

/** The connection of a connected MPTCP descriptor, which it takes over. */
export function mptcpConnection(
  socket: ConnectedSocket,
  options: Pick<ConnectOptions, "readBufferBytes" | "signal">,
): Connection {
  return kernelConnection("mptcp", socket, VIEW, options);
}
