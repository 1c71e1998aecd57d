import { clearImmediate, setImmediate } from "node:timers";
import type { Endpoint } from "../../base/endpoint.ts";
import type {
  DatagramHandler,
  DatagramReport,
  DatagramSocket,
  SendOutcome,
} from "../../io/datagram_socket.ts";
import type { TlsSession } from "../../tls/session.ts";
import type { Connection } from "../connection/connection.ts";
import type { ConnectionEvent } from "../connection/events.ts";
import type { Path } from "../connection/path.ts";
import type { SocketAddress } from "../connection/tuple.ts";
import { QuicEndpoint } from "../endpoint/endpoint.ts";
import type { EndpointOptions } from "../endpoint/options.ts";
import type { EcnMark } from "../recovery/received_packets.ts";
import { nowUs } from "./clock.ts";
import { Outgoing } from "./outgoing.ts";
import { Port, Ports } from "./ports.ts";
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
  /** What came back for a datagram that was sent on a socket: a hint, and no verdict. */
  onReport(report: DatagramReport, port: Port): void;
  /** A socket can no longer be used, and is closed; there are others. */
  onPortLost(port: Port): void;
  /** The last socket can no longer be used; the loop is over. */
  onFailure(error: unknown): void;
}

/**
 * Moves datagrams between sockets and the connections of an endpoint, and tells it the time. Everything is
 * done in one place, `#pump`: verbs only ask for it, so that what is done in one turn goes out in one batch.
 */
export class SocketLoop {
  /** The first socket. */
  readonly socket: DatagramSocket;
  readonly #ports = new Ports();
  readonly #endpoint: QuicEndpoint;
  readonly #owner: LoopOwner;
  readonly #isServer: boolean;
  readonly #sinks = new Map<Connection, EventSink>();
  readonly #tuples = new Tuples();
  readonly #outgoing: Outgoing;
  readonly #timer: WakeTimer = new WakeTimer(() => this.#pump());
  readonly #changed = new Set<Connection>();
  readonly #onDatagram: DatagramHandler;
  readonly #reading = new Map<Port, Promise<void>>();
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
    this.#outgoing = new Outgoing(this.#ports, this.#endpoint, this.#tuples);
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
    this.addSocket(socket);
  }

  /** Uses another socket too: for the paths from the address that it is bound to. */
  addSocket(socket: DatagramSocket): Port {
    const port = new Port(socket);
    this.#ports.add(port);
    this.#reading.set(port, this.#read(port));
    return port;
  }

  /** Its sockets. */
  get ports(): readonly Port[] {
    return this.#ports.all;
  }

  /** Closes a socket; what is sent from its address is lost. */
  async closePort(port: Port): Promise<void> {
    this.#ports.remove(port);
    await port.socket.close();
    await this.#reading.get(port);
    this.#reading.delete(port);
  }

  /** The socket that a path uses. */
  portOf(path: Path): Port | undefined {
    return this.#ports.of(path.network.tuple.local);
  }

  /** Whether a path uses, or used, a socket. */
  uses(path: Path, port: Port): boolean {
    return this.#ports.sends(port, path.network.tuple.local);
  }

  /** Our address of a socket, as its datagrams have it. */
  addressOf(port: Port): SocketAddress {
    return this.#tuples.address(port.socket.local);
  }

  /** What became of the last batch that was sent. */
  get lastSend(): SendOutcome {
    return this.#outgoing.lastOutcome;
  }

  /** Begins a connection; `sink` takes its events from now on. */
  connect(
    remote: Endpoint,
    tls: (transportParameters: Uint8Array) => TlsSession,
    makeSink: (connection: Connection) => EventSink,
    token?: Uint8Array,
  ): void {
    const tuple = { local: null, remote: { ip: remote.ip!, port: remote.port! } };
    const connection = this.#endpoint.connect(nowUs(), tuple, tls, token);
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
    this.#stopping.abort("stopped");
    this.#endpoint.abandon();
    for (const resolve of this.#flushed.splice(0)) resolve();
    await this.#timer.stop();
    await this.#writing;
    await Promise.all([...this.#reading.keys()].map((port) => this.closePort(port)));
  }

  async #read(port: Port): Promise<void> {
    const { socket } = port;
    try {
      while (await socket.readable(this.#stopping.signal)) {
        const count = this.#receive(port);
        const report = socket.takeReport();
        if (report !== null) this.#owner.onReport(report, port);
        if (count === 0) continue;
        this.#dispatch();
        // After those who wait for streams have had their turn
        this.wake();
        // What is there already would be read for as long as it comes, and nothing acknowledged meanwhile
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      this.lose(port, error);
    }
  }

  #receive(port: Port): number {
    this.#timeUs = nowUs();
    return port.socket.receive(port.broken ? ignore : this.#onDatagram);
  }

  /** Reads what is there. A socket that is broken is left to whoever waits for it, and meets the same error. */
  #drain(port: Port): void {
    try {
      this.#receive(port);
    } catch (error) {
      if (this.#ports.all.length === 1) throw error;
    }
  }

  /** Goes on without a socket, if there is another one. */
  lose(port: Port, why: unknown): void {
    if (!this.#ports.all.includes(port)) return;
    if (this.#ports.all.length === 1) return this.#fail(why);
    this.#ports.remove(port);
    this.#reading.delete(port);
    void port.socket.close();
    this.#owner.onPortLost(port);
    this.wake();
  }

  #pump(): void {
    this.#immediate = undefined;
    if (this.#stopped !== undefined) return;
    try {
      const now = nowUs();
      for (const connection of this.#changed) this.#endpoint.touch(connection, now);
      this.#changed.clear();
      if (this.#endpoint.pollTimeout() <= now) {
        // What waits in the sockets may be the answer whose lack the timer is about
        for (const port of [...this.#ports.all]) this.#drain(port);
        if (this.#endpoint.pollTimeout() <= now) this.#endpoint.handleTimeout(now);
      }
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
    if (typeof state === "object") {
      this.#writing = this.#waitForRoom(state);
      return;
    }
    if (state === "more") this.wake();
    for (const resolve of this.#flushed.splice(0)) resolve();
  }

  async #waitForRoom({ socket }: Port): Promise<void> {
    await socket.writable(this.#stopping.signal);
    this.#writing = undefined;
    this.wake();
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

/** Takes a datagram that nobody is to see. */
function ignore(): void {}
