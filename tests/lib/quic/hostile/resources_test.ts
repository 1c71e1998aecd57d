import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { sameAddress, type SocketAddress } from "../../../../lib/quic/connection/tuple.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { checkMemory } from "../../../sim/memory.ts";
import { exchange } from "../connection/exchange.ts";
import { CLIENT, Pair, pattern } from "../connection/pair.ts";
import { ack, Attacker, control, stream, together } from "./attacker.ts";

const elsewhere = (n: number): SocketAddress => ({
  ip: Ip.parse(`198.51.${n >> 8}.${n & 0xff}`),
  port: 1024 + n,
});

const challenge = (n: number): Uint8Array =>
  control({ kind: "path_challenge", data: Uint8Array.of(n, n >> 8, 3, 4, 5, 6, 7, 8) });

/** Bytes that the server sends to each address from now on. */
function countSent(pair: Pair): Map<SocketAddress, number> {
  const sent = new Map<SocketAddress, number>();
  pair.fate = (datagram) => {
    if (datagram.from === "server") {
      sent.set(datagram.destination, (sent.get(datagram.destination) ?? 0) + datagram.bytes.length);
    }
    return null;
  };
  return sent;
}

Deno.test("hostile: RFC 9000 21.4: who acknowledges packets without having seen them is found out by a number that was left out", () => {
  using pair = new Pair({ client: { maxMtu: 1200 }, server: { maxMtu: 1200 } }).connect();
  const server = pair.server!;
  const id = server.open("unidirectional")!;
  server.streams.write(id, pattern(900_000));
  countSent(pair);
  const attacker = new Attacker(pair);
  for (let i = 0; i < 400 && server.closeReason === null; i++) {
    const next = server.core.firstPath.space.nextPacketNumber;
    if (next > 0) attacker.send(ack(0, next - 1));
    pair.run(() => false, 20_000);
  }
  assert.equal(server.closeReason?.errorCode, QUIC_ERROR.PROTOCOL_VIOLATION);
});

Deno.test("hostile: RFC 9000 21.6: a stream of single bytes with gaps between them ends before it costs much", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  const server = pair.server!;
  let offset = 1;
  while (offset < 400_000 && server.closeReason === null) {
    const frames: Uint8Array[] = [];
    for (let i = 0; i < 100; i++, offset += 2) frames.push(stream(0, offset, 1));
    attacker.send(together(...frames));
    if (offset % 2_000 < 200) pair.run(() => false, 1_000);
  }
  assert.equal(server.closeReason?.by, "local");
  assert(offset < 20_000, `${offset / 2} gaps`);
});

Deno.test("hostile: a stopped stream gives its bytes back to the connection's window once", () => {
  const window = 100_000;
  using pair = new Pair({
    server: {
      streams: {
        connectionWindow: window,
        maxConnectionWindow: window,
        streamWindow: 50_000,
        maxStreamWindow: 50_000,
        bidirectional: 1_000,
        unidirectional: 1_000,
      },
    },
  }).connect();
  const server = pair.server!;
  let sent = 0;
  pair.work = () => {
    for (const event of pair.events.server.splice(0)) {
      if (event.type === "opened") server.streams.stopSending(event.id, 1);
    }
  };
  for (let i = 0; i < 40; i++) {
    const id = pair.client.open("unidirectional")!;
    pair.client.streams.write(id, pattern(10_000));
    pair.client.streams.finish(id);
    sent += 10_000;
    pair.run(() => false, 100_000);
  }
  // What the client may still send is the window, not more
  const id = pair.client.open("unidirectional")!;
  pair.events.server.length = 0;
  pair.work = () => {};
  pair.client.streams.write(id, pattern(10_000));
  const other = pair.client.open("unidirectional")!;
  const third = pair.client.open("unidirectional")!;
  for (const each of [other, third]) pair.client.streams.write(each, pattern(50_000));
  pair.run(() => false, 1_000_000);
  let received = 0;
  for (const each of [id, other, third]) {
    for (let r = server.streams.read(each); r.type === "data"; r = server.streams.read(each)) {
      received += r.bytes.length;
    }
  }
  assert.equal(server.closeReason, null);
  assert(received > 50_000 && received <= window, `${received} bytes unread after ${sent}`);
});

