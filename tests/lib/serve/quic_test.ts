import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { connect, type QuicConnection } from "../../../lib/quic/mod.ts";
import { encodePerfHeader } from "../../../lib/protocol/perf.ts";
import { serve } from "../../../lib/serve/mod.ts";
import type { ServeEvent, ServeOptions } from "../../../lib/serve/mod.ts";
import { bytesOf, receiveText } from "../transport/bytes.ts";
import { fails, until } from "../transport/compliance_support.ts";

/** A server on a QUIC address, and a client of it. */
async function served(
  alpn: string,
  work: (client: QuicConnection) => Promise<void>,
  options: ServeOptions = {},
): Promise<readonly ServeEvent[]> {
  const events: ServeEvent[] = [];
  const listen = [Endpoint.parse("quic@127.0.0.1:0", { allowPortZero: true })];
  await using server = await serve(
    { listen, synMirrorPort: null, ...options },
    (event) => events.push(event),
  );
  const [first] = events;
  assert(first?.event === "listening" && first.pin !== undefined);
  {
    await using client = await connect(server.listeners[0]!.local, { alpn: [alpn], pins: [first.pin] });
    await work(client);
  }
  // The server notes the end of the connection by itself
  await until(() => events.some(({ event }) => event === "connection"));
  await server.close();
  await server.finished;
  return events;
}

async function get(client: QuicConnection, path: string): Promise<string> {
  const stream = await client.openStream();
  await stream.write(bytesOf(`GET ${path}\r\n`));
  await stream.closeWrite();
  return await receiveText(stream);
}

Deno.test("serve answers the check over quic, on as many streams as it is asked", async () => {
  const events = await served("hq-interop", async (client) => {
    const [answer, bytes, ...more] = await Promise.all([
      get(client, "/"),
      get(client, "/bytes/100000"),
      ...Array.from({ length: 20 }, () => get(client, "/bytes/1")),
    ]);
    const check = JSON.parse(answer);
    assert.equal(check.schema, "mpt.check/1");
    assert.equal(check.transport, "quic");
    assert.equal(check.remote, client.local.address);
    assert.equal(check.paths.length, 1);
    assert.equal(bytes.length, 100_000);
    assert.deepEqual(new Set(more.map(({ length }) => length)), new Set([1]));
  });
  const last = events.find((event) => event.event === "connection");
  assert(last?.event === "connection");
  assert.deepEqual([last.transport, last.protocol, last.requests, last.end], ["quic", "http", 22, "done"]);
});

Deno.test("serve resets the stream of a request that it cannot serve, and goes on", async () => {
  await served("hq-interop", async (client) => {
    for (const path of ["/nothing", "/bytes/11", "/bytes/x", `/${"a".repeat(5000)}`]) {
      await fails(get(client, path), "ERR_RESET");
    }
    assert.equal((await get(client, "/bytes/10")).length, 10);
  }, { maxBytes: 10 });
});

Deno.test("serve speaks perf over quic: the upload, then the download", async () => {
  const events = await served("perf", async (client) => {
    const stream = await client.openStream();
    await stream.write(encodePerfHeader(300_000));
    await stream.write(new Uint8Array(200_000));
    await stream.closeWrite();
    let bytes = 0;
    await stream.consume((chunk) => void (bytes += chunk.length));
    assert.equal(bytes, 300_000);
  });
  const last = events.find((event) => event.event === "connection");
  assert(last?.event === "connection");
  assert.deepEqual([last.protocol, last.bytes_received, last.bytes_sent], ["perf", 200_000, 300_000]);
});

Deno.test("serve refuses perf over quic to those who do not know its token", async () => {
  await served("perf", async (client) => {
    const stream = await client.openStream();
    await stream.write(encodePerfHeader(1));
    await stream.closeWrite();
    await fails(receiveText(stream), "ERR_RESET");
  }, { token: "secret-secret-secret" });
});

Deno.test("serve turns a quic client away that is one too many", async () => {
  await served("hq-interop", async (client) => {
    assert.equal((await get(client, "/bytes/1")).length, 1);
    const pins = [client.handshake.peerPin!];
    const second = await connect(client.remote, { alpn: ["hq-interop"], pins });
    await second.closed;
    assert.match(second.closeReason!.text, /^the server has its 1 connections$/);
  }, { maxConnections: 1 });
});
