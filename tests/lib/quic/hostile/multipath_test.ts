import assert from "node:assert/strict";
import fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import type { Connection } from "../../../../lib/quic/connection/connection.ts";
import type { SocketAddress } from "../../../../lib/quic/connection/tuple.ts";
import { AckRanges } from "../../../../lib/quic/wire/ack_ranges.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import type { ControlFrame } from "../../../../lib/quic/wire/frames.ts";
import { writeAck } from "../../../../lib/quic/wire/write_frame.ts";
import { writeShortHeader } from "../../../../lib/quic/wire/write_packet.ts";
import { exchange } from "../connection/exchange.ts";
import { type Pair, pattern, SERVER } from "../connection/pair.ts";
import { isOn, LOCALS, multipathPair, openedPair, pathOf, settle } from "../connection/two_paths.ts";
import { seededRandom } from "../../tls/pair.ts";
import { Attacker, control, together } from "./attacker.ts";

const PING = Uint8Array.of(1);
const NUMBER_BYTES = 4;

/** A packet of the client on a path, whatever the client thinks of it. */
function packetOn(pair: Pair, pathId: number, number: number, frames: Uint8Array): Uint8Array<ArrayBuffer> {
  const { core } = pair.client;
  const { phases, headers } = core.keys.application!;
  const bytes = new Uint8Array(1500);
  const destination = core.ids.get(pathId)!.remote.current!;
  const payloadStart = writeShortHeader(
    bytes,
    0,
    destination,
    false,
    phases.phase === 1,
    number,
    NUMBER_BYTES,
  );
  bytes.set(frames, payloadStart);
  const end = phases.seal(bytes, 0, payloadStart, payloadStart + frames.length, pathId, number);
  headers.out.add(bytes, 0, payloadStart - NUMBER_BYTES, end);
  headers.out.protect();
  return bytes.slice(0, end);
}

function deliver(pair: Pair, bytes: Uint8Array<ArrayBuffer>, from: SocketAddress): void {
  pair.server!.handleDatagram(pair.nowUs, { local: SERVER, remote: from }, bytes, 0, bytes.length);
}

/** Everything that an end has to say now; the bytes by where they go. */
function drainAll(pair: Pair, end: Connection): Map<number, number> {
  const slab = new Uint8Array(65_536);
  const bytes = new Map<number, number>();
  for (let out = end.pollTransmit(pair.nowUs, slab); out !== null; out = end.pollTransmit(pair.nowUs, slab)) {
    const { port } = out.tuple.remote;
    bytes.set(port, (bytes.get(port) ?? 0) + out.end);
  }
  return bytes;
}

/** What an end remembers of paths. */
function remembered({ core }: Connection): number {
  return core.ids.size + core.paths.size + core.newcomers.size + core.control.length;
}

Deno.test("RFC 9000 8.1: a path from an address that never answers gets at most three times what it sent", () => {
  using pair = multipathPair().connect();
  settle(pair);
  const down = pair.server!.open("unidirectional")!;
  pair.server!.streams.write(down, pattern(1_000_000));
  drainAll(pair, pair.server!);
  let received = 0;
  let sent = 0;
  for (let index = 0; index < 50; index++) {
    const bytes = packetOn(pair, 1, index, together(PING, new Uint8Array(20 * index)));
    received += bytes.length;
    deliver(pair, bytes, LOCALS[0]!);
    sent += drainAll(pair, pair.server!).get(LOCALS[0]!.port) ?? 0;
    assert(sent <= 3 * received, `${sent} for ${received}`);
    pair.nowUs += 30_000;
    pair.server!.handleTimeout(pair.nowUs);
    sent += drainAll(pair, pair.server!).get(LOCALS[0]!.port) ?? 0;
    assert(sent <= 3 * received, `${sent} for ${received}`);
  }
  assert(sent > 0);
});

Deno.test("draft 3.1: no data goes on a path that is not validated", () => {
  using pair = multipathPair().connect();
  settle(pair);
  const down = pair.server!.open("unidirectional")!;
  pair.server!.streams.write(down, pattern(100_000));
  deliver(pair, packetOn(pair, 1, 0, together(PING, new Uint8Array(1_300))), LOCALS[0]!);
  const { counters, space } = pathOf(pair, "server", 1);
  drainAll(pair, pair.server!);
  assert(counters.bytesSent > 0);
  for (const { content } of space.detector.sent) assert.equal(content.streams.length, 0);
});

Deno.test("paths opened on all ids at once from many addresses: what is remembered has a bound", () => {
  using pair = multipathPair().connect();
  settle(pair);
  for (let index = 0; index < 2_000; index++) {
    const from = { ip: Ip.parse(`203.0.113.${index % 200}`), port: 1_024 + index };
    deliver(pair, packetOn(pair, 1 + index % 4, index >> 2, PING), from);
    assert(remembered(pair.server!) < 60, `${remembered(pair.server!)}`);
    for (const path of pair.server!.core.paths.values()) assert(path.asides.length <= 4);
  }
  assert.equal(pair.server!.core.paths.size, 5);
});