Deno.test("hostile: RFC 9000 21.9: ids that push each other out are retired, and it stays bounded", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  const server = pair.server!;
  for (let sequence = 10; sequence < 3_000 && server.closeReason === null; sequence++) {
    attacker.send(control({
      kind: "new_connection_id",
      sequence,
      retirePriorTo: sequence,
      connectionId: ConnectionId.from(Uint8Array.of(7, 7, 7, 7, 7, 7, sequence >> 8, sequence & 0xff)),
      resetToken: Uint8Array.from({ length: 16 }, (_, i) => (sequence * (i + 3)) & 0xff),
    }));
    checkMemory(server);
  }
  assert.equal(server.closeReason?.by, "local", "retirements that nobody acknowledges have a limit");
});

Deno.test("hostile: a flood of retirements makes no more ids than the peer may have", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  const server = pair.server!;
  countSent(pair);
  for (let sequence = 1; sequence < 2_000 && server.closeReason === null; sequence++) {
    attacker.send(control({ kind: "retire_connection_id", sequence }));
    pair.run(() => false, 1_000);
    checkMemory(server);
  }
});

Deno.test("hostile: PATH_CHALLENGE by the thousand is answered once for each datagram at the most", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  const sent = countSent(pair);
  let received = 0;
  for (let i = 0; i < 200; i++) {
    const bytes = together(...Array.from({ length: 100 }, (_, n) => challenge(100 * i + n)));
    attacker.send(bytes);
    received += bytes.length;
  }
  pair.run(() => false, 1_000_000);
  const total = [...sent.values()].reduce((sum, bytes) => sum + bytes, 0);
  assert(total < received, `${total} bytes for ${received}`);
  assert.equal(pair.server!.closeReason, null);
});

Deno.test("hostile: RFC 9000 21.5, 8.2.2: challenges from addresses that are not the client's get no more than three times their bytes", () => {
  for (const padding of [0, 100, 1_150]) {
    using pair = new Pair().connect();
    exchange(pair, 1_000, 5_000_000);
    const attacker = new Attacker(pair);
    const sent = countSent(pair);
    const frames = together(challenge(1), new Uint8Array(padding));
    const datagramBytes = attacker.packet(frames).length;
    for (let n = 1; n < 50; n++) {
      const from = elsewhere(n);
      attacker.send(frames, "1-rtt", from);
      assert(pair.server!.core.firstPath.asides.length <= 4);
      pair.run(() => false, 10_000);
    }
    for (const address of [...sent.keys()]) if (sameAddress(address, CLIENT)) sent.delete(address);
    for (const [{ port }, bytes] of sent) {
      assert(bytes <= 3 * datagramBytes, `${bytes} bytes to port ${port} for ${datagramBytes}`);
    }
    assert(sent.size > 0);
    assert.equal(pair.server!.closeReason, null);
  }
});

Deno.test("hostile: a client that seems to be everywhere at once is followed without growing", () => {
  using pair = new Pair().connect();
  exchange(pair, 1_000, 5_000_000);
  const attacker = new Attacker(pair);
  const received = new Map<number, number>();
  const sent = countSent(pair);
  const ping = Uint8Array.of(1, 0, 0, 0);
  const datagramBytes = attacker.packet(ping).length;
  for (let n = 0; n < 500; n++) {
    const from = elsewhere(n % 50);
    attacker.send(ping, "1-rtt", from);
    received.set(from.port, (received.get(from.port) ?? 0) + datagramBytes);
    pair.run(() => false, 5_000);
    checkMemory(pair.server!);
    pair.events.server.length = 0;
  }
  for (const [{ port }, bytes] of sent) {
    const from = received.get(port);
    if (from !== undefined) assert(bytes <= 3 * from, `${bytes} bytes to port ${port} for ${from}`);
  }
});

