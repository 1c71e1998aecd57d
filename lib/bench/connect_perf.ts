import { MptError, toMptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import { Endpoint } from "../base/endpoint.ts";
import type { Transport } from "../base/transport.ts";
import { connect, type TransportConnectOptions } from "../transport/connect.ts";
import { QuicTransport } from "../transport/quic.ts";
import type { BenchSettings } from "./options.ts";

/** The application protocol of perf (draft-banks-quic-performance 2.1). */
export const PERF_ALPN = "perf";

/** RFC 9001 4.8: the TLS alert no_application_protocol, 120, as an error code of QUIC. */
const NO_APPLICATION_PROTOCOL = 0x100 + 120;

/**
 * Connects to a perf server over QUIC.
 *
 * @param transport `quic` or `mpquic`.
 * @throws {MptError} As `connect`; `ERR_PROTOCOL` when the server does not speak perf.
 */
export async function connectPerf(
  transport: Transport,
  ip: Ip,
  port: number,
  settings: BenchSettings,
  options: TransportConnectOptions,
): Promise<QuicTransport> {
  const alpn = settings.quic.alpn ?? [PERF_ALPN];
  try {
    return await connectQuicOnly(transport, ip, port, {
      ...options,
      quic: { ...options.quic, ...settings.quic, alpn },
    });
  } catch (error) {
    if (!lacksProtocol(error)) throw withTrust(error);
    const { address } = Endpoint.of(ip, port);
    throw new MptError(
      "ERR_PROTOCOL",
      `Cannot measure ${address}: the server speaks QUIC, but not ${alpn.join(" or ")}`,
      {
        cause: error,
        data: toMptError(error, "Cannot connect").data,
        fix: "run mpt serve --listen quic@... on that machine, or name what its perf goes by with --alpn",
      },
    );
  }
}

/** Whether a transport is QUIC, over one path or many. */
export function isQuic(transport: Transport): boolean {
  return transport === "quic" || transport === "mpquic";
}

/** As `connect` for QUIC alone, whose connection has more to say. */
export async function connectQuicOnly(
  transport: Transport,
  ip: Ip,
  port: number,
  options: TransportConnectOptions,
): Promise<QuicTransport> {
  const connection = await connect(transport, ip, port, options);
  if (connection instanceof QuicTransport) return connection;
  throw new MptError("ERR_USAGE", `Cannot measure with perf over ${transport}: it is not QUIC`);
}

/** What makes a server trusted whose certificate is not, or makes one where there is none. */
export function withTrust(error: unknown): unknown {
  if (error instanceof MptError && error.code === "ERR_REFUSED" && error.data["quic_error"] === undefined) {
    const fix = "nothing listens on this UDP port: run mpt serve --listen mpquic@[::] on that machine";
    return new MptError(error.code, error.message, { cause: error, data: error.data, fix });
  }
  const ours = error instanceof MptError && error.code === "ERR_TLS" && error.fix === undefined &&
    error.data["closed_by"] === "local";
  if (!ours) return error;
  return new MptError(error.code, error.message, {
    cause: error,
    data: error.data,
    fix: "--pin with what mpt serve prints, --ca FILE, --server-name NAME; --insecure goes on all the same",
  });
}

/** Whether the server has none of the application protocols that it was offered. */
export function lacksProtocol(error: unknown): boolean {
  return error instanceof MptError && error.data["quic_error"] === NO_APPLICATION_PROTOCOL;
}
