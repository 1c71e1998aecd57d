import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { openDatagramSocket } from "../../../../lib/io/open_datagram_socket.ts";
import { random } from "../../../../lib/quic/driver/clock.ts";
import { connect, dial } from "../../../../lib/quic/driver/connect.ts";
import { listen } from "../../../../lib/quic/driver/listen.ts";
import { certificatePem, makeSelfSigned } from "../../../../lib/tls/x509/self_signed.ts";
import { requires } from "../../../support/requires.ts";
import { fails } from "../../transport/compliance_support.ts";
import { ALPN, LOOPBACK, pair } from "./pair.ts";

Deno.test("connect() trusts the certificate that it is given, and tells what TLS agreed on", async () => {
  await using ends = await pair();
  const { handshake } = ends.client;
  assert.equal(handshake.trusted, true);
  assert.equal(handshake.problem, null);
  assert.equal(handshake.alpn, ALPN);
  assert.equal(handshake.group, "x25519");
  assert.match(handshake.cipherSuite!, /^TLS_/);
  assert.equal(handshake.peerPin, ends.listener.pin);
  assert.equal(ends.server.alpn, ALPN);
});

Deno.test("connect() does not trust a certificate that signs itself, and says so: ERR_TLS", async () => {
  await using listener = await listen(LOOPBACK, { alpn: [ALPN] });
  const other = makeSelfSigned({ hosts: ["127.0.0.1"], nowMs: Date.now(), random });
  const error = await fails(
    connect(listener.local, { alpn: [ALPN], ca: certificatePem(other.certificate) }),
    "ERR_TLS",
  );
  assert.equal(
    error.message,
    `Cannot connect to ${listener.local.address}: the server's certificate is not trusted: ` +
      "it is self-signed, and nobody here trusts it",
  );
});

Deno.test("connect() with insecure goes on, and tells what the check found", async () => {
  await using listener = await listen(LOOPBACK, { alpn: [ALPN] });
  const other = makeSelfSigned({ hosts: ["127.0.0.1"], nowMs: Date.now(), random });
  await using client = await connect(listener.local, {
    alpn: [ALPN],
    ca: certificatePem(other.certificate),
    insecure: true,
  });
  assert.equal(client.handshake.trusted, false);
  assert.match(client.handshake.problem!, /self-signed/);
});

Deno.test("connect() trusts a pinned key, and no other", async () => {
  await using listener = await listen(LOOPBACK, { alpn: [ALPN] });
  const client = await connect(listener.local, { alpn: [ALPN], pins: [listener.pin] });
  await client.close();
  const wrong = `sha256/${"A".repeat(43)}=`;
  const error = await fails(connect(listener.local, { alpn: [ALPN], pins: [wrong] }), "ERR_TLS");
  assert(error.message.includes(listener.pin), error.message);
});

Deno.test("connect() checks the server's name: ERR_TLS", async () => {
  await using listener = await listen(LOOPBACK, { alpn: [ALPN], hosts: ["a.test"] });
  const trust = { alpn: [ALPN], ca: listener.certificate };
  const client = await connect(listener.local, { ...trust, serverName: "a.test" });
  assert.equal(client.handshake.serverName, "a.test");
  await client.close();
  const error = await fails(connect(listener.local, { ...trust, serverName: "b.test" }), "ERR_TLS");
  assert.match(error.message, /it is not for b\.test but for a\.test$/);
});

Deno.test("a server shows the certificate that it is given", async () => {
  const { certificate, key } = makeSelfSigned({ hosts: ["127.0.0.1"], nowMs: Date.now(), random });
  const cert = certificatePem(certificate);
  const keyPem = key.export({ format: "pem", type: "pkcs8" }).toString();
  await using ends = await pair({ listen: { cert, key: keyPem } });
  assert.equal(ends.listener.selfSigned, false);
  assert.deepEqual(ends.client.handshake.peerCertificates, [certificate]);
});

Deno.test("listen() refuses a certificate and a key that do not belong together", async () => {
  const [a, b] = [1, 2].map(() => makeSelfSigned({ hosts: ["a.test"], nowMs: Date.now(), random }));
  const key = b!.key.export({ format: "pem", type: "pkcs8" }).toString();
  const cert = certificatePem(a!.certificate);
  await fails(listen(LOOPBACK, { alpn: [ALPN], cert, key }), "ERR_INVALID_VALUE");
  await fails(listen(LOOPBACK, { alpn: [ALPN], cert }), "ERR_INVALID_VALUE");
  await fails(listen(LOOPBACK, { alpn: [ALPN], cert: "nonsense", key }), "ERR_INVALID_VALUE");
  await fails(listen(LOOPBACK, { alpn: [ALPN], cert, key: "nonsense" }), "ERR_INVALID_VALUE");
});