Deno.test("forged packets on ids that are not in use leave no path behind", () => {
  using pair = multipathPair().connect();
  settle(pair);
  for (let index = 0; index < 500; index++) {
    const bytes = packetOn(pair, 1 + index % 4, index >> 2, PING);
    bytes[bytes.length - 1]! ^= 1;
    deliver(pair, bytes, LOCALS[index % 8]!);
  }
  assert.equal(pair.server!.core.paths.size, 1);
  assert(pair.server!.core.newcomers.size <= 4);
  settle(pair);
  exchange(pair, 20_000, 10_000_000);
});

Deno.test("a flood of PATH_ABANDON: as many as there are ids, and no more before their time is over", () => {
  using pair = multipathPair().connect();
  settle(pair);
  const attacker = new Attacker(pair, pair.client.core.firstPath.space.nextPacketNumber + 100);
  for (let round = 0; round < 50; round++) {
    for (let pathId = 1; pathId <= pair.server!.core.multipath.ownLimit; pathId++) {
      attacker.send(control({ kind: "path_abandon", pathId, errorCode: round }));
    }
    drainAll(pair, pair.server!);
    assert(remembered(pair.server!) < 60);
  }
  assert.equal(pair.server!.core.multipath.ownLimit, 4);
  assert.equal(pair.server!.closeReason, null);
});

Deno.test("floods of PATH_STATUS, PATHS_BLOCKED, PATH_CIDS_BLOCKED and MAX_PATH_ID are taken without an answer", () => {
  using pair = openedPair(1);
  const attacker = new Attacker(pair);
  drainAll(pair, pair.server!);
  const before = pair.server!.core.control.length;
  for (let sequence = 0; sequence < 2_000; sequence++) {
    const kind = sequence % 2 === 0 ? "path_status_backup" : "path_status_available";
    const frames: readonly ControlFrame[] = [
      { kind, pathId: sequence % 5, sequence },
      { kind: "paths_blocked", maximum: 4 },
      { kind: "path_cids_blocked", pathId: 1, nextSequence: 0 },
      { kind: "max_path_id", maximum: 4 + sequence },
    ];
    assert.equal(attacker.send(together(...frames.map(control))), null);
    while (pair.server!.pollEvent() !== undefined);
  }
  assert(pair.server!.core.control.length <= before + 4, `${pair.server!.core.control.length}`);
  assert.equal(pair.server!.core.ids.size, 5);
});

Deno.test("a flood of PATH_CHALLENGE on a further path costs one answer for each poll", () => {
  using pair = openedPair(1);
  const first = pair.client.core.path(1).space.nextPacketNumber;
  let received = 0;
  for (let index = 0; index < 200; index++) {
    const data = pattern(8, index);
    const bytes = packetOn(pair, 1, first + index, control({ kind: "path_challenge", data }));
    received += bytes.length;
    deliver(pair, bytes, LOCALS[0]!);
  }
  const sent = drainAll(pair, pair.server!).get(LOCALS[0]!.port) ?? 0;
  assert(sent < received, `${sent} for ${received}`);
});

Deno.test("connection ids that are issued for every path, retired at once, and issued again have a bound", () => {
  using pair = multipathPair().connect();
  settle(pair);
  const attacker = new Attacker(pair, pair.client.core.firstPath.space.nextPacketNumber + 100);
  for (let round = 1; round < 300 && pair.server!.closeReason === null; round++) {
    for (let pathId = 1; pathId <= 4; pathId++) {
      const connectionId = ConnectionId.from(pattern(8, 7 * round + 1_777 * pathId));
      const resetToken = pattern(16, round);
      const frame = {
        kind: "path_new_connection_id",
        pathId,
        sequence: round,
        retirePriorTo: round,
      } as const;
      attacker.send(control({ ...frame, connectionId, resetToken }));
      const { remote, local } = pair.server!.core.ids.get(pathId)!;
      assert(remote.spare <= 4 && [...local.active].length <= 4);
    }
  }
  // It never acknowledged the retirements
  assert.notEqual(pair.server!.closeReason, null);
});

Deno.test("acknowledgments of another path's numbers are caught, or acknowledge nothing there", () => {
  using pair = openedPair(1);
  exchange(pair, 500_000, 20_000_000);
  const one = pair.server!.core.path(1).space;
  const zero = pair.server!.core.path(0).space;
  const [fewer, more] = one.nextPacketNumber < zero.nextPacketNumber ? [one, zero] : [zero, one];
  if (fewer.nextPacketNumber === more.nextPacketNumber) return;
  const ranges = new AckRanges();
  ranges.add(more.nextPacketNumber - 1, more.nextPacketNumber - 1);
  const bytes = new Uint8Array(64);
  const frame = bytes.slice(0, writeAck(bytes, 0, fewer.pathId, ranges, 1, 0, null));
  assert.notEqual(new Attacker(pair).send(frame), null);
});

