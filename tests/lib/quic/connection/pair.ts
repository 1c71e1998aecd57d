import { Ip } from "../../../../lib/base/ip.ts";
import type { CryptoBackend } from "../../../../lib/crypto/aead.ts";
import { NODE_CRYPTO } from "../../../../lib/crypto/node_crypto.ts";
import { makeClient } from "../../../../lib/quic/connection/client.ts";
import { type ConnectionConfig, connectionConfig } from "../../../../lib/quic/connection/config.ts";
import type { Connection } from "../../../../lib/quic/connection/connection.ts";
import type { ConnectionEvent } from "../../../../lib/quic/connection/events.ts";
import { makeServer } from "../../../../lib/quic/connection/server.ts";
import type { Transmit } from "../../../../lib/quic/connection/transmission.ts";
import type { SocketAddress, Tuple } from "../../../../lib/quic/connection/tuple.ts";
import type { Side } from "../../../../lib/quic/streams/stream_id.ts";
import { PacketHeader } from "../../../../lib/quic/wire/packet_header.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { TlsClient, type TlsClientOptions } from "../../../../lib/tls/client.ts";
import { TlsServer, type TlsServerOptions } from "../../../../lib/tls/server.ts";
import { seededRandom, selfSignedCredentials, TRUSTED } from "../../tls/pair.ts";

export const CLIENT: SocketAddress = { ip: Ip.parse("192.0.2.1"), port: 50_000 };
export const SERVER: SocketAddress = { ip: Ip.parse("192.0.2.2"), port: 4433 };

const CREDENTIALS = selfSignedCredentials(["localhost"]);

/** A datagram on its way. */
export interface Flying {
  readonly from: Side;
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
  bytes: Uint8Array<ArrayBuffer>;
  readonly atUs: number;
}

export interface PairOptions {
  readonly delayUs?: number;
  readonly seed?: number;
  readonly backend?: CryptoBackend;
  readonly client?: Partial<ConnectionConfig>;
  readonly server?: Partial<ConnectionConfig>;
  readonly tlsClient?: Partial<TlsClientOptions>;
  readonly tlsServer?: Partial<TlsServerOptions>;
  /** What becomes of a datagram: null for lost. Default: it arrives. */
  readonly fate?: (datagram: Flying, index: number) => Flying | null;
  readonly maxSegments?: number;
}

/** A client and a server in virtual time. */
export class Pair {
  nowUs = 1_000_000;
  readonly client: Connection;
  server: Connection | null = null;
  readonly events: Record<Side, ConnectionEvent[]> = { client: [], server: [] };
  readonly sent: Record<Side, number> = { client: 0, server: 0 };
  readonly sentBytes: Record<Side, number> = { client: 0, server: 0 };
  fate: (datagram: Flying, index: number) => Flying | null;
  /** Called after anything happened. */
  work: (pair: Pair) => void = () => {};
  clientAddress: SocketAddress = CLIENT;
  /** What a NAT makes of the client's further addresses. */
  readonly rebound: Map<SocketAddress, SocketAddress> = new Map();
  readonly transmits: Transmit[] = [];
  readonly #options: PairOptions;
  readonly #delayUs: number;
  readonly #flying: Flying[] = [];
  readonly #slab = new Uint8Array(65_536);
  #index = 0;

  constructor(options: PairOptions = {}) {
    this.#options = options;
    this.#delayUs = options.delayUs ?? 10_000;
    this.fate = options.fate ?? ((datagram) => datagram);
    const seed = options.seed ?? 1;
    const random = seededRandom(seed);
    const config = connectionConfig({ backend: options.backend ?? NODE_CRYPTO, random, ...options.client });
    this.client = makeClient({
      config,
      tuple: { local: CLIENT, remote: SERVER },
      nowUs: this.nowUs,
      tls: (transportParameters) =>
        new TlsClient({
          serverName: "localhost",
          alpn: ["hq-interop"],
          transportParameters,
          check: () => TRUSTED,
          random,
          ...options.tlsClient,
        }),
    });
  }

  end(side: Side): Connection {
    const end = side === "client" ? this.client : this.server;
    if (end === null) throw new Error("the server has not been reached");
    return end;
  }

