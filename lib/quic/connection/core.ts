import type { TlsLevel, TlsSession } from "../../tls/session.ts";
import { type FreshId, LocalIds } from "../ids/local_ids.ts";
import { RemoteIds } from "../ids/remote_ids.ts";
import type { Qlog } from "../qlog/qlog.ts";
import { Streams } from "../streams/streams.ts";
import type { Side } from "../streams/stream_id.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import { FrameReader } from "../wire/frame_reader.ts";
import { CORE_FRAMES, type FrameTypes } from "../wire/frame_types.ts";
import type { ControlFrame } from "../wire/frames.ts";
import { PacketHeader } from "../wire/packet_header.ts";
import type { TransportParameters } from "../wire/transport_parameters.ts";
import { Closing } from "./closing.ts";
import type { ConnectionConfig } from "./config.ts";
import { CryptoStream } from "./crypto_stream.ts";
import { DatagramQueue } from "./datagram_queue.ts";
import { EarlyPackets } from "./early_packets.ts";
import type { ConnectionEvent } from "./events.ts";
import { IdleTimer } from "./idle.ts";
import type { ApplicationKeys, LevelKeys } from "./level_keys.ts";
import { PacketSpace } from "./packet_space.ts";
import { Path } from "./path.ts";
import type { Tuple } from "./tuple.ts";

/** The levels before 1-RTT. */
export type EarlyLevel = Exclude<TlsLevel, "application">;

/** What the endpoint has to know about the ids of a connection. */
export type IdChange = { readonly type: "added" | "removed"; readonly connectionId: ConnectionId };

/** How often sending had to wait, and for what; flow control is counted by the streams. */
export interface BlockedCounters {
  congestion: number;
  pacing: number;
  amplification: number;
  noConnectionId: number;
}

/** What a connection is made of. */
export interface CoreOptions {
  readonly side: Side;
  readonly config: ConnectionConfig;
  readonly version: number;
  readonly tuple: Tuple;
  readonly nowUs: number;
  /** The Destination Connection ID of the client's first packet. */
  readonly originalDestination: ConnectionId;
  /** Our first id. */
  readonly source: ConnectionId;
  /** The first id of the peer: what we send to. */
  readonly destination: ConnectionId;
  /** The source id of the Retry that was sent, on a server; null without one. */
  readonly retrySource: ConnectionId | null;
  /** Whether the peer's address is known to be its own: on clients, and on servers by a token. */
  readonly validated: boolean;
  /** Makes further ids. */
  readonly makeId: () => FreshId;
  readonly tls: TlsSession;
}

/** The state of a connection that its parts share. They are functions and classes beside this file. */
export class Core {
  readonly side: Side;
  readonly config: ConnectionConfig;
  readonly version: number;
  readonly tls: TlsSession;
  readonly originalDestination: ConnectionId;
  readonly source: ConnectionId;
  /** The source id of a Retry: seen by a client, sent by a server. */
  retrySource: ConnectionId | null;
  /** The source id of the peer's Initial packets; null before the first. */
  peerSource: ConnectionId | null = null;
  /** The token for our Initial packets. */
  token: Uint8Array = new Uint8Array(0);

  readonly spaces: { initial: PacketSpace | null; handshake: PacketSpace | null };
  readonly keys: {
    initial: LevelKeys | null;
    handshake: LevelKeys | null;
    application: ApplicationKeys | null;
  } = { initial: null, handshake: null, application: null };
  readonly crypto: Readonly<Record<TlsLevel, CryptoStream>> = {
    initial: new CryptoStream(),
    handshake: new CryptoStream(),
    application: new CryptoStream(),
  };
  /** The paths by id. */
  readonly paths: Map<number, Path> = new Map();
  readonly streams: Streams;
  readonly datagrams: DatagramQueue = new DatagramQueue();
  /** Frames that wait to be sent on any path: new ones and lost ones. */
  readonly control: ControlFrame[] = [];
  readonly events: ConnectionEvent[] = [];
  readonly idChanges: IdChange[] = [];
  readonly early: EarlyPackets = new EarlyPackets();
  readonly closing: Closing = new Closing();
  readonly idle: IdleTimer;
  /** The log; null for none. */
  readonly qlog: Qlog | null;
  /** How often there was something to send and it could not be sent, by the reason. */
  readonly blocked: BlockedCounters = { congestion: 0, pacing: 0, amplification: 0, noConnectionId: 0 };

