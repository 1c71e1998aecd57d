import type { TlsSession } from "../../tls/session.ts";
import { makeClient } from "../connection/client.ts";
import { LOCAL_ID_BYTES } from "../connection/config.ts";
import type { Connection } from "../connection/connection.ts";
import { makeServer } from "../connection/server.ts";
import type { Transmit } from "../connection/transmission.ts";
import { sameAddress, type SocketAddress, type Tuple } from "../connection/tuple.ts";
import type { FreshId } from "../ids/local_ids.ts";
import type { EcnMark } from "../recovery/received_packets.ts";
import { ConnectionId } from "../wire/connection_id.ts";
import { PacketHeader } from "../wire/packet_header.ts";
import type { Load } from "./admission.ts";
import type { EndpointOptions } from "./options.ts";
import { Routes } from "./routes.ts";
import { type EndpointCounters, Strangers } from "./strangers.ts";
import { TimerHeap } from "./timer_heap.ts";

/** What the endpoint knows of a connection. */
interface Entry {
  readonly connection: Connection;
  readonly tuple: Tuple;
  readonly isServer: boolean;
  /** On a server the id that the client sends its first packets to. */
  readonly original: ConnectionId | null;
  handshaking: boolean;
  /** Whether nobody has accepted it. */
  waiting: boolean;
}

/**
 * Many connections over one socket (RFC 9000 5.2): it gives datagrams to those that they belong to, makes
 * connections for new clients or turns them away, and says who wants to send. Pure, as connections are.
 */
