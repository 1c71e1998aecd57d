import {
  NETLINK_GENERIC,
  NETLINK_NETFILTER,
  NETLINK_ROUTE,
  NETLINK_SOCK_DIAG,
  netlinkRequest,
} from "../../ffi/mod.ts";
import { requireFfi } from "./ffi_access.ts";
import { systemError } from "./system_error.ts";

/**
 * Asks the kernel about interfaces, addresses, routes and rules (rtnetlink).
 *
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
 */
export function routeRequest(bytes: Uint8Array<ArrayBuffer>): readonly Uint8Array[] {
  return request(NETLINK_ROUTE, bytes, "ask the kernel for interfaces and routes");
}

/** Asks the kernel about sockets (sock_diag). Throws like {@linkcode routeRequest}. */
export function diagRequest(bytes: Uint8Array<ArrayBuffer>): readonly Uint8Array[] {
  return request(NETLINK_SOCK_DIAG, bytes, "ask the kernel for its sockets");
}

/** Asks a family of generic netlink. Throws like {@linkcode routeRequest}. */
export function genericRequest(bytes: Uint8Array<ArrayBuffer>): readonly Uint8Array[] {
  return request(NETLINK_GENERIC, bytes, "ask the kernel by generic netlink");
}

/** Asks netfilter about the connections it tracks. Throws like {@linkcode routeRequest}. */
export function netfilterRequest(bytes: Uint8Array<ArrayBuffer>): readonly Uint8Array[] {
  return request(NETLINK_NETFILTER, bytes, "ask the kernel about tracked connections");
}

function request(protocol: number, bytes: Uint8Array<ArrayBuffer>, action: string): readonly Uint8Array[] {
  requireFfi(action);
  const answer = netlinkRequest(protocol, bytes);
  if (typeof answer === "number") throw systemError(answer, action);
  return answer;
}
