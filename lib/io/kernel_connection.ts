import type { PathInfo } from "../base/path.ts";
import type { Transport } from "../base/transport.ts";
import { type Connection, type ConnectOptions, DEFAULT_READ_BUFFER_BYTES } from "./connection.ts";
import type { ConnectedSocket } from "./kernel_socket.ts";
import { NodeStream } from "./node_stream.ts";
import { setCongestion } from "./socket_options.ts";
import { StreamConnection } from "./stream_connection.ts";

/** How a transport of the kernel tells about a connected descriptor. */
export interface KernelView {
  paths(fd: number, socket: ConnectedSocket): readonly PathInfo[];
  isMultipath(fd: number): boolean;
}

/** The connection of a connected descriptor, which it takes over. */
export function kernelConnection(
  transport: Transport,
  socket: ConnectedSocket,
  view: KernelView,
  options: Pick<ConnectOptions, "readBufferBytes" | "signal">,
): Connection {
  const { fd, local, remote, connectMs } = socket;
  const stream = new NodeStream(fd, remote.address, options.readBufferBytes ?? DEFAULT_READ_BUFFER_BYTES);
  return new StreamConnection({
    transport,
    local,
    remote,
    connectMs,
    stream,
    inspectable: () => stream.fd >= 0 && !stream.finished,
    onClosing: (lastLook) => stream.beforeClose = lastLook,
    inspector: {
      paths: () => view.paths(stream.fd, socket),
      isMultipath: () => view.isMultipath(stream.fd),
      setCongestion: (name) => setCongestion(stream.fd, name),
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}
