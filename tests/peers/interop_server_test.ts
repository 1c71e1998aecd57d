/**
 * The scenarios of the QUIC interop runner (https://github.com/quic-interop/quic-interop-runner) with quinn's client
 * and our server. Their names begin with that of the scenario.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { CHACHA20_POLY1305_SHA256 } from "../../lib/crypto/suites.ts";
import { listen, type QuicConnection, type QuicListenOptions } from "../../lib/quic/mod.ts";
import { CERTIFICATE_PEM, KEY_PEM, LONG_CHAIN_PEM, serve as serveOne } from "./quic_ends.ts";
import { QuinnClient } from "./quinn.ts";
import { type RelayOptions, UdpRelay } from "./udp_relay.ts";
import "../support/open_libc.ts";

const ALPN = "hq-interop";
const LOOPBACK = Endpoint.parse("quic@127.0.0.1:0", { allowPortZero: true });
const DATA = new Uint8Array(randomBytes(1_000_000));
const FEW = new Uint8Array(randomBytes(5_000));

/** Our server, which sends back what comes on a stream. */
class EchoServer implements AsyncDisposable {
  readonly connections: QuicConnection[] = [];
  readonly #listener: Awaited<ReturnType<typeof listen>>;
  readonly #accepting: Promise<void>;

  private constructor(listener: Awaited<ReturnType<typeof listen>>) {
    this.#listener = listener;
    this.#accepting = this.#accept();
  }

  static async start(options: Partial<QuicListenOptions> = {}): Promise<EchoServer> {
    return new EchoServer(
      await listen(LOOPBACK, { alpn: [ALPN], cert: CERTIFICATE_PEM, key: KEY_PEM, ...options }),
    );
  }

  get port(): number {
    return this.#listener.local.port!;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      this.connections.push(connection);
      void this.#serve(connection);
    }
  }

  async #serve(connection: QuicConnection): Promise<void> {
    for (;;) {
      const stream = await connection.acceptStream();
      if (stream === null) return;
      stream.readable.pipeTo(stream.writable).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.connections) connection.abort();
    await Promise.all(this.connections.map(({ closed }) => closed));
    await this.#listener.close();
    await this.#accepting;
  }
}

/** Does something with a client of quinn's and a server of ours, with a relay between them. */
async function through(
  relayed: Omit<RelayOptions, "to">,
  work: (relay: UdpRelay, server: EchoServer) => Promise<void>,
  options: Partial<QuicListenOptions> = {},
): Promise<void> {
  await using server = await EchoServer.start(options);
  await using relay = new UdpRelay({ to: server.port, ...relayed });
  await work(relay, server);
}

async function exchange(client: QuinnClient, data: Uint8Array): Promise<void> {
  assert.equal(Buffer.compare(await client.exchange(data), data), 0);
}

/** A new client exchanges something. */
async function visit(port: number, data: Uint8Array): Promise<void> {
  using client = await QuinnClient.connect(port, ALPN);
  await exchange(client, data);
}

Deno.test("handshake: quinn's client and our server agree on the application protocol", () =>
  through({}, async (relay, server) => {
    await visit(relay.port, FEW);
    assert.equal(server.connections[0]!.alpn, ALPN);
  }));

Deno.test("transfer: quinn's client and our server exchange three streams at a time", () =>
  through({}, async (relay) => {
    using client = await QuinnClient.connect(relay.port, ALPN);
    await Promise.all([DATA, DATA, DATA].map((data) => exchange(client, data)));
  }));

Deno.test("retry: our server asks quinn's client to prove its address", () =>
  through({ capture: true }, async (relay) => {
    await visit(relay.port, FEW);
    const [first] = relay.capture.filter(({ source }) => source.port === 4433);
    assert.equal(first!.payload[0]! & 0xf0, 0xf0, "the first answer is a Retry");
  }, { retry: "always" }));

Deno.test("multiconnect: quinn's client shakes hands with our server again and again", () =>
  through({}, async (relay, server) => {
    for (let n = 0; n < 20; n++) await visit(relay.port, FEW);
    assert.equal(server.connections.length, 20);
  }));

