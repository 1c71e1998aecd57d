import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { race, type RaceOptions, raceRounds } from "../../../lib/race/mod.ts";
import { listen } from "../../../lib/transport/mod.ts";
import { type Certificate, selfSigned } from "../../support/certificate.ts";
import { requires, withoutFfi } from "../../support/requires.ts";

/** A TLS server that says what it heard, in capitals. */
class TlsServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<TLSSocket>;

  private constructor(server: Server, sockets: Set<TLSSocket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
  }

  static async start(certificate: Certificate): Promise<TlsServer> {
    const server = createServer({ ...certificate, ALPNProtocols: ["h2", "http/1.1"] });
    const sockets = new Set<TLSSocket>();
    server.on("secureConnection", (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("data", (data: Uint8Array) => {
        socket.write(new TextDecoder().decode(data).toUpperCase());
      });
    });
    server.on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    assert(address !== null && typeof address !== "string");
    return new TlsServer(server, sockets, address.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

const TRANSPORTS = withoutFfi() ? ["tcp"] as const : ["tcp", "mptcp"] as const;

Deno.test({
  name: "race() with tls succeeds when the TLS handshake is done, and gives an encrypted stream",
  ...requires("tool:openssl"),
  async fn() {
    const certificate = await selfSigned();
    await using server = await TlsServer.start(certificate);
    for (const transport of TRANSPORTS) {
      await using outcome = await race(`${transport}4@localhost:${server.port}`, {
        tls: { insecure: true },
      });
      const [attempt] = outcome.attempts;
      assert.equal(attempt?.outcome, "won", attempt?.error?.message);
      assert.ok(attempt.progress_ms! <= attempt.end_ms!);
      assert.deepEqual(
        outcome.timeline.flatMap(({ event }) => ["progress", "connected"].includes(event) ? [event] : []),
        ["progress", "connected"],
      );
      const stream = await outcome.connection!.openStream();
      await stream.write(new TextEncoder().encode("hello"));
      assert.equal(new TextDecoder().decode((await stream.read())!), "HELLO");
    }
  },
});

Deno.test({
  name: "race() with tls fails where the certificate is not trusted, or nobody speaks TLS",
  ...requires("tool:openssl"),
  async fn() {
    await using server = await TlsServer.start(await selfSigned());
    const failed = async (target: string, options: RaceOptions): Promise<string | undefined> => {
      await using outcome = await race(target, { timeoutMs: 5000, ...options });
      assert.equal(outcome.connection, null);
      return outcome.attempts[0]?.error?.code;
    };
    assert.equal(await failed(`tcp4@localhost:${server.port}`, { tls: {} }), "ERR_TLS");
    await using listener = listen("tcp", Ip.parse("127.0.0.1"), 0);
    const talking = (async () => {
      const connection = (await listener.accept())!;
      const stream = await connection.openStream();
      await stream.write(new TextEncoder().encode("SSH-2.0-nobody\r\n"));
      await connection.close();
    })();
    assert.equal(await failed(listener.local.address, { tls: {} }), "ERR_TLS");
    await talking;
  },
});

Deno.test("race() with tls gives up a server that accepts and says nothing", async () => {
  await using listener = listen("tcp", Ip.parse("127.0.0.1"), 0);
  await using outcome = await race(listener.local, { tls: {}, attemptTimeoutMs: 300 });
  const [attempt] = outcome.attempts;
  assert.deepEqual([outcome.connection, attempt?.error?.code], [null, "ERR_TIMED_OUT"]);
  assert.ok(attempt?.progress_ms !== null, "TCP was not there");
});

Deno.test({
  name: "raceRounds() with tls measures each handshake and leaves nothing open",
  ...requires("tool:openssl"),
  async fn() {
    const certificate = await selfSigned();
    await using server = await TlsServer.start(certificate);
    const target = Endpoint.of("127.0.0.1", server.port);
    const result = await raceRounds(target, { rounds: 3, tls: { insecure: true } });
    assert.deepEqual(result.candidates.map(({ won }) => won), [3]);
    assert.ok(result.warnings.some((text) => text.includes("--insecure")));
    assert.equal(result.options["tls"], true);
  },
});