Deno.test("packets on a path after its end, with ids and numbers of before, mean nothing", () => {
  using pair = openedPair(1);
  const number = pair.client.core.path(1).space.nextPacketNumber;
  const late = [0, 1, 2].map((offset) => packetOn(pair, 1, number + offset, PING));
  pair.client.abandonPath(pair.nowUs, 1);
  settle(pair, 3_000_000);
  for (const bytes of late) deliver(pair, bytes, LOCALS[0]!);
  assert.equal(pair.server!.core.paths.size, 1);
  assert.equal(pair.server!.closeReason, null);
  exchange(pair, 20_000, 10_000_000);
});

Deno.test("a peer that acknowledges nothing on one path: its data goes over the other, and memory has a bound", () => {
  using pair = openedPair(1);
  pair.fate = (datagram) => datagram.from === "client" && isOn(datagram, 0) ? null : datagram;
  exchange(pair, 2_000_000, 60_000_000);
  const { detector } = pathOf(pair, "server", 1).space;
  assert(detector.sent.size < 2_000, `${detector.sent.size}`);
});

/** Path ids, sequence numbers and limits as an honest peer has them, and others. */
const number = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 40));
const pathId = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 5 }) }, {
  weight: 1,
  arbitrary: number,
});

const multipathFrame: fc.Arbitrary<ControlFrame> = fc.oneof(
  fc.record({ kind: fc.constant("path_abandon" as const), pathId, errorCode: number }),
  fc.record({
    kind: fc.constantFrom("path_status_backup" as const, "path_status_available" as const),
    pathId,
    sequence: number,
  }),
  fc.record({ kind: fc.constant("path_retire_connection_id" as const), pathId, sequence: number }),
  fc.record({ kind: fc.constantFrom("max_path_id" as const, "paths_blocked" as const), maximum: number }),
  fc.record({ kind: fc.constant("path_cids_blocked" as const), pathId, nextSequence: number }),
  fc.record({
    kind: fc.constant("path_new_connection_id" as const),
    pathId,
    sequence: fc.integer({ min: 0, max: 6 }),
    retirePriorTo: fc.constant(0),
    connectionId: fc.integer({ min: 0, max: 200 }).map((seed) => ConnectionId.from(pattern(8, seed))),
    resetToken: fc.integer({ min: 0, max: 3 }).map((seed) => pattern(16, seed)),
  }),
);

Deno.test("any frames of multipath with any numbers are taken, ignored, or end the connection with a protocol error", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(multipathFrame, fc.integer({ min: 0, max: 400_000 })), {
        minLength: 1,
        maxLength: 25,
      }),
      fc.boolean(),
      (steps, opened) => {
        using pair = opened ? openedPair(2) : multipathPair().connect();
        for (const [frame, pauseUs] of steps) {
          pair.client.core.control.push(frame);
          settle(pair, pauseUs);
          for (const end of [pair.client, pair.server!]) {
            const cause = end.closeReason?.cause;
            assert.notEqual(
              end.closeReason?.errorCode,
              QUIC_ERROR.INTERNAL_ERROR,
              String((cause as Error)?.stack),
            );
            assert(remembered(end) < 60, `${remembered(end)}`);
          }
          if (pair.server!.closeReason !== null) return;
        }
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("RFC 9000 8.2.3: a path whose challenge is answered over another path sends and waits again", () => {
  const made: Uint8Array[] = [];
  const random = seededRandom(77);
  const remembered = (length: number): Uint8Array => {
    const bytes = random(length);
    if (length === 8) made.push(bytes);
    return bytes;
  };
  using pair = openedPair(1, { server: { random: remembered } });
  const { server } = pair;
  const path = pathOf(pair, "server", 1);
  const { network } = path;
  const id = server!.open("unidirectional")!;
  // One packet from another port, and then nothing more
  const local = network.tuple.remote;
  const elsewhere = { ip: local.ip, port: 60_001 };
  deliver(pair, packetOn(pair, 1, 5_000, PING), elsewhere);
  assert.equal(bindAndWrite(server!, id), true);
  made.length = 0;
  pair.fate = () => null;
  pair.run(() => path.amplificationBlocked, 500_000);
  assert.equal(path.amplificationBlocked, true);
  assert.equal(path.network.validated, false);
  const attacker = new Attacker(pair);
  for (const data of made) attacker.send(control({ kind: "path_response", data: Uint8Array.from(data) }));
  assert.equal(path.network.validated, true);
  assert.equal(path.amplificationBlocked, false);
});

function bindAndWrite(server: Connection, id: number): boolean {
  const bound = server.bindStream(id, 1);
  server.streams.write(id, pattern(100_000));
  return bound;
}
