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
export { connect } from "./connect.ts";
export { listen } from "./listen.ts";
export { mptcpProblem } from "./state.ts";
export { counterDeltas, type Counters, parseCounters, readCounters } from "./counters.ts";
export { type PathManagerSummary, pathManagerSummary } from "./path_manager.ts";
