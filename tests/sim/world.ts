import assert from "node:assert/strict";
import { Ip } from "../../lib/base/ip.ts";
import { chooseBackend } from "../../lib/crypto/choose.ts";
import { makeClient } from "../../lib/quic/connection/client.ts";
import { type ConnectionConfig, connectionConfig } from "../../lib/quic/connection/config.ts";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import { makeServer } from "../../lib/quic/connection/server.ts";
import type { SocketAddress, Tuple } from "../../lib/quic/connection/tuple.ts";
import type { Side } from "../../lib/quic/streams/stream_id.ts";
import { ConnectionId } from "../../lib/quic/wire/connection_id.ts";
import { PacketHeader } from "../../lib/quic/wire/packet_header.ts";
import { TlsClient } from "../../lib/tls/client.ts";
import { TlsServer } from "../../lib/tls/server.ts";
import { seededRandom, selfSignedCredentials, TRUSTED } from "../lib/tls/pair.ts";
import { AmplificationGuard } from "./amplification_guard.ts";
import { Nat } from "./nat.ts";
import { type Datagram, type LinkOptions, type Route, SimNetwork } from "./network.ts";
import type { Conditions } from "./nodes.ts";

/** Where the client can be; each place has a NAT in front. */
export const PLACES: readonly SocketAddress[] = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({
  ip: Ip.parse(`10.0.${n}.1`),
  port: 50_000,
}));

/** Where the server is. */
export const SERVER: SocketAddress = { ip: Ip.parse("192.0.2.2"), port: 4433 };

const { backend: BACKEND } = chooseBackend();
const CREDENTIALS = selfSignedCredentials(["localhost"]);
const MAX_SEGMENTS = 4;
const SLAB_BYTES = 8_192;

/** Nobody has so much to send at one moment. */
const MAX_BATCHES = 20_000;

/** More rounds than this without an end are no progress. */
const MAX_ROUNDS = 200_000;

/** What a world is like. */
export interface WorldOptions {
  /** The same seed makes the same run. */
  readonly seed: number;
  /** The links from the client's places to the server, with what is different on the way back. */
  readonly links: readonly (LinkOptions & { readonly back?: LinkOptions })[];
  /** What both ends do differently from the default. */
  readonly config?: Partial<ConnectionConfig>;
  readonly client?: Partial<ConnectionConfig>;
  readonly server?: Partial<ConnectionConfig>;
}

/** A client, a server and the network between them, in virtual time. */
export class World {
  nowUs = 1_000_000;
  readonly client: Connection;
  server: Connection | null = null;
  /** Datagrams of an end that get lost, whatever the network is like. */
  readonly drop: Record<Side, number> = { client: 0, server: 0 };
  readonly nats: readonly Nat[] = PLACES.map((_, i) => new Nat(Ip.parse(`198.51.100.${i + 1}`)));
  /** Called when something may have happened at either end. */
  onActivity: () => void = () => {};
  /** The links, by place. */
  readonly routes: readonly Route[];
  readonly #options: WorldOptions;
  readonly #network = new SimNetwork();
  readonly #guard = new AmplificationGuard();
  readonly #slab = new Uint8Array(SLAB_BYTES);
  readonly #addresses = new Map<string, SocketAddress>();

  constructor(options: WorldOptions) {
    this.#options = options;
    const { seed, links } = options;
    this.routes = links.map((link, i) =>
      this.#network.connect(PLACES[i]!.ip, SERVER.ip, { seed: seed + 10 * i, ...link, nat: this.nats[i]! })
    );
    const random = seededRandom(seed);
    this.client = makeClient({
      config: this.#config("client", random),
      tuple: tupleFrom(0),
      nowUs: this.nowUs,
      tls: (transportParameters) =>
        new TlsClient({
          serverName: "localhost",
          alpn: ["hq-interop"],
          transportParameters,
          check: () => TRUSTED,
          random,
        }),
    });
  }

  end(side: Side): Connection | null {
    return side === "client" ? this.client : this.server;
  }

  /** Both ends, as far as they are there. */
  get ends(): readonly Connection[] {
    return this.server === null ? [this.client] : [this.client, this.server];
  }

  /** Nothing gets through from a place any more, or so much gets lost. */
  setLoss(place: number, loss: number): void {
    const route = this.routes[place % this.routes.length]!;
    route.there.conditions.loss = route.back.conditions.loss = loss;
  }

  /** Makes the network a good one. */
  heal(): void {
    const fair: Partial<Conditions> = { loss: 0, duplicate: 0, corrupt: 0, reorder: 0, queueBytes: Infinity };
    for (const { there, back } of this.routes) {
      Object.assign(there.conditions, fair);
      Object.assign(back.conditions, fair);
    }
    this.drop.client = this.drop.server = 0;
  }

