/** Our QUIC client and server over real sockets, for tests with other people's. */
import { randomBytes } from "node:crypto";
import { Ip } from "../../lib/base/ip.ts";
import { chooseBackend } from "../../lib/crypto/choose.ts";
import { makeClient } from "../../lib/quic/connection/client.ts";
import { type ConnectionConfig, connectionConfig } from "../../lib/quic/connection/config.ts";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import type { SocketAddress } from "../../lib/quic/connection/tuple.ts";
import { QuicEndpoint } from "../../lib/quic/endpoint/endpoint.ts";
import type { RetryPolicy, ServerSide } from "../../lib/quic/endpoint/options.ts";
import { TokenKey } from "../../lib/quic/tokens.ts";
import { TlsClient, type TlsClientOptions } from "../../lib/tls/client.ts";
import { checkIdentity } from "../../lib/tls/identity.ts";
import { TlsServer, type TlsServerOptions } from "../../lib/tls/server.ts";
import { parseCertificate } from "../../lib/tls/x509/certificate.ts";
import { certificatePem, makeSelfSigned } from "../../lib/tls/x509/self_signed.ts";
import { QuicDriver } from "./quic_driver.ts";

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const IDENTITY = makeSelfSigned({ hosts: ["localhost"], nowMs: Date.now(), random });

/** The certificate of every server in these tests, and its key, in PEM. */
export const CERTIFICATE_PEM: string = certificatePem(IDENTITY.certificate);
export const KEY_PEM: string = IDENTITY.key.export({ format: "pem", type: "pkcs8" }).toString();

/** The same, followed by certificates that nobody needs: more bytes than a server may send to a stranger at once. */
export const LONG_CHAIN_PEM: string = CERTIFICATE_PEM + Array.from(
  { length: 14 },
  (_, index) =>
    certificatePem(makeSelfSigned({ hosts: [`unused-${index}`], nowMs: Date.now(), random }).certificate),
).join("");

const LOOPBACK: SocketAddress = { ip: Ip.parse("127.0.0.1"), port: 443 };

/** How an end of ours differs from the others. */
export interface EndOptions<Tls> {
  readonly alpn: string;
  readonly config?: Partial<ConnectionConfig>;
  readonly tls?: Partial<Tls>;
}

/** What else a server may do differently. */
export interface ServerEndOptions extends EndOptions<TlsServerOptions> {
  readonly retry?: RetryPolicy;
}

/** Our client on its way to a server on this host, whose certificate it checks. */
export async function connect(port: number, options: EndOptions<TlsClientOptions>): Promise<QuicDriver> {
  const socket = await QuicDriver.open();
  const client = endpoint(options.config, null);
  const tuple = { local: null, remote: { ...LOOPBACK, port } };
  const connection = client.connect(QuicDriver.now(), tuple, clientTls(options));
  return new QuicDriver(socket, client, connection);
}

/** Our server, which takes the first client. */
export async function serve(options: ServerEndOptions): Promise<QuicDriver> {
  const socket = await QuicDriver.open();
  const tls = (transportParameters: Uint8Array): TlsServer =>
    new TlsServer({
      credentials: () => [{ type: "x509", entries: [IDENTITY.certificate], key: IDENTITY.key }],
      alpn: [options.alpn],
      transportParameters,
      random,
      ...options.tls,
    });
  const server = endpoint(options.config, { tls, retry: options.retry ?? "never" });
  return new QuicDriver(socket, server, null);
}

/** A client of another version, without a socket. */
export function clientOfVersion(version: number): Connection {
  return makeClient({
    config: config(),
    tuple: { local: null, remote: LOOPBACK },
    nowUs: 0,
    version,
    tls: clientTls({ alpn: "h3" }),
  });
}

function clientTls(options: EndOptions<TlsClientOptions>): (transportParameters: Uint8Array) => TlsClient {
  return (transportParameters) =>
    new TlsClient({
      serverName: "localhost",
      alpn: [options.alpn],
      transportParameters,
      check: (identity) =>
        checkIdentity(identity, "server", {
          roots: [parseCertificate(IDENTITY.certificate)],
          host: "localhost",
          nowMs: Date.now(),
        }),
      random,
      ...options.tls,
    });
}

function endpoint(given: Partial<ConnectionConfig> | undefined, server: ServerSide | null): QuicEndpoint {
  const tokens = new TokenKey(random(32), random);
  return new QuicEndpoint({ config: config(given), tokens, server });
}

function config(given: Partial<ConnectionConfig> = {}): ConnectionConfig {
  return connectionConfig({ backend: chooseBackend().backend, random, ...given });
}
