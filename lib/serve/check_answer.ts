import type { CheckAnswer } from "../protocol/check.ts";
import { pathToJson } from "../base/path_json.ts";
import { TOOL } from "../base/result.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { Endpoint as EndpointValue } from "../base/endpoint.ts";
import type { Connection } from "../io/connection.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import { readCounters } from "../mptcp/counters.ts";
import { localAddresses } from "../netlink/interfaces.ts";
import type { ServeLimits } from "./options.ts";

/** How this server sees a connection, for `GET /`. */
export function checkAnswer(
  connection: Connection,
  listener: Endpoint,
  limits: ServeLimits,
  tokenRequired: boolean,
): CheckAnswer {
  const transport = connection.transportInForce();
  return {
    schema: "mpt.check/1",
    server: { name: TOOL.name, version: TOOL.version },
    transport,
    fallback: connection.transport !== transport,
    local: connection.local.address,
    remote: connection.remote.address,
    paths: connection.paths().map(pathToJson),
    // A server that is out of descriptors cannot read these, and still answers.
    counters: orElse({}, mptcpCounters),
    addresses: orElse([], () => otherAddresses(listener, connection.local)),
    syn_mirror_port: null,
    limits: {
      max_bytes: limits.maxBytes,
      max_duration_ms: limits.maxDurationMs,
      token_required: tokenRequired,
    },
  };
}

function orElse<T>(substitute: T, read: () => T): T {
  try {
    return read();
  } catch {
    return substitute;
  }
}

function mptcpCounters(): Readonly<Record<string, number>> {
  if (ffiUnavailableReason() !== null) return {};
  const counters: Record<string, number> = {};
  for (const [name, value] of readCounters()) {
    if (name.startsWith("MPTcpExt") && value !== 0) counters[name] = value;
  }
  return counters;
}

/** A listener on a wildcard address is reachable at every address of the host; others only at their own. */
function otherAddresses(listener: Endpoint, used: Endpoint): readonly string[] {
  if (listener.ip === undefined || !listener.ip.isUnspecified || ffiUnavailableReason() !== null) return [];
  const port = listener.port ?? 0;
  return localAddresses()
    .filter(({ ip, up }) => up && !ip.isLoopback && !ip.isLinkLocal)
    .filter(({ ip }) => ip.family === 4 || listener.ip!.family === 6)
    .map(({ ip }) => EndpointValue.of(ip, port).address)
    .filter((address) => address !== used.address);
}