Deno.test("hostile: RFC 9000 9.3.2: data that went to an address where nobody answers goes to the client again, unasked", () => {
  using pair = new Pair().connect();
  exchange(pair, 1_000, 5_000_000);
  const server = pair.server!;
  const id = server.open("unidirectional")!;
  const from = elsewhere(1);
  pair.fate = (datagram) => sameAddress(datagram.destination, from) ? null : datagram;
  const attacker = new Attacker(pair, pair.client.core.firstPath.space.nextPacketNumber);
  attacker.send(together(Uint8Array.of(1), new Uint8Array(1_160)), "1-rtt", from);
  // Just what may be sent there
  server.streams.write(id, pattern(3_000));
  server.streams.finish(id);
  let received = 0;
  pair.work = ({ client }) => {
    for (let r = client.streams.read(id); r.type === "data"; r = client.streams.read(id)) {
      received += r.bytes.length;
    }
  };
  assert(pair.run(() => received === 3_000, 20_000_000), `${received} bytes`);
});

Deno.test("hostile: 20,000 forged packets change nothing", () => {
  using pair = new Pair().connect();
  const server = pair.server!;
  const attacker = new Attacker(pair);
  const good = attacker.packet(Uint8Array.of(1, 0, 0, 0));
  for (let n = 0; n < 20_000; n++) {
    const bytes = good.slice();
    bytes[9 + (n % (good.length - 9))]! ^= 1 + (n % 255);
    server.handleDatagram(pair.nowUs, { local: null, remote: elsewhere(0) }, bytes, 0, bytes.length);
  }
  assert.equal(server.closeReason, null);
  checkMemory(server);
  assert(exchange(pair, 10_000, 10_000_000));
});

Deno.test("hostile: a peer that leaves us without any connection id to send to does not keep us awake", () => {
  using pair = new Pair().connect();
  pair.run(() => false, 300_000);
  const server = pair.server!;
  const { remoteIds } = server.core.firstPath;
  const attacker = new Attacker(pair);
  pair.fate = () => null;
  // Under another id of the server, so that each of these ways takes an id of its own
  assert(pair.client.core.firstPath.remoteIds.change());
  for (let n = 0; n < 12; n++) {
    attacker.send(challenge(n), "1-rtt", elsewhere(n));
    pair.run(() => false, 100_000);
  }
  attacker.send(control({
    kind: "new_connection_id",
    sequence: 3,
    retirePriorTo: 3,
    connectionId: ConnectionId.from(pattern(8, 9)),
    resetToken: pattern(16),
  }));
  assert.equal(remoteIds.current, undefined);
  let wakeUps = 0;
  for (const endUs = pair.nowUs + 1_000_000; server.pollTimeout() < endUs && wakeUps < 1_000; wakeUps++) {
    pair.nowUs = Math.max(pair.nowUs, server.pollTimeout());
    server.handleTimeout(pair.nowUs);
    assert.equal(server.pollTransmit(pair.nowUs, new Uint8Array(2_000)), null);
  }
  assert(wakeUps < 10, `woken ${wakeUps} times in a second`);
  assert.equal(server.closeReason, null);
});

Deno.test("hostile: RFC 9000 13.2.4: a peer from which nothing is lost is asked now and then whether it has our acknowledgments", () => {
  using pair = new Pair().connect();
  pair.run(() => false, 300_000);
  const { space } = pair.server!.core.firstPath;
  pair.fate = () => null;
  const attacker = new Attacker(pair, pair.client.core.firstPath.space.nextPacketNumber);
  const before = space.nextPacketNumber;
  for (let n = 0; n < 2_000; n++) {
    attacker.send(control({ kind: "ping" }));
    pair.run(() => false, 1_000);
  }
  assert.equal(space.received.count, 1, "no gap");
  const sent = space.nextPacketNumber - before;
  assert(sent >= 1_000 && space.elicitingInFlight >= 3, `${space.elicitingInFlight} of ${sent} ask`);
});
