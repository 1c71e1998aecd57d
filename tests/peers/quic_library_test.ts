import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { connect, listen } from "../../lib/quic/mod.ts";
import { serve } from "../../lib/serve/mod.ts";
import { certificatePem, makeSelfSigned } from "../../lib/tls/x509/self_signed.ts";
import "../support/open_libc.ts";

/** Deno's built-in QUIC is quinn. */
const ALPN = "hq-interop";
const LOOPBACK = Endpoint.parse("quic@127.0.0.1:0", { allowPortZero: true });
const BYTES = 3_000_000;

/** Goes up and comes back. */
const MANY = 100_000_000;

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const IDENTITY = makeSelfSigned({ hosts: ["localhost"], nowMs: Date.now(), random });
const CERT = certificatePem(IDENTITY.certificate);
const KEY = IDENTITY.key.export({ format: "pem", type: "pkcs8" }).toString();

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

Deno.test("connect() sends 100 MB to Deno's server and has them back with the same checksum, and datagrams", async () => {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const listener = endpoint.listen({ cert: CERT, key: KEY, alpnProtocols: [ALPN] });
  const accepting = listener.accept();
  const client = await connect(Endpoint.of("127.0.0.1", endpoint.addr.port), {
    alpn: [ALPN],
    ca: CERT,
    serverName: "localhost",
  });
  const theirs = await accepting;
  const stream = await client.openStream();
  const echoing = (async () => {
    const { value } = await theirs.incomingBidirectionalStreams.getReader().read();
    await value!.readable.pipeTo(value!.writable);
  })();
  const [sent, back] = [createHash("sha256"), createHash("sha256")];
  let received = 0;
  const receiving = (async () => {
    for await (const chunk of stream.readable) {
      back.update(chunk);
      received += chunk.length;
    }
  })();
  const block = new Uint8Array(randomBytes(1_000_000));
  for (let n = 0; n < MANY / block.length; n++) {
    // No two blocks are the same
    block[n % block.length]! ^= 0x55;
    sent.update(block);
    await stream.write(block);
  }
  await stream.closeWrite();
  await Promise.all([receiving, echoing]);
  assert.equal(received, MANY);
  assert.equal(back.digest("hex"), sent.digest("hex"));
  const arriving = client.receiveDatagram();
  await theirs.sendDatagram(Uint8Array.of(1, 2, 3));
  assert.deepEqual(await arriving, Uint8Array.of(1, 2, 3));
  await client.close(5, "done");
  const { closeCode, reason } = await theirs.closed;
  assert.deepEqual([closeCode, reason], [5, "done"]);
  listener.stop();
  endpoint.close();
});

Deno.test("listen() serves Deno's client", async () => {
  await using listener = await listen(LOOPBACK, { alpn: [ALPN], retry: "always" });
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const [theirs, server] = await Promise.all([
    Deno.connectQuic({
      hostname: "127.0.0.1",
      port: listener.local.port!,
      serverName: "localhost",
      alpnProtocols: [ALPN],
      caCerts: [listener.certificate],
      endpoint,
    }),
    listener.accept(),
  ]);
  const data = new Uint8Array(randomBytes(BYTES));
  const echoing = (async () => {
    const stream = (await server!.acceptStream())!;
    await stream.readable.pipeTo(stream.writable);
  })();
  const stream = await theirs.createBidirectionalStream();
  const [back] = await Promise.all([
    bytesOf(stream.readable),
    new Blob([data]).stream().pipeTo(stream.writable),
    echoing,
  ]);
  assert.equal(sha256(back), sha256(data));
  theirs.close({ closeCode: 9, reason: "bye" });
  await server!.closed;
  assert.deepEqual([server!.closeReason?.errorCode, server!.closeReason?.text], [9, "bye"]);
  endpoint.close();
});

Deno.test("serve answers Deno's client over hq-interop", async () => {
  await using server = await serve({ listen: [LOOPBACK], synMirrorPort: null, cert: CERT, key: KEY });
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const theirs = await Deno.connectQuic({
    hostname: "127.0.0.1",
    port: server.listeners[0]!.local.port!,
    serverName: "localhost",
    alpnProtocols: [ALPN],
    caCerts: [CERT],
    endpoint,
  });
  const stream = await theirs.createBidirectionalStream();
  const writer = stream.writable.getWriter();
  await writer.write(new TextEncoder().encode("GET /\r\n"));
  await writer.close();
  const check = JSON.parse(new TextDecoder().decode(await bytesOf(stream.readable)));
  assert.equal(check.transport, "quic");
  theirs.close();
  endpoint.close();
});
