/**
 * Which transports work to each address of a host, over how many paths: plain TCP as the control, MPTCP
 * beside it, checked after the connect and again after the first data, the handshake of QUIC, and the paths of multipath
 * QUIC.
 *
 * @example Fail a script where MPTCP does not reach the server
 * ```ts no-run
 * import { probe, requirementHolds } from "@multipath/mpt/probe";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const result = await probe(Endpoint.parse("192.0.2.1:4433"));
 * if (requirementHolds(result, "mptcp") !== "yes") console.error(result.verdicts[0]?.text);
 * ```
 *
 * @module
 */
export { probe } from "./run.ts";
export { requirementHolds } from "./requirement.ts";
export { type DataKind, PROBE_PORT, type ProbeOptions } from "./options.ts";
export type {
  CheckJson,
  DataJson,
  DnsJson,
  JoinJson,
  MptcpCheckJson,
  ProbeEndpoint,
  ProbeEvent,
  ProbeResult,
} from "./result.ts";
export type {
  MpquicCheckJson,
  PreferredAddressJson,
  QuicCertificateJson,
  QuicCheckJson,
  QuicIdentityJson,
  QuicWayJson,
  TransportParametersJson,
} from "./quic/result.ts";
export type { ResetReason, WatchEnd, WatchEvent, WatchEventKind, WatchJson } from "./watch_event.ts";
export {
  askSynMirror,
  mpCapableArrived,
  type SynMirrorAsk,
  type SynMirrorAskOptions,
} from "./ask_syn_mirror.ts";
