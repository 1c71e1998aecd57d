import { interfaceName } from "../../ffi/mod.ts";
import { readProc } from "../io/proc.ts";
import type { PathManagerEndpoint } from "../netlink/mptcp_pm.ts";
import { pathManagerSummary } from "./path_manager.ts";

/** What an endpoint is for, in the words of `ip mptcp endpoint`. */
export const ENDPOINT_FLAGS = ["signal", "subflow", "backup", "fullmesh", "implicit", "laminar"] as const;

/** One word of {@linkcode ENDPOINT_FLAGS}. */
export type EndpointFlag = typeof ENDPOINT_FLAGS[number];

/** One address that a path manager works with. */
export interface EndpointJson {
  /** The address id. */
  readonly id: number;
  /** The address without a port. */
  readonly address: string;
  /** The port, when it is not that of the connection. */
  readonly port: number | null;
  /** The interface it is bound to. */
  readonly interface: string | null;
  /** What it is for. */
  readonly flags: readonly EndpointFlag[];
}

/** What the MPTCP path manager of one end is set to. Null is what could not be read. */
export interface PathManagerJson {
  /** Who decides about subflows; for `userspace` the limits and endpoints do not apply. */
  readonly kind: "kernel" | "userspace";
  /** Subflows beside the first that a connection may have. */
  readonly subflows_max: number;
  /** Announced addresses of the other end that a connection takes up. */
  readonly add_addr_accepted_max: number;
  /** RFC 8684 3.1, the C flag: whether the other end may open subflows to the first address. */
  readonly allow_join_initial_address: boolean | null;
  /** Whether this end asks for the checksum of RFC 8684 3.3. */
  readonly checksum_enabled: boolean | null;
  /** The addresses. */
  readonly endpoints: readonly EndpointJson[];
}

/**
 * What the path manager of this host is set to, in the form of the results.
 *
 * @returns The settings, or null where they cannot be read: not Linux, no MPTCP, no permission.
 *
 * @example May a connection have further paths
 * ```ts
 * import assert from "node:assert/strict";
 * import { pathManagerJson } from "@multipath/mpt/mptcp";
 *
 * const manager = pathManagerJson();
 * assert(manager === null || manager.subflows_max >= 0);
 * ```
 */
export function pathManagerJson(): PathManagerJson | null {
  const summary = pathManagerSummary();
  if (summary === null) return null;
  return {
    kind: summary.userspace ? "userspace" : "kernel",
    subflows_max: summary.limits.subflows,
    add_addr_accepted_max: summary.limits.addAddrAccepted,
    allow_join_initial_address: setting("allow_join_initial_addr_port"),
    checksum_enabled: setting("checksum_enabled"),
    endpoints: summary.endpoints.map(endpointToJson),
  };
}

function endpointToJson(endpoint: PathManagerEndpoint): EndpointJson {
  const { id, ip, port = null, interfaceIndex } = endpoint;
  return {
    id,
    address: ip.toString(),
    port,
    interface: interfaceIndex === undefined ? null : interfaceName(interfaceIndex) ?? String(interfaceIndex),
    flags: ENDPOINT_FLAGS.filter((flag) => endpoint[flag]),
  };
}

function setting(name: string): boolean | null {
  try {
    const text = readProc(`/proc/sys/net/mptcp/${name}`)?.trim();
    return text === "1" ? true : text === "0" ? false : null;
  } catch {
    return null;
  }
}
