import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import type { SocketAddress } from "../../../../lib/quic/connection/tuple.ts";
import { QUIC_V1 } from "../../../../lib/quic/wire/versions.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import {
  encodeRetry,
  encodeVersionNegotiation,
  writeLength,
  writeLongHeader,
} from "../../../../lib/quic/wire/write_packet.ts";
import { retryIntegrityTag } from "../../../../lib/crypto/retry_integrity.ts";
import { Random } from "../../../../lib/lab/link/random.ts";
import { CLIENT, SERVER, World } from "../endpoint/world.ts";
import { Pair } from "../connection/pair.ts";

const RUNS = 2_000;

const stranger = (n: number): SocketAddress => ({ ip: Ip.parse("203.0.113.9"), port: 1_024 + (n % 60_000) });

function randomBytes(random: Random, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => random.uint32() & 0xff);
}

/** What the server's endpoint has to say, in bytes, until it says nothing. */
function said(world: World): number {
  const slab = new Uint8Array(65_536);
  let bytes = 0;
  for (let out = world.server.pollTransmit(world.nowUs, slab); out !== null;) {
    bytes += out.end;
    out = world.server.pollTransmit(world.nowUs, slab);
  }
  return bytes;
}

Deno.test("hostile: random datagrams begin nothing, are never answered with more than three times their bytes, and honest clients go on", () => {
  using world = new World();
  const connection = world.connect();
  assert(world.run(() => connection.confirmed));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_500 }), fc.nat(), (bytes, n) => {
      const before = world.server.load.connections;
      const copy = new Uint8Array(bytes);
      world.server.handleDatagram(world.nowUs, { local: SERVER, remote: stranger(n) }, copy, 0, copy.length);
      assert.equal(world.server.load.connections, before);
      assert(said(world) <= 3 * bytes.length);
      world.nowUs += 1_000;
    }),
    { numRuns: RUNS },
  );
  const id = connection.open("unidirectional")!;
  connection.streams.write(id, new Uint8Array(1_000));
  connection.streams.finish(id);
  world.client.touch(connection, world.nowUs);
  assert(world.run(() => world.events.get(connection)?.some(({ type }) => type === "delivered") === true));
});

Deno.test("hostile: changed datagrams of a handshake neither crash an endpoint nor begin a connection that is not authentic", () => {
  const firsts: Uint8Array[] = [];
  {
    using world = new World();
    world.connect();
    const slab = new Uint8Array(4_096);
    for (let out = world.client.pollTransmit(world.nowUs, slab); out !== null;) {
      firsts.push(slab.slice(0, out.end));
      out = world.client.pollTransmit(world.nowUs, slab);
    }
  }
  using world = new World();
  const random = Random.of(7);
  for (let n = 0; n < RUNS; n++) {
    const bytes = new Uint8Array(firsts[n % firsts.length]!);
    for (let i = 0; i <= n % 4; i++) bytes[random.uint32() % 60]! ^= 1 + (random.uint32() % 255);
    const cut = n % 3 === 0 ? random.uint32() % bytes.length : bytes.length;
    world.server.handleDatagram(world.nowUs, { local: SERVER, remote: stranger(n) }, bytes, 0, cut);
    assert(said(world) <= 3 * cut);
  }
  assert.equal(world.server.load.connections, 0);
});

Deno.test("hostile: RFC 9000 21.11: short packets to unknown ids tell the same token for the same id only, and a hundred in a second", () => {
  using world = new World();
  const random = Random.of(3);
  for (let n = 0; n < 1_000; n++) {
    const bytes = randomBytes(random, 60);
    bytes[0] = 0x40 | (bytes[0]! & 0x3f);
    world.server.handleDatagram(world.nowUs, { local: SERVER, remote: stranger(n) }, bytes, 0, bytes.length);
    const answer = said(world);
    assert(answer < 60, "RFC 9000 10.3.3: smaller than what it answers");
  }
  assert(world.server.counters.resets > 0 && world.server.counters.resets <= 100);
});

Deno.test("hostile: RFC 9000 21.11: ids of connections that are there are never answered with their token", () => {
  using world = new World();
  const connection = world.connect();
  assert(world.run(() => connection.confirmed));
  const id = connection.core.firstPath.remoteIds.current!;
  const bytes = new Uint8Array(60);
  bytes[0] = 0x40;
  bytes.set(id.toBytes(), 1);
  for (let n = 0; n < 100; n++) {
    const copy = bytes.slice();
    copy[20] = n;
    world.server.handleDatagram(world.nowUs, { local: SERVER, remote: stranger(n) }, copy, 0, copy.length);
  }
  assert.equal(world.server.counters.resets, 0);
  assert.equal(said(world), 0);
});