export class QuicEndpoint {
  readonly #options: EndpointOptions;
  readonly #strangers: Strangers;
  readonly #routes = new Routes<Entry>();
  readonly #entries = new Map<Connection, Entry>();
  readonly #timers = new TimerHeap<Entry>();
  /** Those that this end began. */
  readonly #dialed = new Set<Entry>();
  /** Those that may have something to send. */
  readonly #sending = new Set<Entry>();
  /** Those with which something happened. */
  readonly #touched = new Set<Connection>();
  readonly #incoming: Connection[] = [];
  readonly #header = new PacketHeader();
  /** Whose datagrams were polled last. */
  #lastSender: Connection | null = null;
  #handshakes = 0;
  #waiting = 0;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#strangers = new Strangers(options, () => this.#makeId());
  }

  // What is the case

  /** Counts of what was not given to any connection. */
  get counters(): EndpointCounters {
    return this.#strangers.counters;
  }

  /** The connections that are not forgotten. */
  get connections(): Iterable<Connection> {
    return this.#entries.keys();
  }

  /** How busy it is. */
  get load(): Load {
    return { connections: this.#entries.size, handshakes: this.#handshakes, waiting: this.#waiting };
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
    const header = this.#header;
    if (header.read(bytes, start, end, LOCAL_ID_BYTES) !== null) {
      this.counters.dropped++;
      return;
    }
    const entry = this.#routes.find(bytes, header);
    if (entry !== undefined) {
      this.#give(entry, nowUs, tuple, bytes, start, end, ecn);
      return;
    }
    if (header.type === "1-rtt") this.#onUnknownShort(nowUs, tuple, bytes, start, end, ecn);
    else this.#onUnknownLong(nowUs, tuple, bytes, start, end, ecn);
  }

  /** The time of {@linkcode pollTimeout} has come. */
  handleTimeout(nowUs: number): void {
    this.#setTimers();
    const due: Entry[] = [];
    for (let entry = this.#timers.take(nowUs); entry !== undefined; entry = this.#timers.take(nowUs)) {
      due.push(entry);
    }
    for (const entry of due) {
      try {
        entry.connection.handleTimeout(nowUs);
      } catch (error) {
        entry.connection.handleFault(nowUs, error);
      }
      // It may be due still, until its packets are polled
      this.#settle(entry, nowUs);
    }
  }

  /** The system does not send datagrams as large as those that were polled last. */
  handleTooLarge(nowUs: number, { pathId, segmentBytes }: Transmit): void {
    this.#lastSender?.handleTooLarge(nowUs, pathId, segmentBytes);
  }

  // What the user does

  /**
   * Begins a connection to a server.
   *
   * @param tls Makes the end of the handshake that knows these transport parameters.
   * @param token What an earlier connection to the server was given for this.
   */
  connect(
    nowUs: number,
    tuple: Tuple,
    tls: (transportParameters: Uint8Array) => TlsSession,
    token?: Uint8Array,
  ): Connection {
    const { config } = this.#options;
    const connection = makeClient({
      config,
      tuple,
      nowUs,
      tls,
      makeId: () => this.#makeId(),
      ...(token === undefined ? {} : { token }),
    });
    this.#register(connection, tuple, null, nowUs);
    return connection;
  }

  /** Takes no more clients; those that are there go on. */
  stopAccepting(): void {
    this.#strangers.accepting = false;
  }

  /** Says that something was done to a connection: it may have something to send now. */
  touch(connection: Connection, nowUs: number): void {
    const entry = this.#entries.get(connection);
    if (entry !== undefined) this.#settle(entry, nowUs);
  }

  // What comes out

  /** The next client whose handshake is complete. */
  pollIncoming(): Connection | undefined {
    const connection = this.#incoming.shift();
    const entry = connection === undefined ? undefined : this.#entries.get(connection);
    if (entry?.waiting === true) {
      entry.waiting = false;
      this.#waiting--;
    }
    return connection;
  }

  /** The next connection with which something happened: poll its events. */
  pollTouched(): Connection | undefined {
    for (const connection of this.#touched) {
      this.#touched.delete(connection);
      return connection;
    }
    return undefined;
  }

  /** When to call {@linkcode handleTimeout}; Infinity for never. */
  pollTimeout(): number {
    this.#setTimers();
    return this.#timers.nextUs;
  }

  /** The next datagrams to send; null when there are none now. Connections take turns. */
  pollTransmit(
    nowUs: number,
    buffer: Uint8Array<ArrayBuffer>,
    start: number = 0,
    maxSegments: number = 1,
  ): Transmit | null {
    const answer = this.#strangers.pollAnswer();
    this.#lastSender = null;
    if (answer !== undefined) {
      const end = start + answer.bytes.length;
      buffer.set(answer.bytes, start);
      return { pathId: 0, tuple: answer.tuple, segmentBytes: answer.bytes.length, end, ecn: "not-ect" };
    }
    for (const entry of this.#sending) {
      const transmit = this.#pollOne(entry, nowUs, buffer, start, maxSegments);
      this.#sending.delete(entry);
      if (transmit !== null) {
        // To the end of the queue
        this.#sending.add(entry);
        // What was sent makes room to write
        this.#touched.add(entry.connection);
        this.#lastSender = entry.connection;
        return transmit;
      }
      this.#afterSending(entry);
    }
    return null;
  }

  /** Forgets everything without a word. */
  abandon(): void {
    for (const { connection } of [...this.#entries.values()]) connection.abandon();
    for (const entry of [...this.#entries.values()]) this.#forget(entry);
  }

  /** Gives a datagram to its connection. What is thrown there ends that connection and no other. */
  #give(
    entry: Entry,
    nowUs: number,
    tuple: Tuple,
    bytes: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    ecn: EcnMark,
  ): void {
    try {
      entry.connection.handleDatagram(nowUs, tuple, bytes, start, end, ecn);
    } catch (error) {
      entry.connection.handleFault(nowUs, error);
    }
    this.#settle(entry, nowUs);
  }

  /** Asks a connection what it has to send; one that throws may still say that it is over. */
  #pollOne(
    { connection }: Entry,
    nowUs: number,
    buffer: Uint8Array<ArrayBuffer>,
    start: number,
    maxSegments: number,
  ): Transmit | null {
    try {
      return connection.pollTransmit(nowUs, buffer, start, maxSegments);
    } catch (error) {
      connection.handleFault(nowUs, error);
      this.#touched.add(connection);
    }
    try {
      return connection.pollTransmit(nowUs, buffer, start, 1);
    } catch (error) {
      connection.handleFault(nowUs, error);
      return null;
    }
  }

  #onUnknownShort(
    nowUs: number,
    tuple: Tuple,
    bytes: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    ecn: EcnMark,
  ): void {
    // A reset of the peer has an id that means nothing (RFC 9000 10.3.1)
    for (const entry of this.#talkingTo(tuple.remote)) {
      this.#give(entry, nowUs, tuple, bytes, start, end, ecn);
      if (entry.connection.closeReason?.by === "stateless-reset") return;
    }
    // The connections have read it with headers of their own
    this.#strangers.onShort(nowUs, tuple, bytes, start, end, this.#header);
  }

  /** Connections that send to this address: those of a client have paths to several. */
  #talkingTo(remote: SocketAddress): Iterable<Entry> {
    const entries = new Set(this.#routes.at(remote));
    for (const entry of this.#dialed) {
      const { openPaths } = entry.connection.core;
      if (openPaths.some(({ network }) => sameAddress(network.tuple.remote, remote))) entries.add(entry);
    }
    return entries;
  }

  #onUnknownLong(
    nowUs: number,
    tuple: Tuple,
    bytes: Uint8Array<ArrayBuffer>,
    start: number,
    end: number,
    ecn: EcnMark,
  ): void {
    const header = this.#header;
    const { server, config } = this.#options;
    const client = this.#strangers.onLong(nowUs, tuple, bytes, start, end, header, this.load);
    if (client === null || server === null) return;
    const { destination, source, admission } = client;
    let connection: Connection | null = null;
    try {
      connection = makeServer({
        config,
        tuple,
        nowUs,
        version: header.version,
        originalDestination: admission.originalDestination,
        clientSource: source,
        ...(admission.retried ? { retrySource: destination } : {}),
        validated: admission.validated,
        tls: server.tls,
        makeId: () => this.#makeId(),
      });
      connection.handleDatagram(nowUs, tuple, bytes, start, end, ecn);
    } catch (error) {
      connection?.handleFault(nowUs, error);
    }
    if (connection === null || (!connection.core.heard && connection.closeReason === null)) {
      // Whoever sent it does not even know how packets are protected
      this.counters.dropped++;
      connection?.abandon();
      return;
    }
    this.#register(connection, tuple, destination, nowUs);
  }

  #register(connection: Connection, tuple: Tuple, original: ConnectionId | null, nowUs: number): void {
    const isServer = original !== null;
    const entry: Entry = { connection, tuple, isServer, original, handshaking: true, waiting: false };
    this.#entries.set(connection, entry);
    this.#handshakes++;
    this.#routes.add(connection.core.source, entry);
    this.#routes.addAddress(tuple.remote, entry);
    if (original !== null) this.#routes.addOriginal(original, entry);
    else this.#dialed.add(entry);
    this.#settle(entry, nowUs);
  }

  /** Something was done to a connection: what follows from that for the endpoint. */
  #settle(entry: Entry, nowUs: number): void {
    const { connection } = entry;
    if (entry.handshaking && (connection.connected || connection.closeReason !== null)) {
      entry.handshaking = false;
      this.#handshakes--;
      if (entry.isServer && connection.connected) this.#onHandshake(entry, nowUs);
    }
    this.#touched.add(connection);
    this.#sending.add(entry);
    this.#followIds(entry);
    if (connection.closeState === "closed") this.#forget(entry);
  }

  /** Timers change with every datagram: they are asked for when they are needed. */
  #setTimers(): void {
    for (const entry of this.#sending) this.#timers.set(entry, entry.connection.pollTimeout());
  }

  /** New ids are issued while packets are made. */
  #afterSending(entry: Entry): void {
    this.#followIds(entry);
    if (entry.connection.closeState === "closed") this.#forget(entry);
    else this.#timers.set(entry, entry.connection.pollTimeout());
  }

  #onHandshake(entry: Entry, nowUs: number): void {
    entry.waiting = true;
    this.#waiting++;
    this.#incoming.push(entry.connection);
    // RFC 9000 8.1.3
    const token = this.#options.tokens.laterToken(entry.tuple.remote.ip, nowUs);
    entry.connection.core.control.push({ kind: "new_token", token });
  }

  #followIds(entry: Entry): void {
    const { connection } = entry;
    for (let change = connection.pollIdChange(); change !== undefined; change = connection.pollIdChange()) {
      if (change.type === "added") this.#routes.add(change.connectionId, entry);
      else this.#routes.remove(change.connectionId);
    }
  }

  #forget(entry: Entry): void {
    const { connection, tuple } = entry;
    if (!this.#entries.delete(connection)) return;
    for (const id of connection.core.localIds) this.#routes.remove(id);
    // Until now: an Initial packet that comes late must not begin another connection
    if (entry.original !== null) this.#routes.removeOriginal(entry.original);
    this.#routes.removeAddress(tuple.remote, entry);
    this.#dialed.delete(entry);
    this.#timers.delete(entry);
    this.#sending.delete(entry);
    if (entry.handshaking) this.#handshakes--;
    if (entry.waiting) this.#waiting--;
    entry.handshaking = entry.waiting = false;
  }

  #makeId(): FreshId {
    const { tokens, config } = this.#options;
    for (;;) {
      const connectionId = ConnectionId.from(config.random(LOCAL_ID_BYTES));
      if (!this.#routes.isTaken(connectionId)) {
        return { connectionId, resetToken: tokens.resetToken(connectionId) };
      }
    }
  }
}
