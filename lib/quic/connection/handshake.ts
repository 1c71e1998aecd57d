import type { TlsEvent, TlsLevel } from "../../tls/session.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import { parametersOf } from "../qlog/parameters.ts";
import { QuicError } from "../wire/quic_error.ts";
import { readTransportParameters } from "../wire/read_transport_parameters.ts";
import type { TransportParameters } from "../wire/transport_parameters.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import type { Core } from "./core.ts";
import { discardHandshake } from "./discard_keys.ts";
import { ApplicationKeys, LevelKeys } from "./level_keys.ts";
import { negotiateMultipath } from "./path_limits.ts";

/** Takes the data of a CRYPTO frame and lets the handshake go on. */
export function onCryptoFrame(
  core: Core,
  level: TlsLevel,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  nowUs: number,
): void {
  const stream = core.crypto[level];
  stream.insert(offset, bytes, start, end);
  for (let data = stream.read(); data !== null; data = stream.read()) core.tls.receive(level, data);
  advanceHandshake(core, nowUs);
}

/** Does what TLS wants done. */
export function advanceHandshake(core: Core, nowUs: number): void {
  for (let event = core.tls.poll(); event !== undefined; event = core.tls.poll()) {
    switch (event.type) {
      case "send":
        core.crypto[event.level].send.write(event.bytes);
        break;
      case "keys":
        installKeys(core, event);
        break;
      case "transport-parameters":
        takeParameters(core, event.bytes, nowUs);
        break;
      case "complete":
        completeHandshake(core, nowUs);
        break;
      default:
        event satisfies never;
    }
  }
}

/** RFC 9001 4.1.2, 4.9.2 */
export function confirmHandshake(core: Core): void {
  if (core.handshakeConfirmed) return;
  core.handshakeConfirmed = true;
  discardHandshake(core);
  for (const { mtuSearch } of core.paths.values()) {
    if (core.peer !== null) mtuSearch.limit(core.peer.maxUdpPayloadSize);
    mtuSearch.start();
  }
  core.events.push({ type: "confirmed" });
}

function completeHandshake(core: Core, nowUs: number): void {
  core.handshakeComplete = true;
  core.events.push({ type: "connected" });
  for (const path of core.paths.values()) path.updatePace(nowUs);
  if (core.side === "client") return;
  // RFC 9001 4.1.2: complete is confirmed on a server, and the client is told
  core.control.push({ kind: "handshake_done" });
  confirmHandshake(core);
}

function installKeys(core: Core, event: Extract<TlsEvent, { type: "keys" }>): void {
  const { suite, clientSecret, serverSecret } = event;
  const [own, peer] = core.side === "client" ? [clientSecret, serverSecret] : [serverSecret, clientSecret];
  const { backend } = core.config;
  if (event.level === "handshake") {
    core.keys.handshake = new LevelKeys(backend, suite, core.version, own, peer);
  } else {
    core.keys.application = new ApplicationKeys(backend, suite, core.version, own, peer);
  }
}

function takeParameters(core: Core, bytes: Uint8Array, nowUs: number): void {
  const peer = readTransportParameters(
    bytes,
    core.side === "client" ? "server" : "client",
    core.config.codePoints,
  );
  checkIds(core, peer);
  core.peer = peer;
  if (core.qlog !== null) {
    core.qlog.ownAckDelayExponent = core.config.ackDelayExponent;
    core.qlog.peerAckDelayExponent = peer.ackDelayExponent;
    core.qlog.event(nowUs, "parameters_set", parametersOf("remote", peer));
  }
  core.streams.setPeerLimits(peer);
  core.idle.setPeerTimeout(peer.maxIdleTimeoutMs);
  negotiateMultipath(core, peer);
  const { localIds, remoteIds } = core.firstPath;
  localIds.setPeerLimit(peer.activeConnectionIdLimit);
  // RFC 9000 5.1.1: the id of the preferred address counts, though the address is not used
  const preferred = peer.preferredAddress;
  if (preferred !== null) {
    // RFC 9000 18.2
    if (core.peerSource?.length === 0) {
      throw new QuicError(
        QUIC_ERROR.TRANSPORT_PARAMETER_ERROR,
        "Cannot take transport parameters: a server without connection ids has a preferred address",
      );
    }
    remoteIds.onNew({ ...preferred, sequence: 1, retirePriorTo: 0 });
  }
  if (peer.statelessResetToken !== null) remoteIds.setFirstResetToken(peer.statelessResetToken);
}

/** RFC 9000 7.3: the ids of the handshake are authenticated. */
function checkIds(core: Core, peer: TransportParameters): void {
  requireId("initial_source_connection_id", peer.initialSourceConnectionId, core.peerSource);
  if (core.side === "server") return;
  requireId(
    "original_destination_connection_id",
    peer.originalDestinationConnectionId,
    core.originalDestination,
  );
  requireId("retry_source_connection_id", peer.retrySourceConnectionId, core.retrySource);
}

function requireId(name: string, found: ConnectionId | null, expected: ConnectionId | null): void {
  const same = found === null || expected === null ? found === expected : found.equals(expected);
  if (same) return;
  throw new QuicError(
    QUIC_ERROR.TRANSPORT_PARAMETER_ERROR,
    `Cannot take transport parameters: ${name} is not what was in the packets`,
  );
}
