import type { PathStatus } from "../../base/path.ts";
import { takeFirst } from "../../base/take_first.ts";
import { PATH_ERROR } from "../wire/multipath.ts";
import type { EcnMark } from "../recovery/received_packets.ts";
import type { Streams } from "../streams/streams.ts";
import type { StreamDirection } from "../wire/frames.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import type { TransportParameters } from "../wire/transport_parameters.ts";
import type { TlsSummary } from "../../tls/session.ts";
import { closeConnection, closeForFault, releaseKeys } from "./close_connection.ts";
import type { CloseState } from "./closing.ts";
import { Core, type CoreOptions, type IdChange } from "./core.ts";
import type { CloseReason, ConnectionEvent } from "./events.ts";
import { advanceHandshake } from "./handshake.ts";
import { initialKeys } from "./level_keys.ts";
import { migrate } from "./migration.ts";
import { openPath, type OpenPathOptions, type OpenRefusal } from "./open_path.ts";
import { bindStream, giveUpPath, setPathStatus } from "./path_verbs.ts";
import { receiveDatagram } from "./receive.ts";
import { StateLog } from "./state_log.ts";
import { nextTimeoutUs, onTimeout } from "./timers.ts";
import { Transmission, type Transmit } from "./transmission.ts";
import type { Tuple } from "./tuple.ts";

/** Type and length of a DATAGRAM frame. */
const DATAGRAM_HEADER_BYTES = 3;

/** Header, tag and an ACK frame beside a datagram. */
const PACKET_OVERHEAD_BYTES = 64;

/**
 * One QUIC connection (RFC 9000) without sockets, clock or chance: datagrams and the time go in through
 * `handle...` methods, datagrams, the next time and events come out of `poll...` methods. Times are in
 * microseconds.
 */
export class Connection {
  readonly #core: Core;
  readonly #transmission: Transmission;
  readonly #log: StateLog | null;

  constructor(options: CoreOptions) {
    const core = new Core(options);
    this.#core = core;
    // RFC 9001 5.2: after a Retry the keys follow from the id that the server chose in it
    const from = options.side === "client"
      ? options.originalDestination
      : options.retrySource ?? options.originalDestination;
    core.keys.initial = initialKeys(options.config.backend, options.version, options.side, from);
    this.#transmission = new Transmission(core);
    const { parameters, nowUs } = options;
    this.#log = core.qlog === null ? null : new StateLog(core, core.qlog, parameters, nowUs);
    advanceHandshake(core, nowUs);
  }

  // What is the case

  /** Whether the handshake is complete. */
  get connected(): boolean {
    return this.#core.handshakeComplete;
  }

  /** Whether the handshake is confirmed (RFC 9001 4.1.2). */
  get confirmed(): boolean {
    return this.#core.handshakeConfirmed;
  }

  /** How far the end has come. */
  get closeState(): CloseState {
    return this.#core.closing.state;
  }

  /** Why it is over; null while it is not. */
  get closeReason(): CloseReason | null {
    return this.#core.closing.reason;
  }

  /** What TLS agreed on. */
  get tls(): TlsSummary {
    return this.#core.tls.summary;
  }

  /** The peer's transport parameters; null before they came. */
  get peerParameters(): TransportParameters | null {
    return this.#core.peer;
  }

  /** Its streams. After using them call {@linkcode Connection.pollTransmit}. */
  get streams(): Streams {
    return this.#core.streams;
  }

  /** Its parts, for statistics and tests. */
  get core(): Core {
    return this.#core;
  }

  // What comes in

