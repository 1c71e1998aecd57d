import type { Endpoint } from "../base/endpoint.ts";
import type { Connection, ConnectOptions } from "../io/connection.ts";
import { DEFAULT_READ_BUFFER_BYTES } from "../io/connection.ts";
import type { ConnectedSocket } from "../io/kernel_socket.ts";
import { NodeStream } from "../io/node_stream.ts";
import { setCongestion } from "../io/socket_options.ts";
import { StreamConnection } from "../io/stream_connection.ts";
import { mptcpPaths } from "./paths.ts";
import { speaksMptcp } from "./state.ts";

/** The connection of a connected MPTCP descriptor, which it takes over. */
export function mptcpConnection(
  socket: ConnectedSocket,
  options: Pick<ConnectOptions, "readBufferBytes" | "signal">,
): Connection {
  const peer: Endpoint = socket.remote;
  const stream = new NodeStream(
    socket.fd,
    peer.address,
    options.readBufferBytes ?? DEFAULT_READ_BUFFER_BYTES,
  );
  return new StreamConnection({
    transport: "mptcp",
    local: socket.local,
    remote: socket.remote,
    connectMs: socket.connectMs,
    stream,
    inspectable: () => stream.fd >= 0 && !stream.finished,
    onClosing: (lastLook) => stream.beforeClose = lastLook,
    inspector: {
      paths: () => mptcpPaths(stream.fd, socket),
      isMultipath: () => speaksMptcp(stream.fd),
      setCongestion: (name) => setCongestion(stream.fd, name),
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}
