/**
 * QUIC version 1 (RFC 9000, 9001, 9002, 9221) with TLS 1.3, all of it in TypeScript: connections with many
 * streams and datagrams over one UDP socket, with what is known of their paths. It talks to any QUIC server
 * and client; the application protocol is the caller's.
 *
 * @example Two streams and a datagram between a client and a server on this machine
 * ```ts
 * import assert from "node:assert/strict";
 * import { connect, listen } from "@multipath/mpt/quic";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const address = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });
 * await using listener = await listen(address, { alpn: ["demo"] });
 * const accepted = listener.accept();
 * await using client = await connect(listener.local, { alpn: ["demo"], ca: listener.certificate });
 * await using server = (await accepted)!;
 *
 * for (const text of ["one", "two"]) {
 *   await using stream = await client.openStream("unidirectional");
 *   await stream.write(new TextEncoder().encode(text));
 *   await stream.closeWrite();
 *   const arrived = (await server.acceptStream())!;
 *   assert.equal(await new Response(arrived.readable).text(), text);
 * }
 *
 * client.sendDatagram(new TextEncoder().encode("three"));
 * assert.equal(new TextDecoder().decode((await server.receiveDatagram())!), "three");
 * assert.equal(client.paths()[0]!.state, "active");
 * ```
 *
 * @module
 */
export { connect } from "./driver/connect.ts";
export { listen } from "./driver/listen.ts";
export {
  ManagedPaths,
  managePaths,
  type ManagePathsOptions,
  type PairFailure,
} from "./driver/manage_paths.ts";
export type { PairInfo, PathManagerOptions } from "./path_manager/path_manager.ts";
export type { Backoff, PairState } from "./path_manager/attempts.ts";
export type { AddressPair, LocalAddress } from "./path_manager/pair.ts";
export type { PathPolicy } from "./path_manager/policy.ts";
export type {
  QuicConnection,
  QuicHandshake,
  QuicListener,
  QuicStream,
  QuicStreamDirection,
} from "./driver/api.ts";
export type {
  OpenPathOptions,
  PathBlockedCounts,
  PathBreak,
  QuicPath,
  QuicPathChange,
  QuicPathEvent,
  QuicPathStats,
} from "./driver/path_api.ts";
export type { ConnectionStats } from "./driver/stats.ts";
export {
  DEFAULT_SCHEDULER,
  isSchedulerName,
  type SchedulerName,
  schedulers,
} from "./scheduler/schedulers.ts";
export type {
  PathSnapshot,
  ScheduleChoice,
  ScheduleContext,
  Scheduler,
  ScheduleReason,
  SchedulerFactory,
} from "./scheduler/scheduler.ts";
export type {
  MultipathOptions,
  QuicChoice,
  QuicClientTrust,
  QuicConnectOptions,
  QuicIdentity,
  QuicListenOptions,
  QuicOptions,
  QuicTrust,
} from "./driver/options.ts";
export type { MultipathDraft } from "./wire/multipath_drafts.ts";
export { MemoryTokenStore, type TokenStore } from "./driver/token_store.ts";
export type { SocketAddress } from "./connection/tuple.ts";
export type { CloseReason } from "./connection/events.ts";
export type { StreamSettings } from "./streams/streams.ts";
export type { ByteStream } from "../io/byte_stream.ts";
export type {
  DatagramBackend,
  DatagramFeatures,
  DatagramHandler,
  DatagramReport,
  DatagramSendOptions,
  DatagramSocket,
  EcnMark,
  SendOutcome,
} from "../io/datagram_socket.ts";
