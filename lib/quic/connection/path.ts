import type { CongestionController } from "../recovery/congestion.ts";
import type { Coupling } from "../recovery/coupling.ts";
import { DeliveryRate } from "../recovery/delivery_rate.ts";
import { Pacer } from "../recovery/pacer.ts";
import { RttEstimator } from "../recovery/rtt.ts";
import type { PathStatus } from "../../base/path.ts";
import type { LocalIds } from "../ids/local_ids.ts";
import type { RemoteIds } from "../ids/remote_ids.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import { MtuDiscovery } from "../mtu_discovery.ts";
import type { ConnectionConfig } from "./config.ts";
import type { StreamFrame } from "../streams/send_stream.ts";
import { NetworkPath } from "./network_path.ts";
import { PacketSpace, type Sent } from "./packet_space.ts";
import type { PathIds } from "./path_ids.ts";
import { PathView } from "./path_view.ts";
import type { Tuple } from "./tuple.ts";

/** RFC 9002 6.2.1: beyond this a probe timeout is not doubled; idle timeouts end sooner. */
const MAX_BACKOFF = 16;

/** Packets for which the pacer waits at once: fewer would wake the sender more often than it is worth. */
const PACING_BATCH = 4;

/** Counts of one path. */
export interface PathCounters {
  bytesSent: number;
  bytesReceived: number;
  datagramsSent: number;
  datagramsReceived: number;
  packetsLost: number;
  bytesLost: number;
  spuriousLosses: number;
  /** Bytes of packets that the peer has acknowledged. */
  bytesAcknowledged: number;
  /** Stream data that was given to other paths before this one had an answer. */
  bytesReinjected: number;
  /** Stream data that was sent here although another path carries it as well. */
  bytesCopied: number;
}

/** How often there was data and this path did not carry it, by the reason. */
export interface PathBlocked {
  congestion: number;
  pacing: number;
  amplification: number;
  noConnectionId: number;
  /** Better paths could be used. */
  backup: number;
  /** The scheduler waited for another path. */
  scheduler: number;
}

/** What is known of a path at its end. */
export interface PathStatistics extends Readonly<PathCounters> {
  readonly blocked: Readonly<PathBlocked>;
  readonly smoothedRttUs: number;
  readonly minRttUs: number;
  readonly windowBytes: number;
  readonly mtu: number;
}

/**
 * How far a path is, in the order of progress: `suspect` while its packets get no answer, `failed` when the
 * way that it takes could not be validated.
 */
export type PathPhase = "validating" | "active" | "suspect" | "failed" | "abandoned";

/**
 * One path: its packet number space for 1-RTT packets, its connection ids, its RTT and congestion control,
 * and the way through the network that it takes at present.
 */
