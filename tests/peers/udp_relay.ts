import { Random } from "../../lib/lab/link/random.ts";
import type { CapturedDatagram } from "../support/pcap.ts";

/** The ports in the capture, whatever they were: what reads it takes the server's for QUIC. */
const CLIENT = { address: [127, 0, 0, 1], port: 50_000 } as const;
const SERVER = { address: [127, 0, 0, 1], port: 4433 } as const;

/** What a relay does. */
export interface RelayOptions {
  /** The port of the server on this host. */
  readonly to: number;
  /** The share of datagrams that get lost, in each direction. @default {0} */
  readonly loss?: number;
  readonly seed?: number;
}

/** Stands between one client and a server on this host, loses some of their datagrams and keeps the others. */
export class UdpRelay implements AsyncDisposable {
  /** All that went through, in order. */
  readonly capture: CapturedDatagram[] = [];
  lost = 0;
  readonly #options: RelayOptions;
  readonly #random: Random;
  readonly #outside = open();
  readonly #inside = open();
  readonly #done: Promise<unknown>;
  #client: Deno.NetAddr | null = null;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#random = Random.of(options.seed ?? 1);
    this.#done = Promise.all([this.#up(), this.#down()]);
  }

  /** Where the client has to go. */
  get port(): number {
    return (this.#outside.addr as Deno.NetAddr).port;
  }

  async #up(): Promise<void> {
    for await (const [bytes, from] of this.#outside) {
      this.#client = from as Deno.NetAddr;
      if (!this.#passes(bytes, true)) continue;
      await this.#inside.send(bytes, { transport: "udp", hostname: "127.0.0.1", port: this.#options.to });
    }
  }

  async #down(): Promise<void> {
    for await (const [bytes] of this.#inside) {
      if (this.#client === null || !this.#passes(bytes, false)) continue;
      await this.#outside.send(bytes, this.#client);
    }
  }

  #passes(payload: Uint8Array, up: boolean): boolean {
    if (this.#random.next() < (this.#options.loss ?? 0)) {
      this.lost++;
      return false;
    }
    const [source, destination] = up ? [CLIENT, SERVER] : [SERVER, CLIENT];
    this.capture.push({ source, destination, payload: payload.slice() });
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#outside.close();
    this.#inside.close();
    await this.#done;
  }
}

function open(): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
}
