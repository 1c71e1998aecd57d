import { clearImmediate, setImmediate } from "node:timers";
import type { Endpoint } from "../../base/endpoint.ts";
import type { DatagramHandler, DatagramReport, DatagramSocket } from "../../io/datagram_socket.ts";
import type { TlsSession } from "../../tls/session.ts";
import type { Connection } from "../connection/connection.ts";
import type { ConnectionEvent } from "../connection/events.ts";
import { QuicEndpoint } from "../endpoint/endpoint.ts";
import type { EndpointOptions } from "../endpoint/options.ts";
import type { EcnMark } from "../recovery/received_packets.ts";
import { nowUs } from "./clock.ts";
import { Outgoing } from "./outgoing.ts";
import { Tuples } from "./tuples.ts";
import { WakeTimer } from "./wake_timer.ts";

/** RFC 3168 5: the marks by their number. */
const MARKS: readonly EcnMark[] = ["not-ect", "ect1", "ect0", "ce"];

/** The shortest time to the next look at the timers: about what the precise ones are late, in microseconds. */
const MIN_WAIT_US = 50;

/** As long as the kernel has no room, timers can only say what is to be sent then. In microseconds. */
const BLOCKED_WAIT_US = 5000;

/** Who is told what happens on a connection. */
export interface EventSink {
  onEvent(event: ConnectionEvent): void;
  /** The socket can no longer be used. */
  onFailure(error: unknown): void;
}

/** What the owner of a loop wants to know. */
export interface LoopOwner {
  /** A client's handshake is complete: see {@linkcode SocketLoop.nextIncoming}. */
  onIncoming(): void;
  /** What came back for a datagram that was sent: a hint, and no verdict. */
  onReport(report: DatagramReport): void;
  /** The socket can no longer be used; the loop is over. */
  onFailure(error: unknown): void;
}

/**
 * Moves datagrams between a socket and the connections of an endpoint, and tells it the time. Everything is
 * done in one place, `#pump`: verbs only ask for it, so that what is done in one turn goes out in one batch.
 */
export class SocketLoop {
  readonly socket: DatagramSocket;
  readonly #endpoint: QuicEndpoint;
  readonly #owner: LoopOwner;
  readonly #isServer: boolean;
  readonly #sinks = new Map<Connection, EventSink>();
  readonly #tuples = new Tuples();
  readonly #outgoing: Outgoing;
  readonly #timer: WakeTimer = new WakeTimer(() => this.#pump());
  readonly #changed = new Set<Connection>();
  readonly #onDatagram: DatagramHandler;
  readonly #reading: Promise<void>;
  readonly #stopping = new AbortController();
  #flushed: (() => void)[] = [];
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #writing: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #timeUs = 0;

