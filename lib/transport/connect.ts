import type { Ip } from "../base/ip.ts";
import type { Transport } from "../base/transport.ts";
import type { Connection, ConnectOptions, Listener, ListenOptions } from "../io/connection.ts";
import { listen as listenMptcp } from "../mptcp/listen.ts";
import { isMptcpMissing } from "../mptcp/socket_error.ts";
import type { QuicListenOptions } from "../quic/driver/options.ts";
import { connectKernel } from "./connect_kernel.ts";
import { connectQuic, listenQuic, type QuicTransportOptions } from "./quic.ts";
import { listenTcp } from "./tcp.ts";

/** Options of a connect, with those that only QUIC has. */
export interface TransportConnectOptions extends ConnectOptions {
  /** Application protocol, whom to trust and so on. @default {the protocol "mpt", the system's certificates} */
  readonly quic?: QuicTransportOptions;
}

/** Options of a listener, with those that only QUIC has. */
export interface TransportListenOptions extends ListenOptions {
  /** Application protocols, certificate and so on. @default {the protocol "mpt", a self-signed certificate} */
  readonly quic?: Partial<QuicListenOptions>;
}

/**
 * Connects over a transport.
 *
 * @param transport `tcp`, `mptcp`, `quic` or `mpquic`.
 * @param ip The address to connect to.
 * @param port The port, 1 to 65535.
 * @param options Local address, interface, congestion control, deadline, signal, fallback.
 * @returns The connection.
 * @throws {MptError} `ERR_REFUSED`, `ERR_TIMED_OUT`, `ERR_UNREACHABLE`, `ERR_NO_ROUTE`, `ERR_ADDRESS_NOT_LOCAL`,
 * `ERR_NET_PERMISSION`, `ERR_OPTION_REFUSED`, `ERR_ABORTED`; for mptcp also why this host has none; for quic and mpquic
 * also `ERR_TLS` and `ERR_PROTOCOL`.
 *
 * @example The same code for both transports
 * ```ts no-run
 * import { connect } from "@multipath/mpt/transport";
 * import { Ip } from "@multipath/mpt/base";
 *
 * for (const transport of ["tcp", "mptcp"] as const) {
 *   await using connection = await connect(transport, Ip.parse("192.0.2.1"), 443);
 *   console.log(transport, connection.transportInForce(), connection.paths().length);
 * }
 * ```
 */
export async function connect(
  transport: Transport,
  ip: Ip,
  port: number,
  options: TransportConnectOptions = {},
): Promise<Connection> {
  switch (transport) {
    case "tcp":
    case "mptcp":
      return await connectKernel(transport, ip, port, options);
    case "quic":
    case "mpquic":
      return await connectQuic(transport, ip, port, options, options.quic);
    default:
      return transport satisfies never;
  }
}

/**
 * Listens with a transport.
 *
 * @param transport `tcp`, `mptcp`, `quic` or `mpquic`.
 * @param ip The address to listen on.
 * @param port The port, or 0 for any free one.
 * @param options Backlog, interface, congestion control, fallback.
 * @returns The listener; its `transport` tells whether the fallback was taken.
 * @throws {MptError} `ERR_ADDRESS_IN_USE`, `ERR_ADDRESS_NOT_LOCAL`, `ERR_PERMISSION`, `ERR_NET_PERMISSION`,
 * `ERR_OPTION_REFUSED`; for mptcp also why this host has none; `ERR_NOT_SUPPORTED`.
 *
 * @example A listener and a client on this machine
 * ```ts
 * import { connect, listen } from "@multipath/mpt/transport";
 * import { Ip } from "@multipath/mpt/base";
 *
 * await using listener = listen("tcp", Ip.parse("127.0.0.1"), 0);
 * const [server, client] = await Promise.all([
 *   listener.accept(),
 *   connect("tcp", Ip.parse("127.0.0.1"), listener.local.port!),
 * ]);
 * console.assert(server!.remote.equals(client.local));
 * await Promise.all([server!.close(), client.close()]);
 * ```
 */
export function listen(
  transport: Transport,
  ip: Ip,
  port: number,
  options: TransportListenOptions = {},
): Listener {
  switch (transport) {
    case "tcp":
      return listenTcp(ip, port, options);
    case "mptcp":
      try {
        return listenMptcp(ip, port, options);
      } catch (error) {
        if (options.fallback === "tcp" && isMptcpMissing(error)) return listenTcp(ip, port, options);
        throw error;
      }
    case "quic":
    case "mpquic":
      return listenQuic(transport, ip, port, options, options.quic);
    default:
      return transport satisfies never;
  }
}
