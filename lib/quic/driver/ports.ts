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
  /** Which socket sends from an address; the core hands out the same objects again and again. */
  readonly #known = new WeakMap<SocketAddress, Port>();

  /** The sockets, the first one first. */
  get all(): readonly Port[] {
    return this.#all;
  }

  add(port: Port): void {
    this.#all.push(port);
  }

  remove(port: Port): void {
    const at = this.#all.indexOf(port);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** The socket that sends from an address; null is the first one. Undefined when it is gone. */
  of(local: SocketAddress | null): Port | undefined {
    if (local === null) return this.#all[0];
    const known = this.#known.get(local);
    if (known !== undefined && this.#all.includes(known)) return known;
    const found = this.#all.find((port) => port.sends(local));
    if (found !== undefined) this.#known.set(local, found);
    return found;
  }
}