export class Path {
  readonly id: number;
  readonly ids: PathIds;
  readonly space: PacketSpace;
  readonly localIds: LocalIds;
  readonly remoteIds: RemoteIds;
  readonly counters: PathCounters = {
    bytesSent: 0,
    bytesReceived: 0,
    datagramsSent: 0,
    datagramsReceived: 0,
    packetsLost: 0,
    bytesLost: 0,
    spuriousLosses: 0,
    bytesAcknowledged: 0,
    bytesReinjected: 0,
    bytesCopied: 0,
  };
  readonly blocked: PathBlocked = {
    congestion: 0,
    pacing: 0,
    amplification: 0,
    noConnectionId: 0,
    backup: 0,
    scheduler: 0,
  };
  rtt: RttEstimator;
  congestion: CongestionController;
  pacer: Pacer = new Pacer();
  /** Bytes that count against the congestion window (RFC 9002 B.2). */
  bytesInFlight = 0;
  /** Probe timeouts in a row (RFC 9002 6.2.1). */
  probeCount = 0;
  /** When the first RTT sample was taken; Infinity before it. */
  firstSampleAtUs: number = Infinity;
  /** The id of ours that the newest packet was sent to. */
  receivedOn: ConnectionId | null = null;
  /** Finds out how large datagrams can be. */
  mtuSearch: MtuDiscovery;
  /** The way in use. */
  network: NetworkPath;
  /** The validated way to go back to while the one in use is not validated. */
  fallback: NetworkPath | null = null;
  /** Other ways on which the peer asked whether we are there. */
  readonly asides: NetworkPath[] = [];
  /** When the pacer lets more out, if that is what held it up. */
  pacedUntilUs: number = Infinity;
  /** Whether it was validated once, so that data may be sent on it. */
  ready = false;
  /** Whether it carries data in normal times, as it follows from what both ends want and what is broken. */
  status: PathStatus = "available";
  /** Since when it is suspected to be broken; Infinity while it is not. */
  suspectSinceUs: number = Infinity;
  /** How many probe timeouts it may be without an answer: more after a suspicion that was a mistake. */
  leniency = 1;
  /** Whether an address that is not validated keeps us from sending: timers cannot help. */
  amplificationBlocked = false;
  /** When something was last received on it. */
  lastReceivedUs = -1;
  /** When it was last asked to answer, so that it stays alive. */
  keptAliveAtUs = -1;
  /** Stream data that other paths have sent and that is to be sent here as well. */
  readonly copies: StreamFrame[] = [];
  /** Packets that asked for an acknowledgment, since the peer's silence was looked into last. */
  arrivals = 0;
  /** Whether its last acknowledgment went over another path as well, since nothing came any more. */
  ackRepeated = true;
  /** When something was last sent on it. */
  lastSentUs = -1;
  /** Packets with smaller numbers have been copied to other paths, or need not be. */
  copiedUpTo = 0;
  /** The path that the last acknowledgment for this one came over; -1 before any. */
  acknowledgedVia = -1;
  /** The path that the acknowledgment of the last RTT sample came over; -1 before any. */
  sampledVia = -1;
  /** The paths whose acknowledgments are sent on this one. */
  carries: readonly Path[] = [this];
  /** How fast it delivers. */
  deliveryRate: DeliveryRate = new DeliveryRate();
  /** What schedulers see of it. */
  readonly view: PathView<Path>;
  readonly #config: ConnectionConfig;
  readonly #coupling: Coupling;
  readonly #limited: boolean;
  /** Used again for every packet. */
  readonly #delivered = { bytes: 0, sentAtUs: 0, appLimited: false };
  #generations = 0;

  constructor(
    ids: PathIds,
    config: ConnectionConfig,
    tuple: Tuple,
    validated: boolean,
    limited: boolean,
    coupling: Coupling,
  ) {
    const id = ids.pathId;
    this.#coupling = coupling;
    this.id = id;
    this.ids = ids;
    this.view = new PathView(this);
    this.#config = config;
    this.localIds = ids.local;
    this.remoteIds = ids.remote;
    this.space = new PacketSpace("application", id, config.maxAckDelayMs * 1000, config.random(1)[0] ?? 0);
    this.rtt = new RttEstimator(config.initialRttUs);
    this.mtuSearch = new MtuDiscovery(config.maxMtu);
    this.congestion = config.congestion(this.mtu, coupling);
    this.#limited = limited;
    this.network = new NetworkPath(tuple, 0, validated, limited);
  }

  /** How far it is. */
  get phase(): PathPhase {
    if (this.ids.isAbandoned) return "abandoned";
    if (this.network.state === "failed") return "failed";
    if (!this.network.validated) return "validating";
    return this.isSuspect ? "suspect" : "active";
  }

  /** Whether its packets get no answer at present. */
  get isSuspect(): boolean {
    return this.suspectSinceUs < Infinity;
  }

  /** Whether data may be sent on it: validated, not abandoned, and with an id of the peer to send to. */
  get isUsable(): boolean {
    return this.ready && !this.ids.isAbandoned && this.remoteIds.current !== undefined;
  }

