import type { CheckAnswer } from "../protocol/check.ts";
import type { CheckCounterWindow } from "../protocol/check_mptcp.ts";
import { pathToJson } from "../base/path_json.ts";
import { TOOL } from "../base/result.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { Endpoint as EndpointValue } from "../base/endpoint.ts";
import type { Connection, Listener } from "../io/connection.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import type { CounterWatch } from "../mptcp/counter_window.ts";
import { type Counters, readCounters } from "../mptcp/counters.ts";
import { inspectConnection } from "../mptcp/inspect.ts";
import { pathManagerJson } from "../mptcp/path_manager_json.ts";
import { localAddresses } from "../netlink/interfaces.ts";
import type { ServeLimits } from "./options.ts";

/** What a check answer needs to know beside the connection. */
export interface CheckContext {
  readonly listener: Pick<Listener, "local" | "deferAccept">;
  readonly instance: string;
  readonly limits: ServeLimits;
  readonly tokenRequired: boolean;
  readonly synMirrorPort: number | null;
  /** Started shortly before the connection; null where counters cannot be read. */
  readonly watch: CounterWatch | null;
}

/** How this server sees a connection, for `GET /`. */
export function checkAnswer(connection: Connection, context: CheckContext): CheckAnswer {
  const { listener, limits, tokenRequired, synMirrorPort, watch } = context;
  const transport = connection.transportInForce();
  const inspection = ffiUnavailableReason() === null ? inspectConnection(connection) : null;
  return {
    schema: "mpt.check/1",
    server: { name: TOOL.name, version: TOOL.version, instance: context.instance },
    listener: connection.transport,
    defer_accept: orElse(null, () => listener.deferAccept?.() ?? null),
    transport,
    fallback: connection.transport !== transport,
    local: connection.local.address,
    remote: connection.remote.address,
    paths: connection.paths().map(pathToJson),
    // A server that is out of descriptors cannot read these, and still answers.
    counters: orElse({}, () => ffiUnavailableReason() === null ? told(readCounters()) : {}),
    addresses: orElse([], () => otherAddresses(listener.local, connection.local)),
    syn_mirror_port: synMirrorPort,
    counter_window: watch === null ? null : counterWindow(watch, connection, inspection?.token ?? null),
    subflows: inspection?.subflows ?? null,
    mptcp: inspection?.mptcp ?? null,
    path_manager: orElse(null, pathManagerJson),
    limits: {
      max_bytes: limits.maxBytes,
      max_duration_ms: limits.maxDurationMs,
      token_required: tokenRequired,
    },
  };
}

function counterWindow(
  watch: CounterWatch,
  { transport }: Connection,
  token: number | null,
): CheckCounterWindow {
  const window = watch.window({
    tokens: token === null ? [] : [token],
    connects: 0,
    accepts: transport === "mptcp" ? 1 : 0,
  });
  return {
    ms: Math.round(window.ms),
    counters: told(window.counters),
    other_connections: window.otherConnections,
    established_before: window.establishedBefore,
    shared: window.shared,
  };
}

function orElse<T>(substitute: T, read: () => T): T {
  try {
    return read();
  } catch {
    return substitute;
  }
}

/** Counters of TCP that say what became of a SYN, or of data, and whether this host reset something. */
const TCP_COUNTERS: ReadonlySet<string> = new Set([
  "TcpExtListenDrops",
  "TcpExtListenOverflows",
  "TcpExtSyncookiesSent",
  "TcpExtSyncookiesRecv",
  "TcpExtSyncookiesFailed",
  "TcpExtTCPAbortOnData",
  "TcpExtTCPReqQFullDoCookies",
  "TcpExtTCPReqQFullDrop",
  "TcpExtTCPSynRetrans",
  "TcpExtTCPTimeouts",
  "TcpExtTCPDeferAcceptDrop",
  "TcpOutRsts",
]);

/** The counters that a client is told, by name. */
function told(counters: Counters): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...counters].filter(([name]) => name.startsWith("MPTcpExt") || TCP_COUNTERS.has(name)),
  );
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
