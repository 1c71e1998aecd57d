import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import type { CryptoBackend } from "../../lib/crypto/aead.ts";
import { chooseBackend } from "../../lib/crypto/choose.ts";
import { NODE_CRYPTO } from "../../lib/crypto/node_crypto.ts";
import { Ip } from "../../lib/base/ip.ts";
import type { DatagramBackend } from "../../lib/io/datagram_socket.ts";
import { connectionConfig } from "../../lib/quic/connection/config.ts";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import { QuicEndpoint } from "../../lib/quic/endpoint/endpoint.ts";
import type { RetryPolicy, ServerSide } from "../../lib/quic/endpoint/options.ts";
import { TokenKey } from "../../lib/quic/tokens.ts";
import { TlsClient } from "../../lib/tls/client.ts";
import { checkIdentity } from "../../lib/tls/identity.ts";
import { TlsServer } from "../../lib/tls/server.ts";
import { parseCertificate } from "../../lib/tls/x509/certificate.ts";
import { certificatePem, makeSelfSigned } from "../../lib/tls/x509/self_signed.ts";
import { QuicDriver } from "./quic_driver.ts";

const ALPN = "hq-interop";
const MEGABYTES = 10_000_000;

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const IDENTITY = makeSelfSigned({ hosts: ["localhost"], nowMs: Date.now(), random });
const PEM = certificatePem(IDENTITY.certificate);
const KEY_PEM = IDENTITY.key.export({ format: "pem", type: "pkcs8" }).toString();

/** What both the packets and the datagrams are made with. */
interface Backends {
  readonly crypto: CryptoBackend;
  readonly io?: DatagramBackend;
}

const sha256 = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

