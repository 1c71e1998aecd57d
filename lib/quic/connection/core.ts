import type { TlsLevel, TlsSession } from "../../tls/session.ts";
import type { FreshId } from "../ids/local_ids.ts";
import { Coupling } from "../recovery/coupling.ts";
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
import { LocalIdTable } from "./local_id_table.ts";
import { Multipath } from "./multipath.ts";
import { PacketSpace } from "./packet_space.ts";
import { Path } from "./path.ts";
import { PathIds } from "./path_ids.ts";
import { QuicBit } from "./quic_bit.ts";
import type { Tuple } from "./tuple.ts";

/** The packet that is read now, whosever it is. */
const HEADER = new PacketHeader();
const FRAMES = new FrameReader();

const NO_TOKEN = new Uint8Array(0);

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
  /** The transport parameters of this end, for the log. */
  readonly parameters?: TransportParameters;
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
  token: Uint8Array = NO_TOKEN;

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
  /** The paths in use by id, those that were abandoned a moment ago among them. */
  readonly paths: Map<number, Path> = new Map();
  /** The path of the handshake; it stays here when it is abandoned. */
  readonly firstPath: Path;
  /** Paths for which a packet came that was not opened yet: it could be anybody's. */
  readonly newcomers: Map<number, Path> = new Map();
  /** What is known of the path ids that may be used, now or later; those that are missing are abandoned. */
  readonly ids: Map<number, PathIds> = new Map();
  /** Our connection ids of all paths. */
  readonly localIds: LocalIdTable = new LocalIdTable();
  /** What was agreed on about several paths. */
  readonly multipath: Multipath = new Multipath();
  /** What the congestion controllers of its paths know of each other. */
  readonly coupling: Coupling = new Coupling();
  /** Makes a connection id that no other connection has. */
  readonly makeId: () => FreshId;
  readonly streams: Streams;
  readonly datagrams: DatagramQueue = new DatagramQueue();
  /** Frames that wait to be sent on any path: new ones and lost ones. */
  readonly control: ControlFrame[] = [];
  readonly events: ConnectionEvent[] = [];
  readonly idChanges: IdChange[] = [];
  readonly early: EarlyPackets = new EarlyPackets();
  readonly closing: Closing = new Closing();
  readonly idle: IdleTimer;
  readonly quicBit: QuicBit;
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
  /** When the scheduler of paths wants to be asked again. */
  scheduleAtUs: number = Infinity;

  #liveSpaces: readonly PacketSpace[] = [];
  #openPaths: readonly Path[] = [];

  // Used again for every packet, and by all connections
  readonly header: PacketHeader = HEADER;
  readonly frames: FrameReader = FRAMES;

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
    this.quicBit = new QuicBit(config.random);
    this.idle = new IdleTimer(nowUs, config.maxIdleTimeoutMs, config.keepAliveMs);
    this.spaces = {
      initial: new PacketSpace("initial", 0, 0, 0),
      handshake: new PacketSpace("handshake", 0, 0, 0),
    };
    this.makeId = options.makeId;
    const first = { local: options.source, remote: options.destination };
    const ids = new PathIds(0, first, config.activeConnectionIdLimit, options.makeId);
    this.ids.set(0, ids);
    this.localIds.add(options.source, ids);
    this.firstPath = new Path(
      ids,
      config,
      options.tuple,
      options.validated,
      side === "server",
      this.coupling,
    );
    this.firstPath.ready = true;
    this.paths.set(0, this.firstPath);
    this.onSpacesChanged();
  }

  /** A path that is there. */
  path(id: number): Path {
    const path = id === 0 ? this.firstPath : this.paths.get(id);
    if (path === undefined) throw new RangeError(`Cannot use path ${id}: it is not there`);
    return path;
  }

  /** The path of an id; null as long as nothing was sent or received on it. */
  pathOf(ids: PathIds): Path | null {
    return this.paths.get(ids.pathId) ?? null;
  }

  /** An id of ours is in use: the endpoint has to know it. */
  addLocalId(connectionId: ConnectionId, ids: PathIds): void {
    this.localIds.add(connectionId, ids);
    this.idChanges.push({ type: "added", connectionId });
  }

  /** An id of ours is not in use any more. */
  removeLocalId(connectionId: ConnectionId): void {
    this.localIds.remove(connectionId);
    this.idChanges.push({ type: "removed", connectionId });
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
    for (const path of this.#openPaths) longest = Math.max(longest, this.probeTimeoutUs(path));
    return longest > 0 ? longest : this.probeTimeoutUs(this.firstPath);
  }

  /** The longest RTT of all paths: a window of flow control has to last so long. */
  get longestRttUs(): number {
    if (this.#openPaths.length === 1) return this.#openPaths[0]!.rtt.windowUs;
    let longest = 0;
    // What a fast path brings waits for what is in the queues of a slow one
    for (const { rtt } of this.#openPaths) longest = Math.max(longest, rtt.smoothedUs);
    return longest;
  }

  /** The paths that are not abandoned. */
  get openPaths(): readonly Path[] {
    return this.#openPaths;
  }

  /** All packet number spaces that are in use. */
  get liveSpaces(): readonly PacketSpace[] {
    return this.#liveSpaces;
  }

  /** Spaces were added or given up. */
  onSpacesChanged(): void {
    const { initial, handshake } = this.spaces;
    const early = [initial, handshake].filter((each) => each !== null);
    // A server learns of paths in the order in which their first packets arrive
    const paths = [...this.paths.values()].sort((a, b) => a.id - b.id);
    this.#liveSpaces = [...early, ...paths.map(({ space }) => space)];
    this.#openPaths = paths.filter(({ ids }) => !ids.isAbandoned);
  }

  /**
   * RFC 9002 6.2.1: an unvalidated client's server cannot send; a client knows that it can once its Handshake
   * packets are acknowledged.
   */
  get peerCompletedValidation(): boolean {
    return this.side === "server" || this.handshakeAcked || this.handshakeConfirmed;
  }
}
