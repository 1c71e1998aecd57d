/**
 * One face for every transport: connect, listen, streams, paths. What runs over one transport runs over the
 * others by changing one word.
 *
 * @example Send a line over MPTCP, or over TCP where the kernel has no MPTCP
 * ```ts no-run
 * import { connect } from "@multipath/mpt/transport";
 * import { Ip } from "@multipath/mpt/base";
 *
 * await using connection = await connect("mptcp", Ip.parse("192.0.2.1"), 4433, { fallback: "tcp" });
 * const stream = await connection.openStream();
 * await stream.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
 * console.log(connection.transportInForce(), connection.paths().length);
 * ```
 *
 * @module
 */
export { connect, listen, type TransportConnectOptions, type TransportListenOptions } from "./connect.ts";
export type { QuicTransportOptions } from "./quic.ts";
export type { ManagePathsOptions } from "../quic/driver/manage_paths.ts";
export type { Connection, ConnectOptions, Listener, ListenOptions } from "../io/connection.ts";
export type { KeepAlive, SocketOptions } from "../io/socket_options.ts";
export { type ByteStream, readableOf, writableOf } from "../io/byte_stream.ts";
