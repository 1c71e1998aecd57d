import assert from "node:assert/strict";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { checkMemory } from "../../../sim/memory.ts";
import { Pair, pattern } from "../connection/pair.ts";
import { World } from "../endpoint/world.ts";
import { Attacker, control, stream, together } from "./attacker.ts";

/** Frames that cost the sender nothing, and what they are. */
const TRIFLES: readonly (readonly [string, (n: number) => Uint8Array])[] = [
  ["PING", () => control({ kind: "ping" })],
  ["MAX_DATA that raises nothing", () => control({ kind: "max_data", maximum: 1 })],
  ["MAX_DATA that raises by a byte", (n) => control({ kind: "max_data", maximum: 2_000_000 + n })],
  ["DATA_BLOCKED", (n) => control({ kind: "data_blocked", limit: n })],
  ["STREAMS_BLOCKED", (n) => control({ kind: "streams_blocked", direction: "bidirectional", limit: n })],
  ["STREAM_DATA_BLOCKED", (n) => control({ kind: "stream_data_blocked", streamId: 0, limit: n })],
  ["MAX_STREAM_DATA", (n) => control({ kind: "max_stream_data", streamId: 0, maximum: 600_000 + n })],
  ["STOP_SENDING", (n) => control({ kind: "stop_sending", streamId: 0, errorCode: n })],
  [
    "RESET_STREAM again and again",
    () => control({ kind: "reset_stream", streamId: 4, errorCode: 1, finalSize: 0 }),
  ],
  ["empty STREAM frames", () => stream(8, 0, 0)],
];

for (const [what, frame] of TRIFLES) {
  Deno.test(`hostile: RFC 9000 21.9: thousands of packets with ${what} cost the server no memory, and fewer bytes than they took`, () => {
    using pair = new Pair().connect();
    const attacker = new Attacker(pair);
    attacker.send(stream(0, 0, 1));
    let [received, sent] = [0, 0];
    pair.fate = (datagram) => {
      if (datagram.from === "server") sent += datagram.bytes.length;
      return null;
    };
    for (let n = 0; n < 3_000; n++) {
      const bytes = together(frame(n), new Uint8Array(20));
      received += bytes.length + 40;
      assert.equal(attacker.send(bytes), null);
      if (n % 10 === 0) pair.run(() => false, 1_000);
    }
    checkMemory(pair.server!);
    assert(sent < received, `${sent} bytes for ${received}`);
    assert.equal(pair.server!.closeState, "open");
  });
}

Deno.test("hostile: RFC 9000 21.7: a client that opens every stream that it may and leaves them gets no more of them", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  const server = pair.server!;
  // The honest client must not hear of what it has not sent
  pair.fate = () => null;
  for (let n = 0; n < 100; n++) {
    assert.equal(attacker.send(together(stream(4 * n, 0, 1), stream(4 * n + 2, 0, 1))), null);
    if (n % 10 === 0) pair.run(() => false, 1_000);
  }
  assert.equal(server.streams.size, 200);
  pair.run(() => false, 1_000_000);
  assert.equal(attacker.send(stream(400, 0, 1))?.errorCode, QUIC_ERROR.STREAM_LIMIT_ERROR);
});

Deno.test("hostile: a client that opens and resets streams without end leaves nothing behind", () => {
  using pair = new Pair().connect();
  const { client } = pair;
  const server = pair.server!;
  for (let n = 0; n < 2_000; n++) {
    const id = client.open("unidirectional");
    if (id !== null) {
      client.streams.write(id, pattern(100));
      client.streams.reset(id, 1);
    }
    pair.run(() => false, 2_000);
    pair.events.server.length = 0;
    for (let event = server.pollEvent(); event !== undefined; event = server.pollEvent());
  }
  pair.run(() => false, 2_000_000);
  checkMemory(server);
  assert(server.streams.size <= 100, `${server.streams.size} streams`);
});

Deno.test("hostile: DATAGRAM frames that nobody takes are dropped at a limit", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  const frames = together(
    ...Array.from({ length: 100 }, () => Uint8Array.of(0x31, 8, 1, 2, 3, 4, 5, 6, 7, 8)),
  );
  for (let n = 0; n < 200; n++) assert.equal(attacker.send(frames), null);
  assert(pair.server!.core.events.length <= 4_200, `${pair.server!.core.events.length} events`);
});

Deno.test("hostile: RFC 9000 21.6: connections that are held open and say next to nothing keep nobody out who is there, and are bounded", () => {
  using world = new World({ server: { maxConnections: 20, retry: "never" } });
  const held = Array.from({ length: 20 }, () => world.connect());
  assert(world.run(() => held.every(({ confirmed }) => confirmed)));
  const late = world.connect();
  assert(world.run(() => late.closeReason !== null));
  assert.equal(late.closeReason?.errorCode, QUIC_ERROR.CONNECTION_REFUSED);
  const id = held[0]!.open("unidirectional")!;
  held[0]!.streams.write(id, pattern(10_000));
  held[0]!.streams.finish(id);
  world.client.touch(held[0]!, world.nowUs);
  assert(world.run(() => world.events.get(held[0]!)?.some(({ type }) => type === "delivered") === true));
  // Who says nothing at all is forgotten
  world.run(() => world.server.load.connections === 0, 120_000_000);
  assert.equal(world.server.load.connections, 0);
  const next = world.connect();
  assert(world.run(() => next.confirmed));
});

Deno.test("hostile: RFC 9000 21.2: handshakes that are never finished are forgotten", () => {
  using world = new World({ server: { retry: "never" } });
  const slab = new Uint8Array(4_096);
  for (let n = 0; n < 20; n++) {
    using other = new World({ seed: 2_000 + n });
    other.connect();
    const out = other.client.pollTransmit(other.nowUs, slab)!;
    const from = { ip: out.tuple.local!.ip, port: 2_000 + n };
    const bytes = slab.slice(0, out.end);
    world.server.handleDatagram(world.nowUs, { local: out.tuple.remote, remote: from }, bytes, 0, out.end);
  }
  assert.equal(world.server.load.handshakes, 20);
  world.run(() => false, 200_000_000);
  assert.deepEqual(world.server.load, { connections: 0, handshakes: 0, waiting: 0 });
});

Deno.test("hostile: who floods its own connection with data that is not read is held by flow control", () => {
  using pair = new Pair().connect();
  const { client } = pair;
  const id = client.open("unidirectional")!;
  client.streams.write(id, pattern(5_000_000));
  pair.run(() => false, 5_000_000);
  const { counters } = pair.server!.core.firstPath;
  assert(counters.bytesReceived < 1_200_000, `${counters.bytesReceived} bytes`);
  checkMemory(pair.server!);
  assert.equal(pair.server!.closeReason, null);
});
