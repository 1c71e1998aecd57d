import { IPPROTO_TCP } from "../../ffi/mod.ts";
import type { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { PathInfo } from "../base/path.ts";
import {
  CONNECT_TIMEOUT_MS,
  type Connection,
  type ConnectOptions,
  DEFAULT_BACKLOG,
  type Listener,
  type ListenOptions,
} from "../io/connection.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import { kernelConnection, type KernelView } from "../io/kernel_connection.ts";
import { type ConnectedSocket, connectSocket, ListeningSocket } from "../io/kernel_socket.ts";
import { SocketListener } from "../io/socket_listener.ts";
import { systemError } from "../io/system_error.ts";
import { pathFromTcpInfo, readTcpInfo } from "../io/tcp_path.ts";
import { interfaceOf } from "../netlink/interface_of.ts";
import { connectDenoTcp, listenDenoTcp } from "./deno_tcp.ts";

/** A TCP connection: over system calls where they are allowed, else over Deno's own sockets. */
export async function connectTcp(ip: Ip, port: number, options: ConnectOptions): Promise<Connection> {
  if (ffiUnavailableReason() !== null) return await connectDenoTcp(ip, port, options);
  const { timeoutMs = CONNECT_TIMEOUT_MS, ...rest } = options;
  const socket = await connectSocket(ip, port, { ...rest, timeoutMs, protocol: IPPROTO_TCP }, explain);
  return tcpConnection(socket, options);
}

/** A TCP listener: over system calls where they are allowed, else over Deno's own sockets. */
export function listenTcp(ip: Ip, port: number, options: ListenOptions): Listener {
  if (ffiUnavailableReason() !== null) return listenDenoTcp(ip, port, options);
  const socket = ListeningSocket.open(ip, port, {
    ...options,
    protocol: IPPROTO_TCP,
    backlog: options.backlog ?? DEFAULT_BACKLOG,
    dualStack: options.dualStack ?? true,
  }, explain);
  return new SocketListener("tcp", socket, (accepted) => tcpConnection(accepted, options));
}

function explain(errno: number): MptError {
  return systemError(errno, "open a TCP socket");
}

const VIEW: KernelView = { paths: (fd, socket) => [tcpPath(fd, socket)], isMultipath: () => false };

/** The connection of a connected TCP descriptor, which it takes over. */
export function tcpConnection(
  socket: ConnectedSocket,
  options: Pick<ConnectOptions, "readBufferBytes" | "signal">,
): Connection {
  return kernelConnection("tcp", socket, VIEW, options);
}

function tcpPath(fd: number, { local, remote }: ConnectedSocket): PathInfo {
  const info = readTcpInfo(fd);
  const identity = { id: 0, local, remote, interface: interfaceOf(local.ip) };
  return pathFromTcpInfo(identity, typeof info === "number" ? {} : info);
}