Deno.test("hostile: RFC 9000 21.12: Version Negotiation is not believed once the server has answered, nor with the version that was tried", () => {
  using pair = new Pair();
  const { core } = pair.client;
  pair.run(() => false, 1_000);
  const negotiation = (versions: readonly number[]): Uint8Array<ArrayBuffer> =>
    encodeVersionNegotiation(core.source.toBytes(), core.originalDestination.toBytes(), versions, 0);
  const tuple = core.firstPath.network.tuple;
  const give = (bytes: Uint8Array<ArrayBuffer>): void =>
    pair.client.handleDatagram(pair.nowUs, tuple, bytes, 0, bytes.length);
  give(negotiation([QUIC_V1, 0x1a2a3a4a]));
  assert.equal(pair.client.closeReason, null);
  const wrong = ConnectionId.from(new Uint8Array(8)).toBytes();
  give(encodeVersionNegotiation(core.source.toBytes(), wrong, [0x1a2a3a4a], 0));
  assert.equal(pair.client.closeReason, null, "it does not know what was sent");
  pair.connect();
  give(negotiation([0x1a2a3a4a]));
  assert.equal(pair.client.closeReason, null);
});

Deno.test("hostile: a Retry without the right tag, or after the server has answered, is passed over", () => {
  using pair = new Pair();
  const { core } = pair.client;
  pair.run(() => false, 1_000);
  const source = ConnectionId.from(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  const body = encodeRetry(QUIC_V1, core.source, source, Uint8Array.of(1, 2, 3), 0);
  const forged = new Uint8Array(body.length + 16);
  forged.set(body);
  pair.client.handleDatagram(pair.nowUs, core.firstPath.network.tuple, forged, 0, forged.length);
  assert.equal(core.retrySource, null);
  pair.connect();
  assert.equal(core.token.length, 0);
});

Deno.test("hostile: RFC 9000 17.2.5.1: a Retry with the very id that it answers is passed over", () => {
  using pair = new Pair();
  const { core } = pair.client;
  pair.run(() => false, 1_000);
  const answer = (source: ConnectionId): void => {
    const body = encodeRetry(QUIC_V1, core.source, source, Uint8Array.of(1, 2, 3), 0);
    const tag = retryIntegrityTag(QUIC_V1, core.originalDestination.toBytes(), body);
    const packet = Uint8Array.of(...body, ...tag);
    pair.client.handleDatagram(pair.nowUs, core.firstPath.network.tuple, packet, 0, packet.length);
  };
  answer(core.originalDestination);
  assert.equal(core.retrySource, null);
  answer(ConnectionId.from(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)));
  assert.notEqual(core.retrySource, null);
});

for (const token of [new Uint8Array(0), Uint8Array.of(1)]) {
  const what = token.length === 0 ? "without a token is taken" : "with a token is dropped";
  Deno.test(`hostile: RFC 9000 17.2.2: an Initial packet of a server ${what}`, () => {
    using pair = new Pair();
    pair.run(({ server }) => server !== null, 1_000_000);
    const client = pair.client.core;
    const server = pair.server!.core;
    const bytes = new Uint8Array(1500);
    const keys = server.keys.initial!;
    const header = {
      type: "initial",
      version: QUIC_V1,
      destination: client.source,
      source: server.source,
      token,
    } as const;
    const payloadStart = writeLongHeader(bytes, 0, header, 90, 4);
    // A PING and padding
    bytes[payloadStart] = 1;
    const payloadEnd = payloadStart + 1_200;
    writeLength(bytes, payloadStart - 4, payloadEnd + 16);
    const end = keys.seal.seal(bytes, 0, payloadStart, payloadEnd, 0, 90);
    keys.headers.out.add(bytes, 0, payloadStart - 4, end);
    keys.headers.out.protect();
    pair.client.handleDatagram(pair.nowUs, client.firstPath.network.tuple, bytes, 0, end);
    assert.equal(client.heard, token.length === 0);
  });
}

Deno.test("hostile: a flood of Initial packets from many addresses stays within the limits, and honest clients get in by Retry", () => {
  using world = new World({ server: { maxHandshakes: 40, maxConnections: 200 } });
  const slab = new Uint8Array(4_096);
  for (let n = 0; n < 300; n++) {
    using other = new World({ seed: 1_000 + n });
    other.connect();
    const { end } = other.client.pollTransmit(other.nowUs, slab)!;
    const bytes = slab.slice(0, end);
    world.server.handleDatagram(world.nowUs, { local: SERVER, remote: stranger(n) }, bytes, 0, end);
    const { handshakes, connections } = world.server.load;
    assert(handshakes <= 40 && connections <= 200, `${handshakes} handshakes, ${connections} connections`);
    assert(said(world) <= 3 * end);
  }
  assert(world.server.counters.retries > 0, "they have to prove their addresses");
  const connection = world.connect();
  assert(world.run(() => connection.confirmed, 20_000_000), JSON.stringify(connection.closeReason));
  assert.notEqual(connection.core.retrySource, null);
  assert.equal(CLIENT.port, 50_000);
});
