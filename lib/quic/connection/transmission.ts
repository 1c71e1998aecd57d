import type { EcnMark } from "../recovery/received_packets.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import { closeConnection } from "./close_connection.ts";
import { MIN_DATAGRAM_BYTES } from "../mtu_discovery.ts";
import type { Core } from "./core.ts";
import { type Cargo, DatagramBuilder, hasBound, isAckDue } from "./datagram_builder.ts";
import { idOn } from "./migration.ts";
import type { NetworkPath } from "./network_path.ts";
import { addResponses } from "./packet_fill.ts";
import type { Path } from "./path.ts";
import { PathChooser } from "./path_chooser.ts";
import { bestPath } from "./path_set.ts";
import type { Tuple } from "./tuple.ts";

/** With less than this there is no room for a PATH_CHALLENGE. */
const MIN_UNVALIDATED_BYTES = 64;

/** Datagrams to send: of equal size, only the last may be shorter, one after the other in the slab. */
export interface Transmit {
  readonly pathId: number;
  readonly tuple: Tuple;
  /** The size of each but the last. */
  readonly segmentBytes: number;
  /** Where the last one ends; the first begins where the caller said. */
  readonly end: number;
  readonly ecn: EcnMark;
}

/** Puts what is to be sent into the caller's slab. */
export class Transmission {
  readonly #core: Core;
  readonly #builder: DatagramBuilder;
  readonly #chooser: PathChooser;

  constructor(core: Core) {
    this.#core = core;
    this.#builder = new DatagramBuilder(core);
    this.#chooser = new PathChooser(core);
  }

  /**
   * The next datagrams; null when there is nothing to send now.
   *
   * @param buffer The slab, with room for one datagram of the path's MTU at the least.
   * @param start Where the first begins.
   * @param maxSegments How many at the most.
   */
  poll(nowUs: number, buffer: Uint8Array<ArrayBuffer>, start: number, maxSegments: number): Transmit | null {
    const core = this.#core;
    const { closing } = core;
    if (closing.state === "draining" || closing.state === "closed") return null;
    if (closing.state === "closing") return this.#pollClose(nowUs, buffer, start);
    if (!this.#hasUsableKeys(nowUs)) return null;
    const chosen = this.#chooser.choose(nowUs);
    const { openPaths } = core;
    for (let index = 0; index < openPaths.length; index++) {
      const path = openPaths[index]!;
      const transmit = this.#pollAside(path, nowUs, buffer, start) ??
        this.#pollMtuProbe(path, nowUs, buffer, start) ??
        (path === chosen?.path ? null : this.#pollOwn(path, nowUs, buffer, start));
      if (transmit !== null) return transmit;
    }
    if (chosen === null) return null;
    const cargo = chosen.data ? "data" : "control";
    this.#builder.also = chosen.also;
    return this.#pollPath(chosen.path, nowUs, buffer, start, maxSegments, cargo, chosen.maxBytes);
  }

  /** What has to go on a path that was not chosen for data: acknowledgments, challenges and probes. */
  #pollOwn(path: Path, nowUs: number, buffer: Uint8Array<ArrayBuffer>, start: number): Transmit | null {
    const { network, space } = path;
    const wanted = space.probes > 0 || network.challengeDue || network.responseDue ||
      isAckDue(path, nowUs) || hasBound(this.#core, path);
    return wanted ? this.#pollPath(path, nowUs, buffer, start, 1, "own", Infinity) : null;
  }

  /** RFC 9001 6.6: keys are changed before they are used up; if the peer does not let us, it is over. */
  #hasUsableKeys(nowUs: number): boolean {
    const core = this.#core;
    const phases = core.keys.application?.phases;
    if (phases === undefined || phases.sealVerdict === "ok") return true;
    if (phases.mayUpdate(nowUs, core.handshakeConfirmed)) phases.update(core.longestProbeTimeoutUs);
    if (phases.sealVerdict !== "stop") return true;
    // Not even a CONNECTION_CLOSE can be protected
    const text = "Cannot go on: the keys have protected as many packets as they may";
    closeConnection(core, nowUs, "transport", QUIC_ERROR.AEAD_LIMIT_REACHED, text, 0);
    core.closing.onSent();
    return false;
  }

  #pollPath(
    path: Path,
    nowUs: number,
    buffer: Uint8Array<ArrayBuffer>,
    start: number,
    maxSegments: number,
    cargo: Cargo,
    maxBytes: number,
  ): Transmit | null {
    const core = this.#core;
    const { network, mtu } = path;
    // RFC 9000 14.1, 8.2.1: only what comes after the handshake may be smaller
    this.#builder.startBatch();
    const least = core.spaces.initial === null ? MIN_UNVALIDATED_BYTES : MIN_DATAGRAM_BYTES;
    let at = start;
    for (let count = 0; count < maxSegments && at + mtu <= buffer.length; count++) {
      if (at - start >= maxBytes) break;
      // RFC 9000 8.1
      const { budget } = network;
      if (budget < least) {
        path.amplificationBlocked = true;
        path.blocked.amplification++;
        core.blocked.amplification++;
        break;
      }
      const end = this.#builder.build(path, nowUs, buffer, at, at + Math.min(mtu, budget), cargo);
      if (end === at) break;
      network.onSent(end - at);
      const full = end - at === mtu;
      at = end;
      if (!full) break;
    }
    this.#mask();
    return at === start ? null : this.#transmit(path, network, Math.min(mtu, at - start), start, at, nowUs);
  }

