import type { DatagramSocket } from "../../io/datagram_socket.ts";
import type { SocketAddress } from "../connection/tuple.ts";

/** One socket of a loop. */
export class Port {
  readonly socket: DatagramSocket;
  /** Whether it is bound to every address of this host. */
  readonly isWildcard: boolean;
  /** What is sent on it goes nowhere, and nothing is read: to see what becomes of a path that breaks. */
  broken = false;

  constructor(socket: DatagramSocket) {
    this.socket = socket;
    this.isWildcard = socket.local.ip!.bytes.every((byte) => byte === 0);
  }

  /** Whether every datagram has to say which address it is sent from. */
  get namesSource(): boolean {
    return this.isWildcard && this.socket.features.packetInfo;
  }

  /** Whether what is sent from an address goes out here. */
  sends({ ip, port }: SocketAddress): boolean {
    const { local } = this.socket;
    return local.port === port && (this.isWildcard || local.ip!.equals(ip));
  }
}

/** The sockets of a loop: one for most, one for each path of a client that has several. */
export class Ports {
  readonly #all: Port[] = [];
  #first: Port | undefined;
  /** Which socket sends from an address; the core hands out the same objects again and again. */
  readonly #known = new WeakMap<SocketAddress, Port>();

  /** The sockets, in the order in which they came. */
  get all(): readonly Port[] {
    return this.#all;
  }

  add(port: Port): void {
    this.#all.push(port);
    this.#first ??= port;
  }

  remove(port: Port): void {
    const at = this.#all.indexOf(port);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** Whether a socket, which may be gone, sends from an address; null is that of the first one. */
  sends(port: Port, local: SocketAddress | null): boolean {
    return local === null ? port === this.#first : port.sends(local);
  }

  /** The socket that sends from an address; null is that of the first one. Undefined when it is gone. */
  of(local: SocketAddress | null): Port | undefined {
    if (local === null) {
      return this.#first !== undefined && this.#all.includes(this.#first) ? this.#first : undefined;
    }
    const known = this.#known.get(local);
    if (known !== undefined && this.#all.includes(known)) return known;
    const found = this.#all.find((port) => port.sends(local));
    if (found !== undefined) this.#known.set(local, found);
    return found;
  }
}
