import { MptError } from "../base/errors.ts";
import { routeRequest } from "../io/netlink.ts";
import { decodeRoutes, encodeRouteDump, encodeRouteGet, type Route, type RouteQuery } from "./route.ts";
import { decodeRules, encodeRuleDump, type Rule } from "./rule.ts";

/**
 * The routes of this host, of all tables and both address families.
 *
 * @returns All routes, those of the table `local` included.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
 *
 * @example The default routes
 * ```ts
 * import assert from "node:assert/strict";
 * import { routes } from "@multipath/mpt/netlink";
 *
 * if (Deno.build.os === "linux") {
 *   const defaults = routes().filter((route) => route.type === "unicast" && route.prefixLength === 0);
 *   assert(defaults.every((route) => route.destination === undefined || route.family === 6));
 * }
 * ```
 */
export function routes(): readonly Route[] {
  return decodeRoutes(routeRequest(encodeRouteDump()), false);
}

/**
 * The routing rules of this host, of both address families.
 *
 * @returns All rules.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
 *
 * @example The rules that look at the source address
 * ```ts
 * import assert from "node:assert/strict";
 * import { rules } from "@multipath/mpt/netlink";
 *
 * if (Deno.build.os === "linux") {
 *   const bySource = rules().filter((rule) => rule.source !== undefined);
 *   assert(bySource.every((rule) => rule.sourcePrefixLength > 0));
 * }
 * ```
 */
export function rules(): readonly Rule[] {
  return decodeRules(routeRequest(encodeRuleDump()));
}

/**
 * The route that a packet would take, as `ip route get` answers; nothing is sent.
 *
 * @param query Where to, from which address, from a socket bound to which interface.
 * @returns The route, or null when there is none, as from an IPv4 address that is not on this host.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION`, `ERR_FFI_UNAVAILABLE`, or what the kernel said.
 *
 * @example Which interface leads to an address
 * ```ts
 * import assert from "node:assert/strict";
 * import { Ip } from "@multipath/mpt/base";
 * import { routeTo } from "@multipath/mpt/netlink";
 *
 * if (Deno.build.os === "linux") {
 *   const route = routeTo({ to: Ip.parse("127.0.0.1") });
 *   assert(route === null || route.type === "local");
 * }
 * ```
 */
export function routeTo(query: RouteQuery): Route | null {
  try {
    return decodeRoutes(routeRequest(encodeRouteGet(query)))[0] ?? null;
  } catch (error) {
    if (error instanceof MptError && error.code === "ERR_NO_ROUTE") return null;
    throw error;
  }
}
