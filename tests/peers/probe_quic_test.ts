import assert from "node:assert/strict";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { probe, type ProbeOptions, type QuicCheckJson } from "../../lib/probe/mod.ts";
import { type RunningProcess, start } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { Gtlsserver } from "./ngtcp2.ts";
import { CERTIFICATE_PEM, KEY_PEM } from "./quic_ends.ts";
import "../support/open_libc.ts";

async function probed(port: number, options: ProbeOptions = {}): Promise<QuicCheckJson> {
  const target = Endpoint.parse(`quic@127.0.0.1:${port}`);
  const quic = { ca: CERTIFICATE_PEM, serverName: "localhost", ...options.quic };
  const result = await probe(target, { transports: ["quic"], ...options, quic });
  return result.endpoints[0]!.quic;
}

/** What every probe of a server that works has found. */
function assertWorks(quic: QuicCheckJson, alpn: string): void {
  assert.deepEqual([quic.status, quic.reason, quic.version, quic.alpn], ["yes", null, "1", alpn]);
  assert.deepEqual([quic.certificate?.trusted, quic.certificate?.trusted_by], ["yes", "ca"]);
  assert(quic.ms !== null && quic.ms > 0);
  assert(quic.paths[0]!.rtt_ms !== null && quic.paths[0]!.rtt_ms > 0);
  assert.match(quic.cipher_suite!, /^TLS_(AES|CHACHA20)_/);
  const { initial_max_data: data, has_stateless_reset_token: token } = quic.transport_parameters!;
  assert(data > 0 && typeof token === "boolean");
}

Deno.test({
  name: "a probe of ngtcp2's server agrees on h3 and has its transport parameters",
  ...requires("tool:gtlsserver", "tool:ss"),
  async fn() {
    await using server = await Gtlsserver.start(["--max-data=123456", "--max-streams-bidi=7"]);
    const quic = await probed(server.port);
    assertWorks(quic, "h3");
    assert.deepEqual([quic.retry, quic.versions], [false, null]);
    assert.equal(quic.transport_parameters?.initial_max_data, 123_456);
    assert.equal(quic.transport_parameters.initial_max_streams_bidi, 7);
  },
});

Deno.test({
  name: "a probe of ngtcp2's server that validates addresses tells the Retry",
  ...requires("tool:gtlsserver", "tool:ss"),
  async fn() {
    await using server = await Gtlsserver.start(["--validate-addr"]);
    for (const _ of [1, 2]) {
      const quic = await probed(server.port);
      assertWorks(quic, "h3");
      // Again the second time: a probe keeps no tokens
      assert.equal(quic.retry, true);
    }
  },
});

Deno.test({
  name: "a probe of ngtcp2's server that has none of the protocols offered names the option",
  ...requires("tool:gtlsserver", "tool:ss"),
  async fn() {
    await using server = await Gtlsserver.start();
    const quic = await probed(server.port, { quic: { alpn: ["unheard-of"] } });
    assert.deepEqual([quic.status, quic.answered], ["unknown", true]);
    assert.match(quic.reason!, /^the server speaks QUIC, but none of unheard-of$/);
  },
});

Deno.test("a probe of Deno's own QUIC server", async () => {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const listener = endpoint.listen({ cert: CERTIFICATE_PEM, key: KEY_PEM, alpnProtocols: ["hq-interop"] });
  const taking = listener.accept();
  try {
    const quic = await probed(endpoint.addr.port, { dataTimeoutMs: 200 });
    assertWorks(quic, "hq-interop");
    // It takes streams, and answers none
    assert.equal(quic.detail?.server, null);
    assert.notEqual(quic.detail.data, null);
  } finally {
    (await taking).close();
    listener.stop();
    endpoint.close();
  }
});

/** How long caddy may take to come up, and how often to ask, in milliseconds. */
const START_MS = 10_000;
const LOOK_MS = 50;

/** Caddy with HTTP/3 on a port that it chooses by itself: the file says which. */
class Caddy implements AsyncDisposable {
  readonly process: RunningProcess;
  readonly port: number;
  readonly folder: string;

  private constructor(process: RunningProcess, port: number, folder: string) {
    this.process = process;
    this.port = port;
    this.folder = folder;
  }

  static async start(port: number): Promise<Caddy> {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/key.pem`, KEY_PEM);
    await Deno.writeTextFile(`${folder}/cert.pem`, CERTIFICATE_PEM);
    const config = `{
  admin off
  auto_https off
  storage file_system ${folder}
}
https://localhost:${port} {
  bind 127.0.0.1
  tls ${folder}/cert.pem ${folder}/key.pem
  respond "hello"
}
`;
    await Deno.writeTextFile(`${folder}/Caddyfile`, config);
    const argv = ["caddy", "run", "--config", `${folder}/Caddyfile`, "--adapter", "caddyfile"];
    const process = start(argv, { env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
    return new Caddy(process, port, folder);
  }

  /** Probes until it is up. */
  async probed(options: ProbeOptions = {}): Promise<QuicCheckJson> {
    const until = performance.now() + START_MS;
    for (;;) {
      const quic = await probed(this.port, options);
      if (quic.answered || performance.now() > until) return quic;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Below those that the system gives to clients: nobody else takes them by chance. */
const [LOWEST_PORT, HIGHEST_PORT] = [20_000, 32_000];

/** A port that is free for UDP and TCP. */
function freePort(): number {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    const address = { hostname: "127.0.0.1", port } as const;
    try {
      using _tcp = Deno.listen(address);
      Deno.listenDatagram({ transport: "udp", ...address }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

Deno.test({
  name: "a probe of caddy finds its HTTP/3, and its certificate for the name that was asked for",
  ...requires("tool:caddy"),
  async fn() {
    await using server = await Caddy.start(freePort());
    const quic = await server.probed({ connectTimeoutMs: 2000 });
    assertWorks(quic, "h3");
    assert.deepEqual(quic.certificate?.chain.map(({ subject, key }) => [subject, key]), [
      ["CN=localhost", "ECDSA P-256"],
    ]);
    const other = await server.probed({ quic: { serverName: "other.example" } });
    // Caddy has no certificate for other names, and says so; or it shows the one that it has
    assert(other.status !== "yes" || other.certificate?.problem === "host-mismatch", JSON.stringify(other));
    assert.equal(other.answered, true);
  },
});