  /** Takes a datagram, which lies in a slab and is decrypted there. */
  handleDatagram(
    nowUs: number,
    tuple: Tuple,
    bytes: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    ecn: EcnMark = "not-ect",
  ): void {
    receiveDatagram(this.#core, nowUs, tuple, bytes, start, end, ecn);
    this.#log?.look(nowUs, "remote");
  }

  /** The time of {@linkcode Connection.pollTimeout} has come. */
  handleTimeout(nowUs: number): void {
    onTimeout(this.#core, nowUs);
    this.#log?.look(nowUs, "local");
  }

  /** An exception came out of one of the other methods: the connection is over, and nobody else is. */
  handleFault(nowUs: number, error: unknown): void {
    closeForFault(this.#core, nowUs, error);
  }

  /** The system refused to send datagrams of this size on a path: they are larger than its interface takes. */
  handleTooLarge(nowUs: number, pathId: number, bytes: number): void {
    const path = this.#core.paths.get(pathId);
    if (path?.mtuSearch.onTooLarge(bytes) === true) path.onMtuChanged(nowUs);
  }

  // What the user does

  /** Opens a stream; null while the peer allows no more. */
  open(direction: StreamDirection): number | null {
    return this.#core.streams.open(direction);
  }

  /**
   * Sends a datagram (RFC 9221).
   *
   * @param pathId The path that carries it as long as that works; -1 for any.
   * @returns False if the peer takes none of this size, or too many wait.
   */
  sendDatagram(bytes: Uint8Array, pathId: number = -1): boolean {
    const path = this.#core.paths.get(pathId);
    const bound = path?.isUsable === true && !path.isSuspect ? pathId : -1;
    return bytes.length <= this.maxDatagramBytes && this.#core.datagrams.push(bytes, bound);
  }

  /**
   * Binds what is sent on a stream to a path, as long as that path works.
   *
   * @param pathId The path; -1 for any.
   * @returns False if data cannot be sent on this path.
   */
  bindStream(id: number, pathId: number): boolean {
    return bindStream(this.#core, id, pathId);
  }

  /** The largest datagram that can be sent now; -1 before the peer has said that it takes any. */
  get maxDatagramBytes(): number {
    const { peer, openPaths } = this.#core;
    if (peer === null) return -1;
    let mtu = Infinity;
    for (const path of openPaths) {
      if (path.ready) mtu = Math.min(mtu, path.mtu);
    }
    return Math.min(peer.maxDatagramFrameSize - DATAGRAM_HEADER_BYTES, mtu - PACKET_OVERHEAD_BYTES);
  }

  /** Closes the connection with a code of the application. */
  close(nowUs: number, errorCode: number, reason: string = ""): void {
    closeConnection(this.#core, nowUs, "application", errorCode, reason, 0);
    this.#log?.look(nowUs, "local");
  }

  /** Frees what it holds, without a word to the peer. */
  abandon(): void {
    releaseKeys(this.#core);
    this.#core.closing.forget({
      by: "local",
      layer: null,
      errorCode: null,
      frameType: null,
      text: "abandoned",
    });
    // What strangers begin and never mean is not worth a file
    const { qlog, side, heard } = this.#core;
    if (side === "client" || heard) qlog?.end();
  }

  /** Asks the peer for an acknowledgment. */
  ping(): void {
    this.#core.control.push({ kind: "ping" });
  }

  /** Changes the keys of 1-RTT packets (RFC 9001 6.1). @returns False if it is too early. */
  updateKeys(nowUs: number): boolean {
    const phases = this.#core.keys.application?.phases;
    if (phases === undefined || !phases.mayUpdate(nowUs, this.#core.handshakeConfirmed)) return false;
    phases.update(this.#core.longestProbeTimeoutUs);
    this.#log?.look(nowUs, "local");
    return true;
  }

  /** Moves a path of a client to other addresses (RFC 9000 9.2). @returns False if it may not be. */
  migrate(nowUs: number, tuple: Tuple, pathId: number = 0): boolean {
    const path = this.#core.paths.get(pathId);
    const moved = path !== undefined && migrate(this.#core, path, tuple, nowUs);
    this.#log?.look(nowUs, "local");
    return moved;
  }

  /**
   * Opens a path of a client between other addresses (draft-ietf-quic-multipath-21 3.1). It carries data once
   * its `validated` event came.
   *
   * @returns Its id, or why it cannot be opened.
   */
  openPath(nowUs: number, tuple: Tuple, options?: OpenPathOptions): number | OpenRefusal {
    return openPath(this.#core, nowUs, tuple, options);
  }

  /**
   * Gives a path up (draft-ietf-quic-multipath-21 3.4).
   *
   * @param errorCode Why; one of `PATH_ERROR`.
   * @returns False if it is not there, was given up before, or is the last one: close the connection then.
   */
  abandonPath(
    nowUs: number,
    pathId: number,
    errorCode: number = PATH_ERROR.APPLICATION_ABANDON_PATH,
  ): boolean {
    return giveUpPath(this.#core, nowUs, pathId, errorCode);
  }

  /**
   * Sets whether a path carries data in normal times, in both directions: the peer is told.
   *
   * @returns False if the path is not there.
   */
  setPathStatus(pathId: number, status: PathStatus): boolean {
    return setPathStatus(this.#core, pathId, status);
  }

  /** Whether both ends agreed on several paths. */
  get multipath(): boolean {
    return this.#core.multipath.enabled;
  }

  // What comes out

  /** The next datagrams to send; null when there are none now. */
  pollTransmit(
    nowUs: number,
    buffer: Uint8Array<ArrayBuffer>,
    start: number = 0,
    maxSegments: number = 1,
  ): Transmit | null {
    const transmit = this.#transmission.poll(nowUs, buffer, start, maxSegments);
    this.#log?.look(nowUs, "local");
    return transmit;
  }

  /** When to call {@linkcode Connection.handleTimeout}; Infinity for never. */
  pollTimeout(): number {
    return nextTimeoutUs(this.#core);
  }

  /** The next thing that happened. */
  pollEvent(): ConnectionEvent | undefined {
    const { events, streams } = this.#core;
    // The end comes last
    if (events[0]?.type === "closed") return streams.pollEvent() ?? takeFirst(events);
    return takeFirst(events) ?? streams.pollEvent();
  }

  /** The next id that the endpoint has to know or to forget. */
  pollIdChange(): IdChange | undefined {
    return takeFirst(this.#core.idChanges);
  }

  /** The id that its first packets are sent to. */
  get originalDestination(): ConnectionId {
    return this.#core.originalDestination;
  }
}
