import type { Endpoint } from "../../base/endpoint.ts";
import { MptError } from "../../base/errors.ts";
import { Ip } from "../../base/ip.ts";
import type { DatagramBackend, DatagramSocket } from "../../io/datagram_socket.ts";
import { openDatagramSocket } from "../../io/open_datagram_socket.ts";

/** Where a client's socket is bound to. */
export interface SocketChoice {
  readonly localAddress?: Ip | undefined;
  readonly interface?: string | undefined;
  readonly socketBackend?: DatagramBackend | undefined;
}

/** Opens a socket of a client, for one server. */
export function openClientSocket(remote: Endpoint, choice: SocketChoice): Promise<DatagramSocket> {
  const ip = remote.ip!;
  const { localAddress, interface: name, socketBackend } = choice;
  if (localAddress !== undefined && localAddress.family !== ip.family) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot connect to ${remote.address}: the local address ${localAddress} is of another address family`,
    );
  }
  return openDatagramSocket({
    address: localAddress ?? anyAddress(ip, socketBackend),
    remote,
    ...(name === undefined ? {} : { interface: name }),
    ...(socketBackend === undefined ? {} : { backend: socketBackend }),
  });
}

/** Every address of this host; the runtime's own sockets do not tell which one they use, but here it is known. */
function anyAddress(ip: Ip, backend: DatagramBackend | undefined): Ip {
  if (backend !== "ffi" && ip.isLoopback) return Ip.parse(ip.family === 4 ? "127.0.0.1" : "::1");
  return Ip.parse(ip.family === 4 ? "0.0.0.0" : "::");
}