/** Reads what has arrived on a stream. @returns Whether it has ended. */
function drain(connection: Connection, id: number, into: Uint8Array[]): boolean {
  for (
    let result = connection.streams.read(id);
    result.type !== "empty";
    result = connection.streams.read(id)
  ) {
    if (result.type !== "data") return result.type === "end";
    into.push(result.bytes);
  }
  return false;
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function endpoint(crypto: CryptoBackend, server: ServerSide | null): QuicEndpoint {
  const tokens = new TokenKey(random(32), random);
  return new QuicEndpoint({ config: connectionConfig({ backend: crypto, random }), tokens, server });
}

async function connect(port: number, { crypto, io }: Backends): Promise<QuicDriver> {
  const socket = await QuicDriver.open(io);
  const client = endpoint(crypto, null);
  const remote = { ip: Ip.parse("127.0.0.1"), port };
  const connection = client.connect(
    QuicDriver.now(),
    { local: null, remote },
    (transportParameters) =>
      new TlsClient({
        serverName: "localhost",
        alpn: [ALPN],
        transportParameters,
        check: (identity) =>
          checkIdentity(identity, "server", {
            roots: [parseCertificate(IDENTITY.certificate)],
            host: "localhost",
            nowMs: Date.now(),
          }),
        random,
      }),
  );
  return new QuicDriver(socket, client, connection);
}

async function serve({ crypto, io }: Backends, retry: RetryPolicy = "never"): Promise<QuicDriver> {
  const socket = await QuicDriver.open(io);
  const tls = (transportParameters: Uint8Array): TlsServer =>
    new TlsServer({
      credentials: () => [{ type: "x509", entries: [IDENTITY.certificate], key: IDENTITY.key }],
      alpn: [ALPN],
      transportParameters,
      random,
    });
  return new QuicDriver(socket, endpoint(crypto, { tls, retry }), null);
}

/** Deno's client of a server of ours. */
async function denoClient(server: QuicDriver) {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const connection = await Deno.connectQuic({
    hostname: "127.0.0.1",
    port: server.socket.local.port!,
    serverName: "localhost",
    alpnProtocols: [ALPN],
    caCerts: [PEM],
    endpoint,
  });
  return { endpoint, connection };
}

/** Deno's server: echoes bidirectional streams, and collects unidirectional ones. */
function denoServer() {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const listener = endpoint.listen({ cert: PEM, key: KEY_PEM, alpnProtocols: [ALPN] });
  return { endpoint, listener, port: endpoint.addr.port };
}

const BACKENDS: readonly (readonly [string, Backends])[] = [
  ["the fastest backends", { crypto: chooseBackend().backend }],
  ["no FFI", { crypto: NODE_CRYPTO, io: "deno" }],
];

for (const [name, backends] of BACKENDS) {
  const bytes = backends.io === undefined ? MEGABYTES : MEGABYTES / 4;

  Deno.test(`our client talks to Deno's server: ${bytes} bytes up and back with a checksum (${name})`, async () => {
    const { endpoint, listener, port } = denoServer();
    await using driver = await connect(port, backends);
    const accepted = listener.accept();
    await driver.until((connection) => connection.confirmed);
    const theirs = await accepted;
    assert.equal(theirs.protocol, ALPN);

    const data = random(bytes);
    const id = driver.connection!.open("bidirectional")!;
    driver.connection!.streams.write(id, data);
    driver.connection!.streams.finish(id);
    const echo = (async () => {
      const { value: stream } = await theirs.incomingBidirectionalStreams.getReader().read();
      const chunks = await collect(stream!.readable);
      const writer = stream!.writable.getWriter();
      for (const chunk of chunks) await writer.write(chunk);
      await writer.close();
      return sha256(...chunks);
    })();
    const back: Uint8Array[] = [];
    await driver.until((connection) => drain(connection, id, back));
    assert.equal(await echo, sha256(data));
    assert.equal(sha256(...back), sha256(data));

    driver.connection!.close(QuicDriver.now(), 7, "done");
    driver.wake();
    const { closeCode, reason } = await theirs.closed;
    assert.deepEqual([closeCode, reason], [7, "done"]);
    listener.stop();
    endpoint.close();
  });

  Deno.test(`Deno's client talks to our server: ${bytes} bytes up and back with a checksum (${name})`, async () => {
    await using driver = await serve(backends);
    const { endpoint, connection: theirs } = await denoClient(driver);
    const data = random(bytes);
    const received: Uint8Array[] = [];
    const served = driver.until((connection, events) => {
      const opened = events.find((event) => event.type === "opened");
      if (opened?.type !== "opened" || !drain(connection, opened.id, received)) return false;
      for (const chunk of received) connection.streams.write(opened.id, chunk);
      connection.streams.finish(opened.id);
      return true;
    });
    const stream = await theirs.createBidirectionalStream();
    const writer = stream.writable.getWriter();
    const written = (async () => {
      for (let at = 0; at < data.length; at += 65_536) await writer.write(data.subarray(at, at + 65_536));
      await writer.close();
    })();
    const back = collect(stream.readable);
    await Promise.all([written, served]);
    assert.equal(sha256(...received), sha256(data));
    assert.equal(sha256(...await back), sha256(data));
    theirs.close({ closeCode: 9, reason: "bye" });
    await driver.until((connection) => connection.closeReason?.by === "peer");
    assert.deepEqual(
      [driver.connection!.closeReason?.errorCode, driver.connection!.closeReason?.text],
      [9, "bye"],
    );
    endpoint.close();
  });
}

const FAST: Backends = { crypto: chooseBackend().backend };

/** Sends bytes to Deno's server, which sends them back on the same stream; whether they came back unaltered. */
async function echo(driver: QuicDriver, theirs: Deno.QuicConn, bytes: number): Promise<void> {
  const connection = driver.connection!;
  const data = random(bytes);
  const id = connection.open("bidirectional")!;
  connection.streams.write(id, data);
  connection.streams.finish(id);
  const reader = theirs.incomingBidirectionalStreams.getReader();
  const piped = reader.read().then(({ value }) => {
    reader.releaseLock();
    return value!.readable.pipeTo(value!.writable);
  });
  const back: Uint8Array[] = [];
  await driver.until((each) => drain(each, id, back));
  await piped;
  assert.equal(sha256(...back), sha256(data));
}

Deno.test("5% of the datagrams to and from Deno's server are lost: a megabyte comes back unaltered", async () => {
  const { endpoint, listener, port } = denoServer();
  await using driver = await connect(port, FAST);
  driver.loss = 0.05;
  const accepted = listener.accept();
  await driver.until((connection) => connection.confirmed);
  await echo(driver, await accepted, 1_000_000);
  assert(driver.connection!.core.firstPath.counters.packetsLost > 0);
  listener.stop();
  endpoint.close();
});

Deno.test("our client and Deno's server change their keys again and again in a transfer", async () => {
  const { endpoint, listener, port } = denoServer();
  await using driver = await connect(port, FAST);
  const accepted = listener.accept();
  await driver.until((connection) => connection.confirmed);
  const theirs = await accepted;
  const connection = driver.connection!;
  const { phases } = connection.core.keys.application!;
  // An update is allowed three probe timeouts after the one before was acknowledged
  for (let round = 0; round < 500 && phases.updates < 4; round++) {
    await echo(driver, theirs, 100_000);
    connection.updateKeys(QuicDriver.now());
  }
  await echo(driver, theirs, 100_000);
  // Those of the server count as well
  assert(phases.updates >= 4, `${phases.updates} updates`);
  assert.equal(connection.closeReason, null);
  listener.stop();
  endpoint.close();
});

Deno.test("Deno's client proves its address to our server by Retry, and tokens come for later", async () => {
  await using driver = await serve(FAST, "always");
  const { endpoint, connection: theirs } = await denoClient(driver);
  await driver.until((connection) => connection.confirmed);
  assert.equal(driver.endpoint.counters.retries, 1);
  const again = await Deno.connectQuic({
    hostname: "127.0.0.1",
    port: driver.socket.local.port!,
    serverName: "localhost",
    alpnProtocols: [ALPN],
    caCerts: [PEM],
    endpoint,
  });
  again.close({ closeCode: 0, reason: "" });
  theirs.close({ closeCode: 0, reason: "" });
  await driver.until((connection) => connection.closeReason !== null);
  endpoint.close();
});

Deno.test("datagrams go both ways between our server and Deno's client (RFC 9221)", async () => {
  await using driver = await serve(FAST);
  const { endpoint, connection: theirs } = await denoClient(driver);
  await driver.until((connection) => connection.confirmed);
  const answer = theirs.readDatagram();
  await theirs.sendDatagram(new TextEncoder().encode("ping"));
  await driver.until((connection, events) => {
    const event = events.find(({ type }) => type === "datagram");
    if (event?.type !== "datagram") return false;
    assert.equal(new TextDecoder().decode(event.bytes), "ping");
    return connection.sendDatagram(new TextEncoder().encode("pong"));
  });
  assert.equal(new TextDecoder().decode(await answer), "pong");
  theirs.close({ closeCode: 0, reason: "" });
  await driver.until((connection) => connection.closeReason !== null);
  endpoint.close();
});
