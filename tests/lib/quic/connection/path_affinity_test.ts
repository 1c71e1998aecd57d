import assert from "node:assert/strict";
import { redundant } from "../../../../lib/quic/scheduler/redundant.ts";
import { schedulers } from "../../../../lib/quic/scheduler/schedulers.ts";
import { drain, exchange } from "./exchange.ts";
import { type Pair, pattern } from "./pair.ts";
import { changes, isOn, openedPair, pathOf, settle } from "./two_paths.ts";

/** Uploads on a stream that is bound to a path; whether it arrived. */
function upload(pair: Pair, pathId: number, bytes: number, forUs: number = 20_000_000): boolean {
  const id = pair.client.open("unidirectional")!;
  assert.equal(pair.client.bindStream(id, pathId), true);
  pair.client.streams.write(id, pattern(bytes));
  pair.client.streams.finish(id);
  let received = 0;
  pair.work = ({ server }) => {
    const chunks: Uint8Array[] = [];
    drain(server!, id, chunks);
    for (const { length } of chunks) received += length;
  };
  return pair.run(() => received === bytes, forUs);
}

for (const pathId of [0, 1]) {
  Deno.test(`a stream that is bound to path ${pathId} goes over it alone`, () => {
    using pair = openedPair(1);
    const other = pathOf(pair, "client", 1 - pathId).counters;
    const before = other.bytesSent;
    assert(upload(pair, pathId, 500_000));
    assert(other.bytesSent - before < 5_000, `${other.bytesSent - before}`);
  });
}

for (const [name, make] of Object.entries(schedulers)) {
  Deno.test(`a stream that is bound to the slower path is not sent over and over by ${name}`, () => {
    using pair = openedPair(1, { client: { scheduler: make } });
    pair.fate = (datagram) => isOn(datagram, 0) ? { ...datagram, atUs: datagram.atUs + 50_000 } : datagram;
    assert(upload(pair, 1, 20_000));
    const { counters } = pathOf(pair, "client", 1);
    const before = counters.bytesSent;
    assert(upload(pair, 1, 500_000));
    const sent = counters.bytesSent - before;
    assert(sent < 600_000, `${sent} bytes for 500,000`);
  });
}

Deno.test("streams on both paths at once, one bound and one free, arrive", () => {
  using pair = openedPair(1);
  const free = pair.client.open("unidirectional")!;
  pair.client.streams.write(free, pattern(500_000));
  pair.client.streams.finish(free);
  assert(upload(pair, 1, 500_000));
  settle(pair, 5_000_000);
  assert.equal(pair.events.client.filter(({ type }) => type === "delivered").length, 2);
});

Deno.test("a bound stream goes over another path while its own one is broken, and comes back", () => {
  using pair = openedPair(1);
  assert(upload(pair, 1, 100_000));
  pair.fate = (datagram) => isOn(datagram, 0) ? null : datagram;
  assert(upload(pair, 1, 300_000, 3_000_000));
  assert(changes(pair, "client").includes("1 suspect"));
  pair.fate = (datagram) => datagram;
  assert(pair.run(() => changes(pair, "client").includes("1 recovered"), 3_000_000));
  const { counters } = pathOf(pair, "client", 0);
  const before = counters.bytesSent;
  assert(upload(pair, 1, 300_000));
  assert(counters.bytesSent - before < 10_000, `${counters.bytesSent - before}`);
});

Deno.test("a bound stream goes on when its path is abandoned", () => {
  using pair = openedPair(1);
  const id = pair.client.open("unidirectional")!;
  pair.client.bindStream(id, 1);
  pair.client.streams.write(id, pattern(300_000));
  pair.client.streams.finish(id);
  let done = false;
  pair.work = ({ server, client, nowUs }) => {
    done ||= drain(server!, id, []) && client.streams.bufferedBytes(id) === 0;
    if (client.core.path(1).bytesInFlight > 5_000) client.abandonPath(nowUs, 1);
  };
  assert(pair.run(() => done, 10_000_000));
});

Deno.test("a stream cannot be bound to a path that is not there, nor validated", () => {
  using pair = openedPair(1);
  const id = pair.client.open("unidirectional")!;
  assert.equal(pair.client.bindStream(id, 3), false);
  assert.equal(pair.client.bindStream(id, 1), true);
  assert.equal(pair.client.bindStream(id, -1), true);
});

Deno.test("datagrams go over the path that is asked for, and over any other when it is broken", () => {
  using pair = openedPair(1);
  const count = (): number => pair.events.server.filter(({ type }) => type === "datagram").length;
  for (const pathId of [0, 1]) {
    const { counters } = pathOf(pair, "client", pathId);
    const before = counters.bytesSent;
    for (let index = 0; index < 8; index++) pair.client.sendDatagram(pattern(1000), pathId);
    settle(pair);
    assert(counters.bytesSent - before > 8_000, `${pathId}: ${counters.bytesSent - before}`);
  }
  assert.equal(count(), 16);
  pair.fate = (datagram) => isOn(datagram, 0) ? null : datagram;
  pair.client.core.path(1).space.probes = 1;
  assert(pair.run(() => pathOf(pair, "client", 1).isSuspect, 2_000_000));
  for (let index = 0; index < 8; index++) pair.client.sendDatagram(pattern(1000), 1);
  settle(pair);
  assert.equal(count(), 24);
});

Deno.test("a redundant scheduler sends everything on both paths, and every byte arrives once", () => {
  const config = { scheduler: redundant };
  using pair = openedPair(1, { client: config, server: config });
  exchange(pair, 300_000, 20_000_000);
  for (const side of ["client", "server"] as const) {
    const paths = [0, 1].map((id) => pathOf(pair, side, id).counters);
    for (const { bytesSent } of paths) assert(bytesSent > 250_000, `${bytesSent}`);
    assert(paths[0]!.bytesCopied + paths[1]!.bytesCopied > 200_000);
  }
});

Deno.test("redundant: a path that loses half of everything does not slow the transfer down", () => {
  const config = { scheduler: redundant };
  using pair = openedPair(1, { client: config, server: config });
  let odd = false;
  pair.fate = (datagram) => {
    odd = !odd;
    return isOn(datagram, 0) && odd ? null : datagram;
  };
  const startUs = pair.nowUs;
  exchange(pair, 100_000, 20_000_000);
  assert(pair.nowUs - startUs < 400_000, `${pair.nowUs - startUs}`);
});

Deno.test("a bound stream goes over the first path that comes back when all have been broken", () => {
  using pair = openedPair(1);
  const id = pair.client.open("unidirectional")!;
  assert.equal(pair.client.bindStream(id, 1), true);
  pair.client.streams.write(id, pattern(20_000));
  let received = 0;
  pair.work = ({ server }) => {
    const chunks: Uint8Array[] = [];
    drain(server!, id, chunks);
    for (const { length } of chunks) received += length;
  };
  pair.fate = () => null;
  pair.client.ping();
  const isSuspect = (pathId: number): boolean => pathOf(pair, "client", pathId).isSuspect;
  assert(pair.run(() => isSuspect(0) && isSuspect(1), 5_000_000));
  pair.client.streams.write(id, pattern(200_000));
  pair.fate = (datagram) => isOn(datagram, 0) ? null : datagram;
  assert(pair.run(() => changes(pair, "client").includes("0 recovered"), 5_000_000));
  assert(pair.run(() => received === 220_000, 800_000), `${received} bytes in 0.8 s`);
  assert(isSuspect(1), "the path that it is bound to is still broken");
});
