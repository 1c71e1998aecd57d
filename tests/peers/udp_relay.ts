import { Random } from "../../lib/lab/link/random.ts";
import type { CapturedDatagram } from "../support/pcap.ts";

/** The ports in the capture, whatever they were: what reads it takes the server's for QUIC. */
const CLIENT = { address: [127, 0, 0, 1], port: 50_000 } as const;
const SERVER = { address: [127, 0, 0, 1], port: 4433 } as const;

/** A datagram on its way through a relay. */
export interface RelayedDatagram {
  /** Whether it goes to the server. */
  readonly up: boolean;
  /** Its number in its direction, from 0. */
  readonly index: number;
  readonly payload: Uint8Array;
}

/** What a relay does. */
export interface RelayOptions {
  /** The port of the server on this host. */
  readonly to: number;
  /** The share of datagrams that get lost, in each direction. @default {0} */
  readonly loss?: number;
  /** The share of datagrams of which a byte is changed, in each direction. @default {0} */
  readonly corrupt?: number;
  /** How long each datagram takes, in milliseconds. @default {0} */
  readonly delayMs?: number;
  readonly seed?: number;
  /** Whether to keep what goes through. @default {false} */
  readonly capture?: boolean;
  /** Whether a datagram goes on. @default {() => true} */
  readonly passes?: (datagram: RelayedDatagram) => boolean;
}

/** What one client has sent through the relay comes to the server from an address of its own. */
interface Flow {
  readonly client: Deno.NetAddr;
  inside: Deno.DatagramConn;
}

/**
 * Stands between clients and a server on this host as a bad network does: it loses, changes and delays
 * datagrams, and can be a NAT that gives its clients other addresses.
 */
export class UdpRelay implements AsyncDisposable {
  /** All that went through, in order, where it is kept. */
  readonly capture: CapturedDatagram[] = [];
  lost = 0;
  corrupted = 0;
  /** Bytes that went on, in each direction. */
  readonly bytes: { up: number; down: number } = { up: 0, down: 0 };
  /** Nothing goes through. */
  blackHole = false;
  readonly #options: RelayOptions;
  readonly #random: Random;
  readonly #outside = open("127.0.0.1");
  readonly #flows = new Map<string, Flow>();
  readonly #loops = new Set<Promise<void>>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #count = { up: 0, down: 0 };
  #hostname = "127.0.0.1";
  #closed = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#random = Random.of(options.seed ?? 1);
    this.#keep(this.#up());
  }

  /** Where the client has to go. */
  get port(): number {
    return (this.#outside.addr as Deno.NetAddr).port;
  }

  /**
   * From now on clients come from other ports; what the server sends to the old ones is lost.
   *
   * @param hostname The address that they come from, which this host has.
   */
  rebind(hostname: string = this.#hostname): void {
    this.#hostname = hostname;
    for (const flow of this.#flows.values()) {
      flow.inside.close();
      flow.inside = open(hostname);
      this.#keep(this.#down(flow, flow.inside));
    }
  }

  async #up(): Promise<void> {
    for await (const [bytes, from] of this.#outside) {
      const flow = this.#flowOf(from as Deno.NetAddr);
      this.#pass(
        bytes,
        true,
        (payload) =>
          flow.inside.send(payload, { transport: "udp", hostname: "127.0.0.1", port: this.#options.to }),
      );
    }
  }

  async #down(flow: Flow, inside: Deno.DatagramConn): Promise<void> {
    for await (const [bytes] of inside) {
      this.#pass(bytes, false, (payload) => this.#outside.send(payload, flow.client));
    }
  }

  #flowOf(client: Deno.NetAddr): Flow {
    const key = `${client.hostname} ${client.port}`;
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      flow = { client, inside: open(this.#hostname) };
      this.#flows.set(key, flow);
      this.#keep(this.#down(flow, flow.inside));
    }
    return flow;
  }

  #pass(payload: Uint8Array, up: boolean, send: (payload: Uint8Array) => Promise<number>): void {
    const { loss = 0, corrupt = 0, delayMs = 0, capture = false, passes = () => true } = this.#options;
    const index = up ? this.#count.up++ : this.#count.down++;
    if (this.blackHole || this.#random.next() < loss || !passes({ up, index, payload })) {
      this.lost++;
      return;
    }
    if (this.#random.next() < corrupt) {
      this.corrupted++;
      payload[this.#random.uint32() % payload.length]! ^= 1 + (this.#random.uint32() % 255);
    }
    this.bytes[up ? "up" : "down"] += payload.length;
    const [source, destination] = up ? [CLIENT, SERVER] : [SERVER, CLIENT];
    if (capture) this.capture.push({ source, destination, payload: payload.slice() });
    // A socket that is closed meanwhile is a network that loses something
    if (delayMs === 0) return this.#keep(send(payload).then(() => {}, () => {}));
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) this.#keep(send(payload).then(() => {}, () => {}));
    }, delayMs);
    this.#timers.add(timer);
  }

  #keep(work: Promise<void>): void {
    this.#loops.add(work);
    void work.finally(() => this.#loops.delete(work));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#outside.close();
    for (const { inside } of this.#flows.values()) inside.close();
    await Promise.all(this.#loops);
  }
}

function open(hostname: string): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
}