  /** Lets the world go on until the condition holds, or for so long. @returns Whether it held. */
  run(until: (pair: Pair) => boolean = () => false, forUs: number = 10_000_000): boolean {
    const endUs = this.nowUs + forUs;
    for (let rounds = 0; rounds < 500_000; rounds++) {
      this.#flush();
      if (until(this)) return true;
      const next = Math.min(
        this.#flying[0]?.atUs ?? Infinity,
        this.client.pollTimeout(),
        this.server?.pollTimeout() ?? Infinity,
      );
      if (next > endUs) {
        this.nowUs = endUs;
        return until(this);
      }
      this.nowUs = Math.max(this.nowUs, next);
      this.#deliver();
      for (const end of [this.client, this.server]) {
        if (end !== null && end.pollTimeout() <= this.nowUs) end.handleTimeout(this.nowUs);
      }
    }
    throw new Error("the pair does not come to rest");
  }

  /** Runs until both ends are connected. */
  connect(): this {
    const connected = this.run(({ client, server }) => client.confirmed && server?.confirmed === true);
    if (!connected) throw new Error(`not connected: ${JSON.stringify(this.events)}`);
    return this;
  }

  #flush(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const side of ["client", "server"] as const) {
        const end = side === "client" ? this.client : this.server;
        if (end === null) continue;
        for (let event = end.pollEvent(); event !== undefined; event = end.pollEvent()) {
          this.events[side].push(event);
          busy = true;
        }
      }
      this.work(this);
      for (const side of ["client", "server"] as const) {
        const end = side === "client" ? this.client : this.server;
        if (end === null) continue;
        const max = this.#options.maxSegments ?? 4;
        for (let out = this.#poll(end, max); out !== null; out = this.#poll(end, max)) {
          this.#send(side, out);
          busy = true;
        }
      }
    }
  }

  #poll(end: Connection, max: number): Transmit | null {
    return end.pollTransmit(this.nowUs, this.#slab, 0, max);
  }

  #send(side: Side, transmit: Transmit): void {
    this.transmits.push(transmit);
    const { tuple, segmentBytes, end } = transmit;
    for (let at = 0; at < end; at += segmentBytes) {
      const bytes = this.#slab.slice(at, Math.min(end, at + segmentBytes));
      this.sent[side]++;
      this.sentBytes[side] += bytes.length;
      const source = side === "client" ? this.#outer(tuple.local) : tuple.local ?? SERVER;
      const datagram: Flying = {
        from: side,
        source,
        destination: tuple.remote,
        bytes,
        atUs: this.nowUs + this.#delayUs,
      };
      const fate = this.fate(datagram, this.#index++);
      if (fate === null) continue;
      this.#flying.push(fate);
      this.#flying.sort((a, b) => a.atUs - b.atUs);
    }
  }

  /** The client's address as the server sees it: a further path has one of its own. */
  #outer(local: SocketAddress | null): SocketAddress {
    if (local === null || local === CLIENT) return this.clientAddress;
    return this.rebound.get(local) ?? local;
  }

  #deliver(): void {
    while (this.#flying.length > 0 && this.#flying[0]!.atUs <= this.nowUs) {
      const { from, source, destination, bytes } = this.#flying.shift()!;
      const tuple: Tuple = { local: destination, remote: source };
      if (from === "server") {
        this.client.handleDatagram(this.nowUs, tuple, bytes, 0, bytes.length);
        continue;
      }
      this.server ??= this.#accept(tuple, bytes);
      this.server?.handleDatagram(this.nowUs, tuple, bytes, 0, bytes.length);
    }
  }

  #accept(tuple: Tuple, bytes: Uint8Array<ArrayBuffer>): Connection | null {
    const header = new PacketHeader();
    if (header.read(bytes, 0, bytes.length, 8) !== null || header.type !== "initial") return null;
    const random = seededRandom((this.#options.seed ?? 1) + 1000);
    const { backend = NODE_CRYPTO, server, tlsServer } = this.#options;
    return makeServer({
      config: connectionConfig({ backend, random, ...server }),
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
          ...tlsServer,
        }),
    });
  }

  /** Frees what both ends hold. */
  [Symbol.dispose](): void {
    for (const end of [this.client, this.server]) end?.abandon();
  }
}

/** Bytes that tell their place. */
export function pattern(length: number, seed: number = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) + seed) & 0xff;
  return bytes;
}
