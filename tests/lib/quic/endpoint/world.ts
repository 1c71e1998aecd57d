import { Ip } from "../../../../lib/base/ip.ts";
import { NODE_CRYPTO } from "../../../../lib/crypto/node_crypto.ts";
import { type ConnectionConfig, connectionConfig } from "../../../../lib/quic/connection/config.ts";
import type { Connection } from "../../../../lib/quic/connection/connection.ts";
import type { ConnectionEvent } from "../../../../lib/quic/connection/events.ts";
import type { SocketAddress } from "../../../../lib/quic/connection/tuple.ts";
import { QuicEndpoint } from "../../../../lib/quic/endpoint/endpoint.ts";
import type { ServerSide } from "../../../../lib/quic/endpoint/options.ts";
import { TokenKey } from "../../../../lib/quic/tokens.ts";
import { TlsClient, type TlsClientOptions } from "../../../../lib/tls/client.ts";
import { TlsServer } from "../../../../lib/tls/server.ts";
import { type Route, type RouteOptions, SimNetwork } from "../../../sim/network.ts";
import { seededRandom, selfSignedCredentials, TRUSTED } from "../../tls/pair.ts";

export const CLIENT: SocketAddress = { ip: Ip.parse("192.0.2.1"), port: 50_000 };
export const SERVER: SocketAddress = { ip: Ip.parse("192.0.2.2"), port: 4433 };

const CREDENTIALS = selfSignedCredentials(["localhost"]);

export interface WorldOptions {
  readonly seed?: number;
  readonly link?: RouteOptions;
  readonly server?: Omit<ServerSide, "tls">;
  readonly config?: Partial<ConnectionConfig>;
}

/** A client's endpoint and a server's, with a network between, in virtual time. */
export class World {
  nowUs = 1_000_000;
  readonly network: SimNetwork = new SimNetwork();
  readonly route: Route;
  readonly client: QuicEndpoint;
  server: QuicEndpoint;
  readonly accepted: Connection[] = [];
  readonly events: Map<Connection, ConnectionEvent[]> = new Map();
  readonly #options: WorldOptions;
  readonly #random: (length: number) => Uint8Array;
  readonly #slab = new Uint8Array(65_536);

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 1);
    this.route = this.network.connect(CLIENT.ip, SERVER.ip, { delayUs: 10_000, ...options.link });
    this.client = new QuicEndpoint({ config: this.#config(), tokens: this.#tokens(1), server: null });
    this.server = this.makeServer();
  }

  /** A server with the same secret as any other of this world. */
  makeServer(): QuicEndpoint {
    return new QuicEndpoint({
      config: this.#config(),
      tokens: this.#tokens(2),
      server: {
        ...this.#options.server,
        tls: (transportParameters) =>
          new TlsServer({
            credentials: () => [CREDENTIALS],
            alpn: ["hq-interop"],
            transportParameters,
            random: this.#random,
          }),
      },
    });
  }

  connect(
    options: { readonly token?: Uint8Array; readonly tls?: Partial<TlsClientOptions> } = {},
  ): Connection {
    const tls = (transportParameters: Uint8Array): TlsClient =>
      new TlsClient({
        serverName: "localhost",
        alpn: ["hq-interop"],
        transportParameters,
        check: () => TRUSTED,
        random: this.#random,
        ...options.tls,
      });
    return this.client.connect(this.nowUs, { local: CLIENT, remote: SERVER }, tls, options.token);
  }

  /** Lets the world go on until the condition holds, or for so long. @returns Whether it held. */
  run(until: () => boolean = () => false, forUs: number = 10_000_000): boolean {
    const endUs = this.nowUs + forUs;
    for (let rounds = 0; rounds < 1_000_000; rounds++) {
      this.flush();
      if (until()) return true;
      const nextUs = Math.min(this.network.nextUs, this.client.pollTimeout(), this.server.pollTimeout());
      if (nextUs > endUs) {
        this.nowUs = endUs;
        return until();
      }
      this.nowUs = Math.max(this.nowUs, nextUs);
      this.deliver();
      for (const endpoint of [this.client, this.server]) {
        if (endpoint.pollTimeout() <= this.nowUs) endpoint.handleTimeout(this.nowUs);
      }
    }
    throw new Error("the world does not come to rest");
  }

  /** Puts everything that the endpoints have to say on its way. */
  flush(): void {
    for (const endpoint of [this.client, this.server]) {
      for (let each = endpoint.pollIncoming(); each !== undefined; each = endpoint.pollIncoming()) {
        this.accepted.push(each);
      }
      for (let each = endpoint.pollTouched(); each !== undefined; each = endpoint.pollTouched()) {
        let events = this.events.get(each);
        if (events === undefined) this.events.set(each, events = []);
        for (let event = each.pollEvent(); event !== undefined; event = each.pollEvent()) events.push(event);
      }
      const source = endpoint === this.client ? CLIENT : SERVER;
      for (
        let out = endpoint.pollTransmit(this.nowUs, this.#slab, 0, 4);
        out !== null;
        out = endpoint.pollTransmit(this.nowUs, this.#slab, 0, 4)
      ) {
        for (let at = 0; at < out.end; at += out.segmentBytes) {
          const bytes = this.#slab.subarray(at, Math.min(out.end, at + out.segmentBytes));
          this.network.send(this.nowUs, out.tuple.local ?? source, out.tuple.remote, bytes);
        }
      }
    }
  }

  deliver(): void {
    for (let each = this.network.poll(this.nowUs); each !== undefined; each = this.network.poll(this.nowUs)) {
      const { source, destination } = each;
      const bytes = new Uint8Array(each.bytes);
      const endpoint = destination.ip.equals(SERVER.ip) ? this.server : this.client;
      endpoint.handleDatagram(this.nowUs, { local: destination, remote: source }, bytes, 0, bytes.length);
    }
  }

  [Symbol.dispose](): void {
    this.client.abandon();
    this.server.abandon();
  }

  #config(): ConnectionConfig {
    return connectionConfig({ backend: NODE_CRYPTO, random: this.#random, ...this.#options.config });
  }

  #tokens(secret: number): TokenKey {
    return new TokenKey(new Uint8Array(32).fill(secret), this.#random);
  }
}