  /** Challenges and answers on ways that are not in use. */
  #pollAside(path: Path, nowUs: number, buffer: Uint8Array<ArrayBuffer>, start: number): Transmit | null {
    const core = this.#core;
    if (core.keys.application === null) return null;
    const ways = path.fallback === null ? path.asides : [path.fallback, ...path.asides];
    for (const way of ways) {
      if (!way.responseDue && !way.challengeDue) continue;
      const room = Math.min(MIN_DATAGRAM_BYTES, way.budget);
      const destination = idOn(path, way);
      if (destination === undefined) {
        core.blocked.noConnectionId++;
        // The peer asks again, perhaps with more ids
        way.dropResponses();
        continue;
      }
      const end = this.#builder.buildProbe(path, destination, nowUs, buffer, start, start + room, (draft) => {
        if (way.challengeDue) {
          draft.addControl({ kind: "path_challenge", data: way.takeChallenge(nowUs, core.config.random) });
        }
        addResponses(way, draft);
      });
      if (end === start) continue;
      way.onSent(end - start);
      this.#mask();
      return this.#transmit(path, way, end - start, start, end, nowUs);
    }
    return null;
  }

  #pollMtuProbe(path: Path, nowUs: number, buffer: Uint8Array<ArrayBuffer>, start: number): Transmit | null {
    const end = this.#builder.buildMtuProbe(path, nowUs, buffer, start);
    if (end === start) return null;
    path.network.onSent(end - start);
    this.#mask();
    return this.#transmit(path, path.network, end - start, start, end, nowUs);
  }

  #pollClose(nowUs: number, buffer: Uint8Array<ArrayBuffer>, start: number): Transmit | null {
    const core = this.#core;
    if (!core.closing.due) return null;
    // draft-ietf-quic-multipath-21 2.6
    const path = bestPath(core) ?? core.firstPath;
    core.closing.onSent();
    const room = Math.min(path.mtu, path.network.budget);
    const end = this.#builder.buildClose(path, nowUs, buffer, start, start + room);
    if (end === start) return null;
    path.network.onSent(end - start);
    this.#mask();
    return this.#transmit(path, path.network, end - start, start, end, nowUs);
  }

  #mask(): void {
    this.#core.keys.application?.headers.out.protect();
  }

  #transmit(
    path: Path,
    way: NetworkPath,
    segmentBytes: number,
    start: number,
    end: number,
    nowUs: number,
  ): Transmit {
    this.#core.lastActivityUs = nowUs;
    path.counters.datagramsSent += Math.ceil((end - start) / segmentBytes);
    path.counters.bytesSent += end - start;
    return { pathId: path.id, tuple: way.tuple, segmentBytes, end, ecn: "not-ect" };
  }
}
