import type { SocketAddress } from "../../lib/quic/connection/tuple.ts";
import { Link, type LinkOptions } from "./link.ts";
import type { Nat } from "./nat.ts";
import type { Datagram } from "./node.ts";

export { Link, type LinkOptions } from "./link.ts";
export { Nat } from "./nat.ts";
export type { Datagram } from "./node.ts";

/** Options of {@linkcode SimNetwork.connect}. */
export interface RouteOptions extends LinkOptions {
  /** What is different on the way back. */
  readonly back?: LinkOptions;
  /** A NAT at the side of the first address. */
  readonly nat?: Nat;
}

/** A way between two addresses. */
export interface Route {
  readonly there: Link;
  readonly back: Link;
}

interface Way {
  readonly link: Link;
  /** What the datagram looks like behind the link; undefined if it ends there. */
  readonly arrive: (datagram: Datagram) => Datagram | undefined;
}

/**
 * A network in virtual time: addresses, and links between pairs of them. Datagrams between addresses that
 * nothing connects vanish. The same seeds and the same datagrams make the same run.
 *
 * Drive it so: send what the endpoints have, go to the earlier one of `nextUs` and the endpoints' timers,
 * `poll` until there is nothing more, and again.
 */
export class SimNetwork {
  readonly #ways = new Map<string, Way>();
  #unrouted = 0;

  /** When something arrives next; Infinity while nothing is under way. */
  get nextUs(): number {
    let next = Infinity;
    for (const { link } of this.#ways.values()) next = Math.min(next, link.nextUs);
    return next;
  }

  /** How many datagrams had nowhere to go. */
  get unrouted(): number {
    return this.#unrouted;
  }

  /** Connects two addresses, whatever the ports. */
  connect(a: SocketAddress["ip"], b: SocketAddress["ip"], options: RouteOptions = {}): Route {
    const { back, nat, ...link } = options;
    const seed = link.seed ?? 0;
    const route = { there: new Link(link), back: new Link({ ...link, seed: seed + 1, ...back }) };
    this.#ways.set(wayKey(a, b), {
      link: route.there,
      arrive: (datagram) => nat?.outward(datagram) ?? datagram,
    });
    const arrive = (datagram: Datagram): Datagram | undefined =>
      nat === undefined ? datagram : nat.inward(datagram);
    const outer = nat?.outer ?? a;
    this.#ways.set(wayKey(b, outer), { link: route.back, arrive });
    return route;
  }

  /** Sends a datagram; its bytes are copied. */
  send(
    nowUs: number,
    source: SocketAddress,
    destination: SocketAddress,
    bytes: Uint8Array,
    ecn: number = 0,
  ): void {
    const way = this.#ways.get(wayKey(source.ip, destination.ip));
    if (way === undefined) this.#unrouted++;
    else way.link.push(nowUs, { source, destination, bytes: new Uint8Array(bytes), ecn });
  }

  /** A datagram that has arrived by now, the first first. */
  poll(nowUs: number): Datagram | undefined {
    for (;;) {
      let first: Way | undefined;
      for (const way of this.#ways.values()) {
        if (way.link.nextUs <= nowUs && (first === undefined || way.link.nextUs < first.link.nextUs)) {
          first = way;
        }
      }
      if (first === undefined) return undefined;
      const datagram = first.link.poll(nowUs);
      if (datagram === undefined) continue;
      const arrived = first.arrive(datagram);
      if (arrived !== undefined) return arrived;
      this.#unrouted++;
    }
  }
}

function wayKey(from: SocketAddress["ip"], to: SocketAddress["ip"]): string {
  return `${from} > ${to}`;
}