Deno.test("connect() says that the server has none of its application protocols: ERR_TLS", async () => {
  await using listener = await listen(LOOPBACK, { alpn: [ALPN] });
  const error = await fails(
    connect(listener.local, { alpn: ["other"], ca: listener.certificate }),
    "ERR_TLS",
  );
  assert.match(error.message, /no_application_protocol.*it speaks none of our application protocols/);
  assert.equal(error.data.quic_error, 0x178);
});

Deno.test("connect() proves its address where the server always asks for that", async () => {
  await using ends = await pair({ listen: { retry: "always" } });
  assert(ends.client.core.core.retrySource !== null);
});

Deno.test("connect() is refused by a server whose queue is full: ERR_REFUSED", async () => {
  await using listener = await listen(LOOPBACK, { alpn: [ALPN], backlog: 1 });
  const trust = { alpn: [ALPN], ca: listener.certificate };
  const first = await dial(listener.local, trust);
  // The server has accepted it, once the handshake is confirmed
  while (!first.core.confirmed) await new Promise((resolve) => setTimeout(resolve, 1));
  const error = await fails(connect(listener.local, trust), "ERR_REFUSED");
  assert.match(error.message, /: the server refuses it/);
  await first.close();
});

Deno.test("connect() says that the server speaks no version of ours: ERR_PROTOCOL", async () => {
  await using server = await openDatagramSocket({ address: LOOPBACK.ip! });
  const answering = (async () => {
    let answered = false;
    while (!answered && await server.readable()) {
      server.receive((buffer, start, _end, remote) => {
        // Version Negotiation (RFC 9000 17.2.1) with the ids of the client the other way round
        const destinationLength = buffer[start + 5]!;
        const destination = buffer.slice(start + 6, start + 6 + destinationLength);
        const sourceAt = start + 6 + destinationLength;
        const source = buffer.slice(sourceAt + 1, sourceAt + 1 + buffer[sourceAt]!);
        const answer = Uint8Array.of(
          0xc0,
          ...[0, 0, 0, 0],
          ...[source.length, ...source],
          ...[destination.length, ...destination],
          ...[0xff, 0, 0, 0x1d],
        );
        server.send(answer, 0, answer.length, remote);
        answered = true;
      });
    }
  })();
  const error = await fails(connect(server.local, { alpn: [ALPN], insecure: true }), "ERR_PROTOCOL");
  assert.match(error.message, /^Cannot connect to [^ ]+: the server does not speak QUIC v1 but 0xff00001d$/);
  await answering;
});

Deno.test("connect() looks a name up and tells it to the server", async () => {
  await using listener = await listen(LOOPBACK, { alpn: [ALPN] });
  const target = Endpoint.of("localhost", listener.local.port!);
  await using client = await connect(target, { alpn: [ALPN], ca: listener.certificate });
  assert.equal(client.handshake.serverName, "localhost");
});

Deno.test("both ends give the lines of a key log", async () => {
  const lines: Record<"client" | "server", string[]> = { client: [], server: [] };
  await using _ends = await pair({
    connect: { keyLog: (line) => lines.client.push(line) },
    listen: { keyLog: (line) => lines.server.push(line) },
  });
  assert.equal(lines.client.length, 4);
  assert.deepEqual(lines.client.toSorted(), lines.server.toSorted());
  for (const line of lines.client) assert.match(line, /^[A-Z]+_[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,96}$/);
});

Deno.test("connect() and listen() want an application protocol: ERR_INVALID_VALUE", async () => {
  await fails(connect(LOOPBACK.withPort(1), { alpn: [] }), "ERR_INVALID_VALUE");
  await fails(listen(LOOPBACK, { alpn: [] }), "ERR_INVALID_VALUE");
});

Deno.test("connect() refuses a congestion control that it does not have: ERR_OPTION_REFUSED", async () => {
  const error = await fails(
    connect(LOOPBACK.withPort(1), { alpn: [ALPN], congestion: "nonsense" }),
    "ERR_OPTION_REFUSED",
  );
  assert.equal(
    error.message,
    'Cannot set congestion control to "nonsense": QUIC has cubic, reno, lia, olia here',
  );
});

Deno.test({
  name: "connect() goes from a chosen local address",
  ...requires("ffi"),
  fn: async () => {
    const localAddress = Endpoint.parse("127.0.0.77").ip!;
    await using ends = await pair({ connect: { localAddress } });
    assert(ends.client.local.ip!.equals(localAddress));
    assert(ends.server.remote.ip!.equals(localAddress));
  },
});
