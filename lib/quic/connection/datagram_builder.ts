import type { TlsLevel } from "../../tls/session.ts";
import { MIN_DATAGRAM_BYTES } from "../mtu_discovery.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import type { Core } from "./core.ts";
import { discardInitial } from "./discard_keys.ts";
import { PacketDraft } from "./packet_draft.ts";
import {
  addAck,
  addAcks,
  addAllIdFrames,
  addControlFrames,
  addCrypto,
  addDatagrams,
  addResponses,
  repeatAcks,
  wantsAnswer,
} from "./packet_fill.ts";
import type { PacketSpace } from "./packet_space.ts";
import type { Path } from "./path.ts";
import { StreamFiller } from "./stream_filler.ts";

const PING = { kind: "ping" } as const;

/** Packets with less payload than this are not worth their header. */
const MIN_PACKET_ROOM = 48;

/**
 * What a packet may carry: what concerns its own path (acknowledgments, challenges, probes, what is bound to
 * it), datagrams and frames that are no data as well, or everything.
 */
export type Cargo = "own" | "control" | "data";

/** Whether an acknowledgment that a path carries is due. */
export function isAckDue(path: Path, nowUs: number): boolean {
  const { carries } = path;
  for (let index = 0; index < carries.length; index++) {
    if (carries[index]!.space.received.ackAtUs <= nowUs) return true;
  }
  return false;
}

/** Whether there is data that only this path carries. */
export function hasBound(core: Core, path: Path): boolean {
  return path.isUsable &&
    (path.copies.length > 0 || core.streams.hasDataFor(path.id) || core.datagrams.hasDataFor(path.id));
}

/** The packets of the datagram that is put together now, whosever it is. */
const DRAFTS: readonly PacketDraft[] = [new PacketDraft(), new PacketDraft(), new PacketDraft()];

/** Puts packets together to datagrams. One for each connection. */
export class DatagramBuilder {
  readonly #core: Core;
  readonly #streams = new StreamFiller();
  #count = 0;
  #pad = false;
  // What changes only when something comes in is looked at once a batch
  #isFirst = true;
  #mayHaveIds = true;

  /** Begins a batch: nothing comes in until it ends. */
  startBatch(): void {
    this.#isFirst = true;
    this.#mayHaveIds = true;
  }

  /** The paths that carry the stream data of the next datagrams as well. */
  set also(paths: readonly Path[]) {
    this.#streams.also = paths;
  }

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Builds the next datagram on a path.
   *
   * @param at Where it begins.
   * @param limit Where it has to end at the latest.
   * @param cargo What may be in it beside what concerns this path alone.
   * @returns Its end; `at` if there is nothing to send.
   */
  build(
    path: Path,
    nowUs: number,
    buffer: Uint8Array<ArrayBuffer>,
    at: number,
    limit: number,
    cargo: Cargo,
  ): number {
    const core = this.#core;
    this.#count = 0;
    this.#pad = false;
    const maySend = (cargo !== "own" || hasBound(core, path)) && this.#maySend(path, nowUs);
    let position = at;
    if (path.id === 0) {
      position = this.#early(path, core.spaces.initial, nowUs, buffer, position, limit, maySend);
      position = this.#early(path, core.spaces.handshake, nowUs, buffer, position, limit, maySend);
    }
    this.#application(path, nowUs, buffer, position, limit, maySend, cargo);
    return this.#finish(nowUs, at);
  }

