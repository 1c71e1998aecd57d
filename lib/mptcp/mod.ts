/**
 * MPTCP of the Linux kernel (RFC 8684): connections and listeners whose paths can be looked at while they
 * live. The kernel opens the paths; this tells which there are, how they do, and whether the connection is
 * MPTCP at all.
 *
 * @example Connect and count the paths
 * ```ts no-run
 * import { connect } from "@multipath/mpt/mptcp";
 * import { Ip } from "@multipath/mpt/base";
 *
 * await using connection = await connect(Ip.parse("192.0.2.1"), 4433);
 * console.log(connection.isMultipath(), connection.paths().length);
 * ```
 *
 * @module
 */

// connections and listeners
export { connect } from "./connect.ts";
export { listen } from "./listen.ts";
export { mptcpProblem } from "./state.ts";

// what the kernel knows of one connection
export { inspectConnection, type MptcpInspection } from "./inspect.ts";
export { type MptcpJson, type SubflowJson, TCP_STATE_NAMES, type TcpStateName } from "./subflow_json.ts";

// what it counts
export { counterDeltas, type Counters, parseCounters, readCounters } from "./counters.ts";
export { CounterWatch, type CounterWindow, type OwnTraffic } from "./counter_window.ts";

// the path manager and its events
export { type PathManagerSummary, pathManagerSummary } from "./path_manager.ts";
export {
  ENDPOINT_FLAGS,
  type EndpointFlag,
  type EndpointJson,
  type PathManagerJson,
  pathManagerJson,
} from "./path_manager_json.ts";
export { setEndpointBackup } from "./endpoint_backup.ts";
export { EventWatch, watchEvents } from "./events.ts";
export type { PathManagerEvent, PathManagerEventKind, UnknownAttribute } from "../netlink/mptcp_events.ts";

// SYNs as they arrived
export { decodeSyn, mpCapableOf, type SynOption, type SynView } from "./syn.ts";