  constructor(socket: DatagramSocket, options: EndpointOptions, owner: LoopOwner) {
    this.socket = socket;
    this.#endpoint = new QuicEndpoint(options);
    this.#owner = owner;
    this.#isServer = options.server !== null;
    this.#outgoing = new Outgoing(socket, this.#endpoint, this.#tuples);
    this.#onDatagram = (buffer, start, end, remote, local, ecn) => {
      const mark = MARKS[ecn] ?? "not-ect";
      this.#endpoint.handleDatagram(
        this.#timeUs,
        this.#tuples.of(local, remote),
        buffer,
        start,
        end,
        mark,
      );
    };
    this.#reading = this.#read();
  }

  /** Begins a connection; `sink` takes its events from now on. */
  connect(
    remote: Endpoint,
    tls: (transportParameters: Uint8Array) => TlsSession,
    makeSink: (connection: Connection) => EventSink,
  ): void {
    const tuple = { local: null, remote: { ip: remote.ip!, port: remote.port! } };
    const connection = this.#endpoint.connect(nowUs(), tuple, tls);
    this.attach(connection, makeSink(connection));
    this.wake();
  }

  /** Says who takes the events of a connection. */
  attach(connection: Connection, sink: EventSink): void {
    this.#sinks.set(connection, sink);
    this.#tell(connection, sink);
  }

  /** The next client whose handshake is complete. Those that nobody asks for count as waiting. */
  nextIncoming(): Connection | undefined {
    return this.#endpoint.pollIncoming();
  }

  /** Takes no more clients. */
  stopAccepting(): void {
    this.#endpoint.stopAccepting();
  }

  /** Something was done to a connection: it may have something to send. */
  touch(connection: Connection): void {
    this.#changed.add(connection);
    this.wake();
  }

  /** Sees to it that everything is looked at in this turn of the event loop. */
  wake(): void {
    if (this.#stopped !== undefined) return;
    this.#immediate ??= setImmediate(() => this.#pump());
  }

  /** Resolves when what was to be sent has been handed to the socket. */
  flushed(): Promise<void> {
    if (this.#stopped !== undefined) return Promise.resolve();
    this.wake();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  /** Forgets every connection without a word, and closes the socket. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Name of an address of a datagram, as the socket knows it. */
  endpointOf(address: { readonly ip: NonNullable<Endpoint["ip"]>; readonly port: number }): Endpoint {
    return this.#tuples.endpoint(address);
  }

  async #stop(): Promise<void> {
    // Whoever called this is in the middle of something
    await Promise.resolve();
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#immediate = undefined;
    this.#stopping.abort();
    this.#endpoint.abandon();
    for (const resolve of this.#flushed.splice(0)) resolve();
    await this.#timer.stop();
    await this.#writing;
    await this.socket.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      while (await this.socket.readable(this.#stopping.signal)) {
        this.#timeUs = nowUs();
        const count = this.socket.receive(this.#onDatagram);
        const report = this.socket.takeReport();
        if (report !== null) this.#owner.onReport(report);
        if (count === 0) continue;
        this.#dispatch();
        // After those who wait for streams have had their turn
        this.wake();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #pump(): void {
    this.#immediate = undefined;
    if (this.#stopped !== undefined) return;
    try {
      const now = nowUs();
      for (const connection of this.#changed) this.#endpoint.touch(connection, now);
      this.#changed.clear();
      if (this.#endpoint.pollTimeout() <= now) this.#endpoint.handleTimeout(now);
      this.#dispatch();
      this.#send(now);
      this.#dispatch();
      // What is due and cannot be sent yet: to ask again at once would keep everybody else from their turn
      const leastUs = this.#writing === undefined ? MIN_WAIT_US : BLOCKED_WAIT_US;
      this.#timer.set(Math.max(this.#endpoint.pollTimeout(), now + leastUs));
    } catch (error) {
      this.#fail(error);
    }
  }

  #send(now: number): void {
    if (this.#writing !== undefined) return;
    const state = this.#outgoing.send(now);
    if (state === "blocked") {
      this.#writing = this.#waitForRoom();
      return;
    }
    if (state === "more") this.wake();
    for (const resolve of this.#flushed.splice(0)) resolve();
  }

  async #waitForRoom(): Promise<void> {
    const room = await this.socket.writable(this.#stopping.signal);
    this.#writing = undefined;
    if (room) this.wake();
  }

  #dispatch(): void {
    const endpoint = this.#endpoint;
    for (let next = endpoint.pollTouched(); next !== undefined; next = endpoint.pollTouched()) {
      const sink = this.#sinks.get(next);
      if (sink !== undefined) this.#tell(next, sink);
    }
    if (this.#isServer && endpoint.load.waiting > 0) this.#owner.onIncoming();
  }

  #tell(connection: Connection, sink: EventSink): void {
    for (let event = connection.pollEvent(); event !== undefined; event = connection.pollEvent()) {
      sink.onEvent(event);
      if (event.type === "closed") this.#sinks.delete(connection);
    }
  }

  #fail(error: unknown): void {
    const sinks = [...this.#sinks.values()];
    this.#sinks.clear();
    for (const sink of sinks) sink.onFailure(error);
    this.#owner.onFailure(error);
    void this.stop();
  }
}
