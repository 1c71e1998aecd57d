import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { bench } from "../../lib/bench/mod.ts";
import { decodePerfHeader, encodePerfHeader, PERF_HEADER_BYTES } from "../../lib/protocol/perf.ts";
import { serve, type ServedConnection } from "../../lib/serve/mod.ts";
import { certificatePem, makeSelfSigned } from "../../lib/tls/x509/self_signed.ts";
import "../support/open_libc.ts";

/** draft-banks-quic-performance 2.1. Deno's built-in QUIC is quinn. */
const ALPN = "perf";

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const IDENTITY = makeSelfSigned({ hosts: ["localhost"], nowMs: Date.now(), random });
const CERT = certificatePem(IDENTITY.certificate);
const KEY = IDENTITY.key.export({ format: "pem", type: "pkcs8" }).toString();
const TRUST = { ca: CERT, serverName: "localhost" };

/** A perf server of Deno's: what it received, by stream. */
function denoPerfServer(alpn: string) {
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const listener = endpoint.listen({ cert: CERT, key: KEY, alpnProtocols: [alpn] });
  const received: number[] = [];
  let closed = false;
  const serving = (async () => {
    while (!closed) {
      // A client without a protocol in common makes this fail, and is no reason to stop
      const connection = await listener.accept().catch(() => null);
      if (connection !== null) void serveStreams(connection).catch(() => {});
    }
  })();
  async function serveStreams(connection: Deno.QuicConn): Promise<void> {
    for await (const stream of connection.incomingBidirectionalStreams) {
      void servePerf(stream).catch(() => {});
    }
  }
  async function servePerf({ readable, writable }: Deno.QuicBidirectionalStream): Promise<void> {
    let header = new Uint8Array(0);
    let bytes = 0;
    for await (const chunk of readable) {
      bytes += chunk.length;
      if (header.length < PERF_HEADER_BYTES) header = Uint8Array.of(...header, ...chunk.subarray(0, 8));
    }
    received.push(bytes - PERF_HEADER_BYTES);
    const writer = writable.getWriter();
    for (let left = decodePerfHeader(header); left > 0;) {
      const piece = new Uint8Array(Math.min(left, 65_536));
      await writer.write(piece);
      left -= piece.length;
    }
    await writer.close();
  }
  return {
    target: Endpoint.of("127.0.0.1", endpoint.addr.port),
    received,
    async [Symbol.asyncDispose]() {
      closed = true;
      listener.stop();
      endpoint.close();
      await serving;
    },
  };
}

Deno.test("bench() measures Deno's perf server both ways: every byte arrives", async () => {
  await using server = denoPerfServer(ALPN);
  const result = await bench(server.target, {
    transports: ["quic"],
    directions: ["download", "upload"],
    bytes: 2_000_000,
    intervalMs: 50,
    quic: TRUST,
  });
  assert.deepEqual(result.runs.map(({ direction, bytes, error }) => [direction, bytes, error]), [
    ["download", 2_000_000, null],
    ["upload", 2_000_000, null],
  ]);
  assert.deepEqual(server.received, [0, 2_000_000]);
  for (const { goodput_bps, rtt_ms } of result.runs) assert(goodput_bps > 0 && (rtt_ms?.p50 ?? 0) > 0);
});

Deno.test("bench() ends a download from Deno's perf server after its duration", async () => {
  await using server = denoPerfServer(ALPN);
  const { runs: [run] } = await bench(server.target, {
    transports: ["quic"],
    durationMs: 200,
    intervalMs: 50,
    quic: TRUST,
  });
  assert.equal(run!.error, null);
  assert(run!.bytes > 0 && run!.duration_ms >= 199, JSON.stringify(run));
});

Deno.test("bench() says that Deno's server speaks another protocol than perf", async () => {
  await using server = denoPerfServer("h3");
  await assert.rejects(bench(server.target, { transports: ["quic"], bytes: 1000, quic: TRUST }), {
    code: "ERR_PROTOCOL",
    message: `Cannot measure ${server.target.address}: the server speaks QUIC, but not perf`,
  });
});

for (const [upload, download] of [[0, 2_000_000], [2_000_000, 0], [500_000, 1_000_001]] as const) {
  Deno.test(`Deno's perf client sends ${upload} bytes to mpt serve and has ${download} back`, async () => {
    const ended = Promise.withResolvers<ServedConnection>();
    const listen = [Endpoint.parse("quic@127.0.0.1:0", { allowPortZero: true })];
    await using server = await serve({ listen, synMirrorPort: null, cert: CERT, key: KEY }, (event) => {
      if (event.event === "connection") ended.resolve(event);
    });
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    const connection = await Deno.connectQuic({
      hostname: "127.0.0.1",
      port: server.listeners[0]!.local.port!,
      serverName: "localhost",
      alpnProtocols: [ALPN],
      caCerts: [CERT],
      endpoint,
    });
    const { readable, writable } = await connection.createBidirectionalStream();
    const writer = writable.getWriter();
    await writer.write(encodePerfHeader(download));
    if (upload > 0) await writer.write(new Uint8Array(upload));
    await writer.close();
    let bytes = 0;
    for await (const chunk of readable) bytes += chunk.length;
    assert.equal(bytes, download);
    connection.close({ closeCode: 0, reason: "" });
    const { protocol, transport, bytes_received, bytes_sent } = await ended.promise;
    assert.deepEqual([protocol, transport, bytes_received, bytes_sent], ["perf", "quic", upload, download]);
    endpoint.close();
  });
}
