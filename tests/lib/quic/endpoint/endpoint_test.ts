import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import type { Connection } from "../../../../lib/quic/connection/connection.ts";
import { TokenKey } from "../../../../lib/quic/tokens.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { offeredVersions, PacketHeader } from "../../../../lib/quic/wire/packet_header.ts";
import { QUIC_V1, QUIC_V2 } from "../../../../lib/quic/wire/versions.ts";
import { drain, joined } from "../connection/exchange.ts";
import { pattern } from "../connection/pair.ts";
import { seededRandom } from "../../tls/pair.ts";
import { CLIENT, SERVER, World, type WorldOptions } from "./world.ts";

/** Connects one client; fails if it cannot. */
function connected(options: WorldOptions = {}): { readonly world: World; readonly connection: Connection } {
  const world = new World(options);
  const connection = world.connect();
  assert(world.run(() => connection.confirmed), String(connection.closeReason?.text));
  return { world, connection };
}

Deno.test("50 connections over one socket: each has its own streams, and all end", () => {
  using world = new World();
  const connections = Array.from({ length: 50 }, () => world.connect());
  assert(world.run(() => connections.every(({ confirmed }) => confirmed)));
  assert(world.run(() => world.accepted.length === 50));
  for (const [index, connection] of connections.entries()) {
    const id = connection.open("bidirectional")!;
    connection.streams.write(id, pattern(3000, index));
    connection.streams.finish(id);
    world.client.touch(connection, world.nowUs);
  }
  const got = new Map<Connection, Uint8Array[]>();
  const ended = new Set<Connection>();
  world.run(() => {
    for (const connection of world.accepted) {
      const chunks = got.get(connection) ?? [];
      got.set(connection, chunks);
      if (!ended.has(connection) && drain(connection, 0, chunks) && chunks.length > 0) ended.add(connection);
    }
    return ended.size === 50;
  });
  const wanted = new Set(connections.map((_, index) => pattern(3000, index).join()));
  assert.deepEqual(new Set([...got.values()].map((chunks) => joined(chunks).join())), wanted);
  for (const connection of connections) {
    connection.close(world.nowUs, 0);
    world.client.touch(connection, world.nowUs);
  }
  assert(world.run(() => world.client.load.connections === 0 && world.server.load.connections === 0));
  assert.deepEqual(world.server.load, { connections: 0, handshakes: 0, waiting: 0 });
});

Deno.test("RFC 9000 14.3: a size that the system refuses is given up at once, and what fits is found without waiting", () => {
  using world = new World({ link: { mtu: 1_300 } });
  const { client } = world;
  const poll = client.pollTransmit.bind(client);
  let refused = 0;
  Object.defineProperty(client, "pollTransmit", {
    value: (...args: Parameters<typeof poll>) => {
      const out = poll(...args);
      if (out !== null && out.segmentBytes > 1_300) {
        refused++;
        client.handleTooLarge(world.nowUs, out);
      }
      return out;
    },
  });
  const connection = world.connect();
  assert(world.run(() => connection.confirmed));
  world.run(() => false, 400_000);
  const { mtu } = connection.core.firstPath;
  assert(refused > 0 && mtu > 1_280 && mtu <= 1_300, `${mtu} after ${refused} refusals`);
});

Deno.test("RFC 9000 8.1.2: with Retry a client proves its address first, and the handshake goes on", () => {
  const { world, connection } = connected({ server: { retry: "always" } });
  using _world = world;
  assert.equal(world.server.counters.retries, 1);
  assert(connection.core.retrySource !== null);
  assert.equal(world.accepted[0]!.core.firstPath.network.validated, true);
});

Deno.test("RFC 9000 8.1.3: a token of an earlier connection saves the Retry, once", () => {
  const { world, connection } = connected({ server: { retry: "always" } });
  using _world = world;
  world.run(() => false, 500_000);
  const event = world.events.get(connection)!.find(({ type }) => type === "token");
  assert(event?.type === "token");
  const second = world.connect({ token: event.token });
  assert(world.run(() => second.confirmed));
  assert.equal(world.server.counters.retries, 1);
  const third = world.connect({ token: event.token });
  assert(world.run(() => third.confirmed));
  assert.equal(world.server.counters.retries, 2);
});

Deno.test("under load clients have to prove their address, and beyond the limit they are refused", () => {
  using world = new World({ server: { maxHandshakes: 4, maxConnections: 6 } });
  const connections = Array.from({ length: 12 }, () => world.connect());
  world.run(() => connections.every((each) => each.confirmed || each.closeReason !== null));
  assert(world.server.counters.retries > 0);
  const refused = connections.filter((each) => each.closeReason?.errorCode === QUIC_ERROR.CONNECTION_REFUSED);
  assert.equal(refused.length, world.server.counters.refusals);
  assert(refused.length > 0 && connections.some(({ confirmed }) => confirmed));
  assert(world.server.load.connections <= 6);
});

Deno.test("RFC 9000 8.1.2: a Retry token that was given to somebody else is refused with INVALID_TOKEN", () => {
  using world = new World({ server: { retry: "always" } });
  const tokens = new TokenKey(new Uint8Array(32).fill(2), seededRandom(3));
  const elsewhere = { ...CLIENT, port: CLIENT.port + 1 };
  const id = ConnectionId.from(pattern(8));
  const connection = world.connect({ token: tokens.retryToken(elsewhere, id, id, world.nowUs) });
  assert(world.run(() => connection.closeReason !== null));
  assert.equal(connection.closeReason?.errorCode, QUIC_ERROR.INVALID_TOKEN);
  assert.equal(world.server.load.connections, 0);
});