  /** Moves the client. @returns False if it may not. */
  migrate(to: number): boolean {
    return this.client.migrate(this.nowUs, tupleFrom(to));
  }

  /** Lets the world go on until the condition holds, or for so long. @returns Whether it held. */
  run(until: () => boolean, forUs: number): boolean {
    const endUs = this.nowUs + forUs;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.#transmit();
      if (until()) return true;
      const next = Math.min(this.#network.nextUs, ...this.ends.map((end) => end.pollTimeout()));
      if (next > endUs) {
        this.nowUs = Math.max(this.nowUs, endUs);
        return false;
      }
      this.nowUs = Math.max(this.nowUs, next);
      this.#deliver();
      for (const end of this.ends) {
        if (end.pollTimeout() <= this.nowUs) end.handleTimeout(this.nowUs);
      }
    }
    throw new Error("Cannot go on: it does not come to rest");
  }

  #transmit(): void {
    this.onActivity();
    let batches = 0;
    for (let busy = true; busy;) {
      busy = false;
      for (const side of ["client", "server"] as const) {
        const end = this.end(side);
        if (end === null) continue;
        for (let out = this.#poll(end); out !== null; out = this.#poll(end)) {
          busy = true;
          assert(++batches < MAX_BATCHES, `the ${side} sends for ever on path ${out.pathId}`);
          for (let at = 0; at < out.end; at += out.segmentBytes) {
            const bytes = this.#slab.subarray(at, Math.min(out.end, at + out.segmentBytes));
            this.#send(side, out.tuple, bytes);
          }
        }
        while (end.pollIdChange() !== undefined);
      }
    }
  }

  #poll(end: Connection): ReturnType<Connection["pollTransmit"]> {
    return end.pollTransmit(this.nowUs, this.#slab, 0, MAX_SEGMENTS);
  }

  #send(side: Side, tuple: Tuple, bytes: Uint8Array): void {
    assert(bytes.length > 0 && bytes.length <= 1472, `a datagram of ${bytes.length} bytes`);
    if (side === "server") this.#guard.onServerSent(this.server!, tuple.remote, bytes.length);
    if (this.drop[side] > 0) {
      this.drop[side]--;
      return;
    }
    this.#network.send(this.nowUs, tuple.local ?? SERVER, tuple.remote, bytes);
  }

  #deliver(): void {
    for (;;) {
      const datagram = this.#network.poll(this.nowUs);
      if (datagram === undefined) return;
      const { bytes } = datagram;
      const remote = this.#interned(datagram.source);
      const tuple: Tuple = { local: this.#interned(datagram.destination), remote };
      if (!datagram.destination.ip.equals(SERVER.ip)) {
        const place = PLACES.findIndex(({ ip }) => ip.equals(datagram.destination.ip));
        this.#guard.onClientReceived(this.nats[place]!.outer);
        this.client.handleDatagram(this.nowUs, tuple, bytes, 0, bytes.length);
        continue;
      }
      this.#guard.onServerReceived(remote, bytes.length);
      this.server ??= this.#accept(tuple, datagram);
      this.server?.handleDatagram(this.nowUs, tuple, bytes, 0, bytes.length);
      if (this.server?.core.heard !== false) continue;
      // As endpoints do: what is not authentic begins nothing
      this.server.abandon();
      this.server = null;
    }
  }

  #accept(tuple: Tuple, { bytes }: Datagram): Connection | null {
    const header = new PacketHeader();
    if (header.read(bytes, 0, bytes.length, 8) !== null || header.type !== "initial") return null;
    const random = seededRandom(this.#options.seed + 1_000_003);
    return makeServer({
      config: this.#config("server", random),
      tuple,
      nowUs: this.nowUs,
      version: header.version,
      originalDestination: ConnectionId.from(bytes, header.destinationStart, header.destinationEnd),
      clientSource: ConnectionId.from(bytes, header.sourceStart, header.sourceEnd),
      tls: (transportParameters) =>
        new TlsServer({
          credentials: () => [CREDENTIALS],
          alpn: ["hq-interop"],
          transportParameters,
          random,
        }),
    });
  }

  #config(side: Side, random: (length: number) => Uint8Array): ConnectionConfig {
    const { config, [side]: own } = this.#options;
    return connectionConfig({ backend: BACKEND, random, ...config, ...own });
  }

  #interned(address: SocketAddress): SocketAddress {
    const key = `${address.ip} ${address.port}`;
    let known = this.#addresses.get(key);
    if (known === undefined) this.#addresses.set(key, known = address);
    return known;
  }

  [Symbol.dispose](): void {
    for (const end of this.ends) end.abandon();
  }
}

/** The addresses of a path from one of the client's places. */
export function tupleFrom(place: number): Tuple {
  return { local: PLACES[place]!, remote: SERVER };
}
