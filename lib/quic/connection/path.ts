import type { CongestionController } from "../recovery/congestion.ts";
import { Pacer } from "../recovery/pacer.ts";
import { RttEstimator } from "../recovery/rtt.ts";
import type { LocalIds } from "../ids/local_ids.ts";
import type { RemoteIds } from "../ids/remote_ids.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import { MtuDiscovery } from "../mtu_discovery.ts";
import type { ConnectionConfig } from "./config.ts";
import { NetworkPath } from "./network_path.ts";
import { PacketSpace, type Sent } from "./packet_space.ts";
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
}

/**
 * One path: its packet number space for 1-RTT packets, its connection ids, its RTT and congestion control,
 * and the way through the network that it takes at present.
 */
export class Path {
  readonly id: number;
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
  readonly #config: ConnectionConfig;
  readonly #limited: boolean;
  /** Used again for every packet. */
  readonly #delivered = { bytes: 0, sentAtUs: 0, appLimited: false };
  #generations = 0;

  constructor(
    id: number,
    config: ConnectionConfig,
    tuple: Tuple,
    validated: boolean,
    limited: boolean,
    localIds: LocalIds,
    remoteIds: RemoteIds,
  ) {
    this.id = id;
    this.#config = config;
    this.localIds = localIds;
    this.remoteIds = remoteIds;
    this.space = new PacketSpace("application", id, config.maxAckDelayMs * 1000, config.random(1)[0] ?? 0);
    this.rtt = new RttEstimator(config.initialRttUs);
    this.mtuSearch = new MtuDiscovery(config.maxMtu);
    this.congestion = config.congestion(this.mtu);
    this.#limited = limited;
    this.network = new NetworkPath(tuple, 0, validated, limited);
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
    this.congestion = this.#config.congestion(this.mtu);
    this.pacer = new Pacer();
    this.bytesInFlight = 0;
    this.probeCount = 0;
    this.firstSampleAtUs = Infinity;
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
    this.congestion.onAcked(delivered, nowUs, this.rtt);
  }

  /** Notes that a packet is no longer on its way. @returns Whether it tells something about this way. */
  onGone(packet: Sent): boolean {
    if (packet.content.generation !== this.network.generation) return false;
    if (packet.inFlight) this.bytesInFlight = Math.max(0, this.bytesInFlight - packet.bytes);
    return true;
  }
}
