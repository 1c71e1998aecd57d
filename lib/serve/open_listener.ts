import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { Listener } from "../io/connection.ts";
import { lookup } from "../io/lookup.ts";
import { isMptcpMissing } from "../mptcp/socket_error.ts";
import { listen } from "../transport/connect.ts";
import { hostsOf } from "./identity.ts";
import { DEFAULT_PORT, type ServeOptions } from "./options.ts";
import { SERVE_ALPN } from "./quic_streams.ts";

/** A prefix with a family pins it: mptcp6@[::] does not take IPv4 clients. */
export function isDualStack(endpoint: Endpoint): boolean {
  return endpoint.family === undefined;
}

/**
 * Listens on one address with its own transport.
 *
 * @throws {MptError} Why it cannot be listened on.
 */
export async function openListener(endpoint: Endpoint, options: ServeOptions): Promise<Listener> {
  const ip = endpoint.ip ?? await resolve(endpoint);
  const transport = endpoint.transport ?? "mptcp";
  try {
    return listen(transport, ip, endpoint.port ?? DEFAULT_PORT, {
      dualStack: isDualStack(endpoint),
      ...(options.fallback === undefined ? {} : { fallback: options.fallback }),
      ...(options.congestion === undefined ? {} : { congestion: options.congestion }),
      quic: {
        alpn: SERVE_ALPN,
        hosts: hostsOf(ip),
        ...(options.cert === undefined ? {} : { cert: options.cert }),
        ...(options.key === undefined ? {} : { key: options.key }),
        ...(options.qlog === undefined ? {} : { qlog: options.qlog }),
        ...(options.keyLog === undefined ? {} : { keyLog: options.keyLog }),
      },
    });
  } catch (error) {
    throw transport === "mptcp" && isMptcpMissing(error) ? withFallback(error) : error;
  }
}

/** Where there is no MPTCP: how to do without. */
function withFallback(error: MptError): MptError {
  const { code, message, data, fix } = error;
  const plain = "--fallback tcp to serve plain TCP";
  return new MptError(code, message, {
    cause: error,
    data,
    fix: fix === undefined ? plain : `${fix}, or ${plain}`,
  });
}

async function resolve(endpoint: Endpoint): Promise<Ip> {
  const families = endpoint.family === undefined ? [6, 4] as const : [endpoint.family];
  const action = `listen on ${endpoint.host}`;
  let failed: string | null = null;
  for (const family of families) {
    const { answers: [ip], status, error } = await lookup(endpoint.host, family);
    if (ip !== undefined) return ip;
    if (status === "error") failed ??= error;
  }
  if (failed !== null) {
    throw new MptError("ERR_NAME_LOOKUP", `Cannot ${action}: the resolver failed (${failed})`);
  }
  throw new MptError("ERR_NAME_NOT_FOUND", `Cannot ${action}: the name has no address`);
}
