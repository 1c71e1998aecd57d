import type { SocketAddress } from "../../lib/quic/connection/tuple.ts";
import type { Datagram } from "./node.ts";

/** A NAT in front of some addresses: it gives each inner address and port an outer one, until it is rebound. */
export class Nat {
  /** The address that the world sees. */
  readonly outer: SocketAddress["ip"];
  readonly #outward = new Map<string, SocketAddress>();
  readonly #inward = new Map<string, SocketAddress>();
  #nextPort: number;

  /**
   * @param outer The address that the world sees.
   * @param firstPort Its first port; each mapping takes the next.
   */
  constructor(outer: SocketAddress["ip"], firstPort: number = 40_000) {
    this.outer = outer;
    this.#nextPort = firstPort;
  }

  /** The datagram as it leaves the NAT. */
  outward(datagram: Datagram): Datagram {
    const key = addressKey(datagram.source);
    let source = this.#outward.get(key);
    if (source === undefined) {
      source = { ip: this.outer, port: this.#nextPort++ };
      this.#outward.set(key, source);
      this.#inward.set(addressKey(source), datagram.source);
    }
    return { ...datagram, source };
  }

  /** The datagram as it goes on behind the NAT; undefined where no mapping lets it in. */
  inward(datagram: Datagram): Datagram | undefined {
    const destination = this.#inward.get(addressKey(datagram.destination));
    return destination === undefined ? undefined : { ...datagram, destination };
  }

  /** Forgets all mappings: the next datagram from inside gets another port, and the old ports lead nowhere. */
  rebind(): void {
    this.#outward.clear();
    this.#inward.clear();
  }
}

/** An address and port as the key of a map. */
export function addressKey({ ip, port }: SocketAddress): string {
  return `${ip}#${port}`;
}
