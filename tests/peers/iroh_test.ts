import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { Ip } from "../../lib/base/ip.ts";
import type { QuicConnection } from "../../lib/quic/driver/api.ts";
import { dial } from "../../lib/quic/driver/connect.ts";
import type { DrivenConnection } from "../../lib/quic/driver/connection.ts";
import { listen } from "../../lib/quic/driver/listen.ts";
import { pinOf } from "../../lib/tls/x509/chain.ts";
import { type RunningProcess, start } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import "../support/open_libc.ts";

const PEER = new URL("iroh_peer.ts", import.meta.url).pathname;
const ALPN = "mpt-test";
const V4 = Ip.parse("127.0.0.1");
const SECOND = Ip.parse("127.0.0.2");

/** An Ed25519 SubjectPublicKeyInfo is this and the 32 bytes of the key (RFC 8410 4). */
const ED25519_INFO = "302a300506032b6570032100";

function peer(...args: readonly string[]): RunningProcess {
  return start([Deno.execPath(), "run", "--quiet", "--allow-all", PEER, ...args], { deadlineMs: 60_000 });
}

/** A key of ours as PEM, and the 32 bytes of its public half in hexadecimal digits. */
function newKey(): { readonly key: string; readonly id: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const info = publicKey.export({ type: "spki", format: "der" });
  return {
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    id: info.toString("hex").slice(ED25519_INFO.length),
  };
}

/** Our client at iroh's server, over raw public keys both ways. */
async function connectTo(server: RunningProcess): Promise<DrivenConnection> {
  const [, id = "", port = ""] = await server.line(/^ready ([0-9a-f]{64}) (\d+)$/);
  const info = Uint8Array.from(Buffer.from(ED25519_INFO + id, "hex"));
  return await dial(Endpoint.of(V4, Number(port)), {
    alpn: [ALPN],
    pins: [pinOf(info)],
    rawPublicKeys: true,
    identity: { key: newKey().key },
    localAddress: V4,
    multipath: true,
  });
}

/** Asks for so many bytes; calls back after each piece. Every byte is looked at. */
async function ask(
  connection: QuicConnection,
  wanted: number,
  onProgress: (received: number) => void = () => {},
): Promise<void> {
  const stream = await connection.openStream();
  await stream.write(new TextEncoder().encode(String(wanted)));
  await stream.closeWrite();
  let at = 0;
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    for (const byte of chunk) if (byte !== at++ % 251) assert.fail(`byte ${at - 1} is wrong`);
    onProgress(at);
  }
  assert.equal(at, wanted);
}

Deno.test({
  name: "iroh as server: raw public keys, a second path opened, its status told, the first one abandoned",
  ...requires("iroh"),
  async fn() {
    await using server = peer("server", "0.0.0.0:0");
    await using connection = await connectTo(server);
    assert.equal(connection.multipath, true);
    assert.equal(connection.handshake.trusted, true);
    const events = connection.pathEvents();
    const path = await connection.openPath({ local: SECOND });
    await ask(connection, 1_000_000);
    assert.deepEqual(connection.paths().map(({ state }) => state), ["active", "active"]);
    path.setStatus("backup");
    await ask(connection, 100_000);
    path.setStatus("available");
    connection.path(0)!.close();
    for await (const { change, path: { id } } of events) if (change === "abandoned" && id === 0) break;
    await ask(connection, 1_000_000);
    assert(path.stats().bytesReceived > 1_000_000);
  },
});

Deno.test({
  name: "iroh as server: no byte is lost on a path that goes silent",
  ...requires("iroh"),
  async fn() {
    await using server = peer("server", "0.0.0.0:0");
    await using connection = await connectTo(server);
    await connection.openPath({ local: SECOND });
    let broken = false;
    await ask(connection, 4_000_000, (received) => {
      if (broken || received < 1_000_000) return;
      const [busy] = connection.paths().toSorted((a, b) => b.bytesReceived - a.bytesReceived);
      broken = connection.breakPath(busy!.id);
    });
    assert(broken);
  },
});

Deno.test({
  // It opens further paths only to peers that speak its own extension for NAT traversal
  name: "iroh as client: raw public keys, several paths agreed on, every byte",
  ...requires("iroh"),
  async fn() {
    const { key, id } = newKey();
    await using listener = await listen(Endpoint.parse("0.0.0.0:0", { allowPortZero: true }), {
      alpn: [ALPN],
      key,
      rawPublicKey: true,
      clients: {},
      multipath: true,
    });
    const accepting = listener.accept();
    const { port } = listener.local;
    await using client = peer("client", id, "2000000", `127.0.0.1:${port}`);
    await using server = (await accepting)!;
    assert.equal(server.multipath, true);
    assert.match(server.handshake.peerPin!, /^sha256\//);
    const stream = (await server.acceptStream())!;
    const request: number[] = [];
    for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) request.push(...chunk);
    const wanted = Number(new TextDecoder().decode(Uint8Array.from(request)));
    assert.equal(wanted, 2_000_000);
    await stream.write(Uint8Array.from({ length: wanted }, (_, i) => i % 251));
    await stream.closeWrite();
    await client.line(/^received 2000000 over /);
  },
});