  /** Whether nothing can be sent on it until the peer sends something: more bytes, or an id to send to. */
  get isMute(): boolean {
    return this.amplificationBlocked || this.remoteIds.current === undefined;
  }

  /** The size of datagrams. */
  get mtu(): number {
    return this.mtuSearch.current;
  }

  /** A way through the network that belongs to this path. */
  makeNetwork(tuple: Tuple, validated: boolean): NetworkPath {
    return new NetworkPath(tuple, ++this.#generations, validated, this.#limited);
  }

  /** RFC 9000 9.4: what was learned about another way does not hold here. */
  restartCongestion(): void {
    this.mtuSearch = new MtuDiscovery(this.mtuSearch.max);
    this.mtuSearch.start();
    this.rtt = new RttEstimator(this.#config.initialRttUs);
    this.congestion.end?.();
    this.congestion = this.#config.congestion(this.mtu, this.#coupling);
    this.pacer = new Pacer();
    this.bytesInFlight = 0;
    this.probeCount = 0;
    this.firstSampleAtUs = Infinity;
    this.deliveryRate = new DeliveryRate();
    this.suspectSinceUs = Infinity;
    this.leniency = 1;
  }

  /**
   * How long to wait for an acknowledgment (RFC 9002 6.2.1).
   *
   * @param maxAckDelayUs The peer's limit; 0 for Initial and Handshake packets.
   */
  probeTimeoutUs(maxAckDelayUs: number): number {
    return this.rtt.probeTimeoutUs(maxAckDelayUs);
  }

  /** The factor for timeouts in a row. */
  get backoff(): number {
    return 2 ** Math.min(this.probeCount, MAX_BACKOFF);
  }

  /** Whether the congestion window has room for a full packet (RFC 9002 7). */
  get hasWindow(): boolean {
    return this.bytesInFlight + this.mtu <= this.congestion.windowBytes;
  }

  /** Whether the pacer lets a packet out now; if not, it notes when (RFC 9002 7.7). */
  isPaced(nowUs: number): boolean {
    if (this.pacer.available(nowUs) >= this.mtu) return true;
    this.pacedUntilUs = this.pacer.readyAtUs(nowUs, PACING_BATCH * this.mtu);
    return false;
  }

  /** Sets the pace by what is known of the path now. */
  updatePace(nowUs: number): void {
    const { windowBytes, inSlowStart } = this.congestion;
    this.pacer.update(nowUs, windowBytes, this.rtt.smoothedUs, inSlowStart, this.mtu);
  }

  /** The size of datagrams has changed. */
  onMtuChanged(nowUs: number): void {
    this.congestion.onMtu(this.mtu);
    this.updatePace(nowUs);
  }

  /** Notes that a packet is on its way. */
  onSent(packet: Sent): void {
    if (!packet.inFlight) return;
    this.bytesInFlight += packet.bytes;
    this.pacer.onSent(packet.bytes);
  }

  /**
   * Notes that a packet was delivered.
   *
   * @param underused Whether the congestion window was larger than what was on its way.
   */
  onDelivered(packet: Sent, underused: boolean, nowUs: number): void {
    const delivered = this.#delivered;
    delivered.bytes = packet.bytes;
    delivered.sentAtUs = packet.sentAtUs;
    delivered.appLimited = underused;
    this.counters.bytesAcknowledged += packet.bytes;
    this.deliveryRate.onAcked(packet.bytes, packet.appLimited, this.rtt.smoothedUs, nowUs);
    this.congestion.onAcked(delivered, nowUs, this.rtt);
  }

  /** Notes that a packet is no longer on its way. @returns Whether it tells something about this way. */
  onGone(packet: Sent): boolean {
    if (packet.content.generation !== this.network.generation) return false;
    if (packet.inFlight) this.bytesInFlight = Math.max(0, this.bytesInFlight - packet.bytes);
    return true;
  }
}
