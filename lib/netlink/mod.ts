/**
 * What the Linux kernel tells about its network, without any privilege: sockets as `ss` shows them,
 * interfaces, addresses, routes and rules as `ip` shows them, and the settings of the MPTCP path manager.
 * Needs Linux and `--allow-ffi`; nothing here changes anything.
 *
 * @example The interfaces that hold a global address
 * ```ts
 * import assert from "node:assert/strict";
 * import { localAddresses } from "@multipath/mpt/netlink";
 *
 * if (Deno.build.os === "linux") {
 *   const usable = localAddresses().filter((each) => each.scope === "global" && each.up);
 *   assert(usable.every((each) => each.interface !== "" && each.mtu > 0));
 * }
 * ```
 *
 * @module
 */

// sockets
export { findMptcpSocket, findTcpSocket, mptcpSockets, tcpSockets } from "./sockets.ts";
export type { MptcpDumpOptions, SockDiagEntry } from "./sock_diag.ts";
export type { MptcpInfoKey, TcpInfoKey } from "../../ffi/mod.ts";
export { ULP_FLAGS, ulpFlagLetters, type UlpInfo } from "./ulp.ts";

// interfaces and addresses
export { links, type LocalAddress, localAddresses } from "./interfaces.ts";
export type { Link } from "./link.ts";
export type { AddressScope } from "./address.ts";

// routes and rules
export { routes, routeTo, rules } from "./routing.ts";
export type { NextHop, Route, RouteQuery, RouteType } from "./route.ts";
export type { Rule } from "./rule.ts";

// the MPTCP path manager
export { type PathManager, readPathManager } from "./path_manager.ts";
export type { PathManagerEndpoint, PathManagerLimits } from "./mptcp_pm.ts";