/** A datagram of 1200 bytes with a long header of a version. */
function hello(version: number, size: number = 1200): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  bytes[0] = 0xc0;
  new DataView(bytes.buffer).setUint32(1, version);
  bytes.set([8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 9, 9, 9], 5);
  return bytes;
}

for (const version of [0x0a1a2a3a, QUIC_V2, 0xff00001d]) {
  Deno.test(`RFC 9000 6.1: a packet of version 0x${version.toString(16)} is answered with the versions there are`, () => {
    using world = new World();
    const tuple = { local: SERVER, remote: CLIENT };
    world.server.handleDatagram(world.nowUs, tuple, hello(version), 0, 1200);
    const slab = new Uint8Array(2000);
    const out = world.server.pollTransmit(world.nowUs, slab);
    assert(out !== null && out.end < 1200);
    const header = new PacketHeader();
    assert.equal(header.read(slab, 0, out.end, 8), null);
    assert.equal(header.type, "version-negotiation");
    assert.deepEqual([...slab.subarray(header.destinationStart, header.destinationEnd)], [9, 9, 9, 9]);
    assert(offeredVersions(slab.subarray(0, out.end), header).includes(QUIC_V1));
    assert.equal(world.server.load.connections, 0);
  });
}

Deno.test("RFC 9000 14.1, 6.1: datagrams below 1200 bytes are not answered and make no connection", () => {
  using world = new World();
  for (const version of [QUIC_V1, 0x0a1a2a3a]) {
    world.server.handleDatagram(
      world.nowUs,
      { local: SERVER, remote: CLIENT },
      hello(version, 1199),
      0,
      1199,
    );
  }
  assert.equal(world.server.pollTransmit(world.nowUs, new Uint8Array(2000)), null);
  assert.equal(world.server.load.connections, 0);
});

Deno.test("a flood of Initial packets that cannot be opened leaves nothing behind and gets no answer", () => {
  using world = new World();
  const random = seededRandom(9);
  for (let count = 0; count < 200; count++) {
    const bytes = hello(QUIC_V1);
    bytes.set(random(1100), 19);
    // No token, and a length that fills the datagram
    bytes.set([0, 0x44, 0x9b - 2], 19);
    world.server.handleDatagram(world.nowUs, { local: SERVER, remote: CLIENT }, bytes, 0, 1200);
  }
  assert.equal(world.server.pollTransmit(world.nowUs, new Uint8Array(2000)), null);
  assert.deepEqual(world.server.load, { connections: 0, handshakes: 0, waiting: 0 });
});

Deno.test("RFC 9000 10.3: a server that lost its state resets the connection, and the client believes it", () => {
  const { world, connection } = connected();
  using _world = world;
  world.run(() => false, 500_000);
  world.server.abandon();
  world.server = world.makeServer();
  connection.ping();
  connection.streams.write(connection.open("unidirectional")!, pattern(100));
  world.client.touch(connection, world.nowUs);
  assert(world.run(() => connection.closeReason !== null));
  assert.equal(connection.closeReason?.by, "stateless-reset");
});

Deno.test("RFC 9000 10.3.1: a client believes a reset from any address that it has a path to, and from no other", () => {
  const { world, connection } = connected({ config: { initialMaxPathId: 2 } });
  using _world = world;
  world.run(() => false, 500_000);
  const other = { ip: Ip.parse("198.51.100.2"), port: 4433 };
  const pathId = connection.openPath(world.nowUs, { local: CLIENT, remote: other });
  assert.equal(pathId, 1);
  const slab = new Uint8Array(2000);
  // A packet on that path, which reaches a server that knows nothing
  const packet = pattern(100);
  packet[0] = 0x41;
  connection.core.path(1).remoteIds.current!.writeTo(packet, 1);
  const lost = world.makeServer();
  lost.handleDatagram(world.nowUs, { local: other, remote: CLIENT }, packet, 0, packet.length);
  const reset = slab.slice(0, lost.pollTransmit(world.nowUs, slab)!.end);
  for (const remote of [{ ...other, port: 1 }, other]) {
    const bytes = reset.slice();
    world.client.handleDatagram(world.nowUs, { local: CLIENT, remote }, bytes, 0, bytes.length);
    assert.equal(connection.closeReason?.by, remote === other ? "stateless-reset" : undefined);
  }
});

Deno.test("RFC 9000 10.3.3: two endpoints that know nothing of each other come to rest", () => {
  using world = new World();
  let bytes = pattern(200);
  bytes[0] = 0x41;
  const slab = new Uint8Array(2000);
  const other = world.makeServer();
  let rounds = 0;
  for (let turn = world.server; rounds < 500; rounds++) {
    turn.handleDatagram(world.nowUs, { local: SERVER, remote: CLIENT }, bytes, 0, bytes.length);
    const out = turn.pollTransmit(world.nowUs, slab);
    if (out === null) break;
    assert(out.end < bytes.length);
    bytes = slab.slice(0, out.end);
    turn = turn === world.server ? other : world.server;
  }
  assert(rounds < 200);
});

Deno.test("RFC 9000 8.1: a server sends an unvalidated client no more than three times what came", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    using world = new World({ seed, link: { loss: 0.3, seed } });
    const connection = world.connect();
    world.run(() => {
      const { counts } = world.route.back;
      const validated = world.accepted.length > 0 ||
        [...world.server.connections].some((each) => each.core.firstPath.network.validated);
      if (!validated) assert(counts.sentBytes <= 3 * world.route.there.counts.deliveredBytes);
      return connection.confirmed;
    }, 60_000_000);
    assert.equal(connection.confirmed, true);
  }
});