  /** The peer's transport parameters; null before they came. */
  peer: TransportParameters | null = null;
  frameTypes: FrameTypes = CORE_FRAMES;
  /** RFC 9001 4.1.1 */
  handshakeComplete = false;
  /** RFC 9001 4.1.2 */
  handshakeConfirmed = false;
  /** Whether any packet of the peer was processed. */
  heard = false;
  /** The server has acknowledged a Handshake packet: it knows that we are here (RFC 9002 6.2.2.1). */
  handshakeAcked = false;
  /** When something was last sent or received. */
  lastActivityUs: number;
  /** Whether an address that is not validated keeps us from sending: timers cannot help. */
  amplificationBlocked = false;

  #liveSpaces: readonly PacketSpace[] = [];

  // Used again for every packet
  readonly header: PacketHeader = new PacketHeader();
  readonly frames: FrameReader = new FrameReader();

  constructor(options: CoreOptions) {
    const { side, config, nowUs } = options;
    this.side = side;
    this.config = config;
    this.version = options.version;
    this.tls = options.tls;
    this.originalDestination = options.originalDestination;
    this.source = options.source;
    this.retrySource = options.retrySource;
    this.lastActivityUs = nowUs;
    this.qlog = config.qlog?.(side, options.originalDestination, nowUs) ?? null;
    this.streams = new Streams(side, config.streams);
    this.idle = new IdleTimer(nowUs, config.maxIdleTimeoutMs, config.keepAliveMs);
    this.spaces = {
      initial: new PacketSpace("initial", 0, 0, 0),
      handshake: new PacketSpace("handshake", 0, 0, 0),
    };
    const localIds = new LocalIds({ first: options.source, wanted: 4, make: options.makeId });
    const remoteIds = new RemoteIds(options.destination, config.activeConnectionIdLimit);
    const limited = side === "server";
    this.paths.set(0, new Path(0, config, options.tuple, options.validated, limited, localIds, remoteIds));
    this.onSpacesChanged();
  }

  /** The path of the handshake. */
  get firstPath(): Path {
    return this.path(0);
  }

  /** A path that is there. */
  path(id: number): Path {
    const path = this.paths.get(id);
    if (path === undefined) throw new RangeError(`Cannot use path ${id}: it is not there`);
    return path;
  }

  /** The peer's limit for waiting with acknowledgments of 1-RTT packets, in microseconds. */
  get peerMaxAckDelayUs(): number {
    return (this.peer?.maxAckDelayMs ?? 25) * 1000;
  }

  /** The probe timeout of 1-RTT packets of a path, without backoff. */
  probeTimeoutUs(path: Path): number {
    return path.probeTimeoutUs(this.handshakeComplete ? this.peerMaxAckDelayUs : 0);
  }

  /** The longest probe timeout of all paths. */
  get longestProbeTimeoutUs(): number {
    let longest = 0;
    for (const path of this.paths.values()) longest = Math.max(longest, this.probeTimeoutUs(path));
    return longest;
  }

  /** All packet number spaces that are in use. */
  get liveSpaces(): readonly PacketSpace[] {
    return this.#liveSpaces;
  }

  /** Spaces were added or given up. */
  onSpacesChanged(): void {
    const { initial, handshake } = this.spaces;
    const early = [initial, handshake].filter((each) => each !== null);
    this.#liveSpaces = [...early, ...[...this.paths.values()].map(({ space }) => space)];
  }

  /**
   * RFC 9002 6.2.1: an unvalidated client's server cannot send; a client knows that it can once its Handshake
   * packets are acknowledged.
   */
  get peerCompletedValidation(): boolean {
    return this.side === "server" || this.handshakeAcked || this.handshakeConfirmed;
  }
}