  /** Whether congestion control and the pacer let a packet out; if not, it counts what holds data up. */
  #maySend(path: Path, nowUs: number): boolean {
    const { blocked, streams } = this.#core;
    if (!path.hasWindow) {
      if (streams.hasData) {
        blocked.congestion++;
        path.blocked.congestion++;
      }
      return false;
    }
    if (path.isPaced(nowUs)) return true;
    if (streams.hasData) {
      blocked.pacing++;
      path.blocked.pacing++;
    }
    return false;
  }

  /** Builds a datagram that closes the connection, with every level that has keys (RFC 9000 10.2.3). */
  buildClose(path: Path, nowUs: number, buffer: Uint8Array<ArrayBuffer>, at: number, limit: number): number {
    const core = this.#core;
    const { frame } = core.closing;
    if (frame === null) return at;
    this.#count = 0;
    this.#pad = false;
    let position = at;
    for (const space of [core.spaces.initial, core.spaces.handshake, path.space]) {
      if (space === null || !this.#hasKeys(space.level)) continue;
      const application = space.level === "application";
      if (application && core.side === "client" && !core.handshakeComplete) continue;
      const draft = this.#draft(path, space, buffer, position, limit);
      if (draft === null) continue;
      // RFC 9000 10.2.3: what the application says is not for those who are not authenticated
      const hidden = frame.layer === "application" && !application;
      const said = hidden
        ? { kind: "connection_close", layer: "transport", errorCode: 0x0c, frameType: 0, reason: "" } as const
        : frame;
      if (!draft.addControl(said) && !draft.addControl({ ...said, reason: "" })) this.#count--;
      else position = draft.settle();
      // RFC 9000 14.1
      if (space.level === "initial" && core.side === "client") this.#pad = true;
    }
    return this.#finish(nowUs, at);
  }

  /**
   * Builds a datagram for a way that is not in use: challenges and answers, padded (RFC 9000 8.2.1).
   *
   * @param destination The id of the peer for that way.
   * @param fill Writes the frames.
   */
  buildProbe(
    path: Path,
    destination: ConnectionId,
    nowUs: number,
    buffer: Uint8Array<ArrayBuffer>,
    at: number,
    limit: number,
    fill: (draft: PacketDraft) => void,
  ): number {
    this.#count = 0;
    this.#pad = limit - at >= MIN_DATAGRAM_BYTES;
    const draft = this.#draft(path, path.space, buffer, at, limit, destination);
    if (draft === null) return at;
    fill(draft);
    if (draft.isEmpty) this.#count--;
    return this.#finish(nowUs, at);
  }

  /**
   * Builds a probe for a larger MTU: a PING in a packet of just that size (RFC 9000 14.4).
   *
   * @returns Its end; `at` if there is none to send.
   */
  buildMtuProbe(path: Path, nowUs: number, buffer: Uint8Array<ArrayBuffer>, at: number): number {
    const core = this.#core;
    const size = core.keys.application === null ? null : path.mtuSearch.pollProbe(nowUs);
    if (size === null || at + size > buffer.length) return at;
    if (!path.network.validated || !path.hasWindow || !path.isPaced(nowUs)) return at;
    this.#count = 0;
    const draft = this.#draft(path, path.space, buffer, at, at + size);
    if (draft === null) return at;
    draft.addControl(PING);
    draft.padTo(at + size);
    const end = draft.finish(core, nowUs, true, true);
    path.mtuSearch.onProbeSent(size, draft.packetNumber);
    return end;
  }

  /** An Initial or Handshake packet. */
  #early(
    path: Path,
    space: PacketSpace | null,
    nowUs: number,
    buffer: Uint8Array<ArrayBuffer>,
    at: number,
    limit: number,
    maySend: boolean,
  ): number {
    const core = this.#core;
    if (space === null || !this.#hasKeys(space.level)) return at;
    const ackDue = space.received.ackAtUs <= nowUs;
    const wanted = space.probes > 0 || (maySend && core.crypto[space.level].hasData);
    if (!ackDue && !wanted) return at;
    const draft = this.#draft(path, space, buffer, at, limit);
    if (draft === null) return at;
    if (space.received.ackAtUs < Infinity || ackDue) addAck(core, draft, space, nowUs);
    if (wanted) addCrypto(core, draft);
    if (space.probes > 0 && !draft.ackEliciting) {
      // RFC 9002 6.2.4: both probes of a timeout carry what is missing
      core.crypto[space.level].sendAgain();
      addCrypto(core, draft);
      if (!draft.ackEliciting) draft.addControl(PING);
    }
    if (draft.isEmpty) {
      this.#count--;
      return at;
    }
    // RFC 9000 14.1
    if (space.level === "initial" && (core.side === "client" || draft.ackEliciting)) this.#pad = true;
    return draft.settle();
  }

  #application(
    path: Path,
    nowUs: number,
    buffer: Uint8Array<ArrayBuffer>,
    at: number,
    limit: number,
    maySend: boolean,
    cargo: Cargo,
  ): void {
    const core = this.#core;
    const { space, network } = path;
    if (core.keys.application === null || (core.side === "client" && !core.handshakeComplete)) return;
    const ackDue = isAckDue(path, nowUs);
    const probing = network.challengeDue || network.responseDue;
    const mayElicit = space.probes > 0 || maySend;
    if (!ackDue && !mayElicit && !probing) return;
    if (limit - at < MIN_PACKET_ROOM) return;
    const draft = this.#draft(path, space, buffer, at, limit);
    if (draft === null) return;
    addAcks(core, draft, nowUs);
    if (this.#isFirst && core.openPaths.length > 1) repeatAcks(core, draft, nowUs);
    this.#isFirst = false;
    const ackEnd = draft.at;
    if (probing) this.addPathFrames(path, draft, nowUs);
    if (mayElicit) {
      if (cargo !== "own") {
        addCrypto(core, draft);
        if (this.#mayHaveIds) this.#mayHaveIds = !addAllIdFrames(core, draft);
        addControlFrames(core, draft, nowUs);
      }
      if (maySend || cargo !== "own") {
        this.#streams.fillCopies(draft);
        addDatagrams(core, draft, cargo !== "own");
        this.#streams.fill(core, draft, this.#count === 1 && !this.#pad, cargo === "data");
      }
      if (space.probes > 0 && !draft.ackEliciting) draft.addControl(PING);
    }
    if (draft.at === ackEnd && ackDue && wantsAnswer(draft)) draft.addControl(PING);
    if (draft.at === ackEnd && !ackDue) this.#count--;
  }

  /** Writes the PATH_CHALLENGE and PATH_RESPONSE frames of the way in use. */
  addPathFrames(path: Path, draft: PacketDraft, nowUs: number): void {
    const { network } = path;
    if (network.challengeDue) {
      const data = network.takeChallenge(nowUs, this.#core.config.random);
      draft.addControl({ kind: "path_challenge", data });
      this.#pad = true;
    }
    if (addResponses(network, draft)) this.#pad = true;
  }

  #draft(
    path: Path,
    space: PacketSpace,
    buffer: Uint8Array<ArrayBuffer>,
    at: number,
    limit: number,
    destination: ConnectionId | undefined = path.remoteIds.current,
  ): PacketDraft | null {
    const draft = DRAFTS[this.#count]!;
    if (!draft.begin(this.#core, path, destination, space, buffer, at, limit)) return null;
    this.#count++;
    return draft;
  }

  /** Pads the last packet, protects all and lets go of Initial keys when it is time. */
  #finish(nowUs: number, start: number): number {
    const core = this.#core;
    let end = start;
    let handshake = false;
    for (let index = 0; index < this.#count; index++) {
      const draft = DRAFTS[index]!;
      const isLast = index === this.#count - 1;
      // RFC 9000 8.2.1: as far as the limit of an address that is not validated allows
      if (this.#pad && isLast) draft.padTo(start + MIN_DATAGRAM_BYTES);
      handshake ||= draft.space.level === "handshake";
      const { congestion, bytesInFlight } = draft.path;
      const appLimited = !core.streams.hasData && 2 * bytesInFlight < congestion.windowBytes;
      end = draft.finish(core, nowUs, appLimited);
    }
    // RFC 9001 4.9.1
    if (handshake && core.side === "client") discardInitial(core);
    return end;
  }

  #hasKeys(level: TlsLevel): boolean {
    return this.#core.keys[level] !== null;
  }
}
