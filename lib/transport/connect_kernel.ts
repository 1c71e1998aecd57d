import type { Ip } from "../base/ip.ts";
import type { Connection, ConnectOptions } from "../io/connection.ts";
import { connect as connectMptcp } from "../mptcp/connect.ts";
import { isMptcpMissing } from "../mptcp/socket_error.ts";
import { connectTcp } from "./tcp.ts";

/** As `connect` over a transport of the kernel, for whoever does without the modules of QUIC. */
export async function connectKernel(
  transport: "tcp" | "mptcp",
  ip: Ip,
  port: number,
  options: ConnectOptions = {},
): Promise<Connection> {
  if (transport === "tcp") return await connectTcp(ip, port, options);
  try {
    return await connectMptcp(ip, port, options);
  } catch (error) {
    if (options.fallback === "tcp" && isMptcpMissing(error)) return await connectTcp(ip, port, options);
    throw error;
  }
}