Deno.test("chacha20: quinn's client and our server use ChaCha20-Poly1305, which is all that our server has", async () => {
  await using driver = await serveOne({ alpn: ALPN, tls: { suites: [CHACHA20_POLY1305_SHA256] } });
  const connecting = QuinnClient.connect(driver.socket.local.port!, ALPN);
  const echoing = driver.until(({ streams }, events) => {
    const opened = events.find((event) => event.type === "opened");
    if (opened?.type !== "opened") return false;
    for (let result = streams.read(opened.id);; result = streams.read(opened.id)) {
      if (result.type === "data") streams.write(opened.id, result.bytes);
      else if (result.type === "empty") return false;
      else break;
    }
    streams.finish(opened.id);
    return true;
  });
  using client = await connecting;
  await Promise.all([exchange(client, FEW), echoing]);
  assert.equal(driver.connection!.tls.suite, CHACHA20_POLY1305_SHA256);
});

Deno.test("keyupdate: our server changes the keys early, and quinn's client follows", () =>
  through({}, async (relay, server) => {
    using client = await QuinnClient.connect(relay.port, ALPN);
    await exchange(client, FEW);
    const [connection] = server.connections;
    for (let updates = 0; updates < 2;) {
      if (connection!.updateKeys()) updates++;
      await exchange(client, FEW);
    }
    await exchange(client, DATA);
  }));

Deno.test("rebind-port: a NAT gives quinn's client other ports in the middle, and our server follows", () =>
  through({}, async (relay, server) => {
    using client = await QuinnClient.connect(relay.port, ALPN);
    // RFC 9000 9: not before the handshake is over at both ends
    await exchange(client, FEW);
    const ports = new Set<number>();
    for (let n = 0; n < 3; n++) {
      relay.rebind();
      await exchange(client, DATA);
      const [path] = server.connections[0]!.paths();
      assert.equal(path!.state, "active");
      ports.add(path!.remote.port!);
    }
    assert.equal(ports.size, 3);
  }));

Deno.test("rebind-addr: a NAT gives quinn's client other addresses in the middle, and our server follows", () =>
  through({}, async (relay, server) => {
    using client = await QuinnClient.connect(relay.port, ALPN);
    await exchange(client, FEW);
    for (const hostname of ["127.0.0.2", "127.0.0.3"]) {
      relay.rebind(hostname);
      await exchange(client, DATA);
      const [path] = server.connections[0]!.paths();
      assert.equal(path!.state, "active");
      assert.equal(path!.remote.host, hostname);
    }
  }));

Deno.test("blackhole: nothing gets through for a second and a half, then quinn's client and our server go on", () => {
  let until = Infinity;
  let seen = 0;
  return through({
    passes: ({ up }) => {
      if (up && ++seen === 100) until = performance.now() + 1_500;
      return until === Infinity || performance.now() > until;
    },
  }, async (relay) => {
    await visit(relay.port, DATA);
    assert(relay.lost > 0);
  });
});

Deno.test("handshakeloss: three of twenty datagrams are lost, and quinn's client shakes hands with our server all the same", () =>
  through({ loss: 0.15, seed: 7 }, async (relay) => {
    for (let n = 0; n < 5; n++) await visit(relay.port, FEW);
    assert(relay.lost > 0);
  }));

Deno.test("transferloss: two of a hundred datagrams are lost between quinn's client and our server", () =>
  through({ loss: 0.02, seed: 8 }, async (relay) => {
    await visit(relay.port, DATA);
    assert(relay.lost > 0);
  }));

Deno.test("handshakecorruption: three of twenty datagrams are changed on their way between quinn's client and our server", () =>
  through({ corrupt: 0.15, seed: 9 }, async (relay) => {
    for (let n = 0; n < 5; n++) await visit(relay.port, FEW);
    assert(relay.corrupted > 0);
  }));

Deno.test("transfercorruption: two of a hundred datagrams are changed between quinn's client and our server", () =>
  through({ corrupt: 0.02, seed: 10 }, async (relay) => {
    await visit(relay.port, DATA);
    assert(relay.corrupted > 0);
  }));

Deno.test("amplificationlimit: our server has a long certificate chain and sends no more than three times what quinn's client has", async () => {
  let blocked = 0;
  await using server = await EchoServer.start({ cert: LONG_CHAIN_PEM });
  await using relay: UdpRelay = new UdpRelay({
    to: server.port,
    passes: ({ up, index }) => {
      if (up && index === 4) blocked = relay.bytes.down;
      return !up || index === 0 || index > 3;
    },
  });
  await visit(relay.port, FEW);
  assert(relay.lost > 0 && blocked > 2_400 && blocked <= 3_600, `${blocked} bytes for one datagram`);
});

Deno.test("longrtt: with a round trip of 1.2 seconds quinn's client and our server still meet", () =>
  through({ delayMs: 600 }, async (relay, server) => {
    await visit(relay.port, FEW);
    assert(server.connections[0]!.paths()[0]!.minRttMs! >= 1_200);
  }));
