import assert from "node:assert/strict";
import fc from "fast-check";
import { Ip } from "../../lib/base/ip.ts";
import { Random } from "../../lib/lab/link/random.ts";
import type { SocketAddress } from "../../lib/quic/connection/tuple.ts";
import { Link, type LinkOptions, Nat, type RouteOptions, SimNetwork } from "./network.ts";
import type { Datagram } from "./node.ts";

const CLIENT: SocketAddress = { ip: Ip.parse("10.0.0.1"), port: 1111 };
const SERVER: SocketAddress = { ip: Ip.parse("192.0.2.1"), port: 443 };

interface Arrival {
  readonly atUs: number;
  readonly datagram: Datagram;
}

function drain(from: { readonly nextUs: number; poll(nowUs: number): Datagram | undefined }): Arrival[] {
  const arrivals: Arrival[] = [];
  while (from.nextUs !== Infinity) {
    const atUs = from.nextUs;
    for (let datagram = from.poll(atUs); datagram !== undefined; datagram = from.poll(atUs)) {
      arrivals.push({ atUs, datagram });
    }
  }
  return arrivals;
}

/** Sends `count` numbered datagrams, one each `everyUs`. */
function run(options: LinkOptions, count: number, size = 100, everyUs = 0): readonly Arrival[] {
  const link = new Link(options);
  for (let n = 0; n < count; n++) {
    const bytes = new Uint8Array(size);
    new DataView(bytes.buffer).setUint32(0, n);
    link.push(n * everyUs, { source: CLIENT, destination: SERVER, bytes, ecn: 0 });
  }
  return drain(link);
}

function numbers(arrivals: readonly Arrival[]): readonly number[] {
  return arrivals.map(({ datagram: { bytes } }) => new DataView(bytes.buffer).getUint32(0));
}

function network(options: RouteOptions = {}): SimNetwork {
  const made = new SimNetwork();
  made.connect(CLIENT.ip, SERVER.ip, options);
  return made;
}

Deno.test("a fair link delivers everything in order after its delay", () => {
  const arrivals = run({ delayUs: 7_000 }, 50, 100, 10);
  assert.deepEqual(numbers(arrivals), Array.from({ length: 50 }, (_, n) => n));
  assert.deepEqual(arrivals.map(({ atUs }) => atUs), Array.from({ length: 50 }, (_, n) => 7_000 + 10 * n));
});

Deno.test("a rate spaces datagrams, and the times do not depend on when one looks", () => {
  const options = { rateBps: 8_000_000, delayUs: 500 };
  // 1000 bytes take 1 ms
  assert.deepEqual(run(options, 3, 1000).map(({ atUs }) => atUs), [1_500, 2_500, 3_500]);
  const link = new Link(options);
  const at = (nowUs: number): void => {
    link.push(nowUs, { source: CLIENT, destination: SERVER, bytes: new Uint8Array(1000), ecn: 0 });
  };
  at(0);
  // Nobody looked at 1000 µs, when the first one left the queue
  at(50_000);
  assert.equal(link.nextUs, 1_500);
  assert(link.poll(50_000) !== undefined);
  assert.equal(link.poll(50_000), undefined);
  assert.deepEqual(drain(link).map(({ atUs }) => atUs), [51_500]);
});

Deno.test("a full queue drops from its tail", () => {
  const arrivals = run({ rateBps: 8_000_000, queueBytes: 3000 }, 10, 1000);
  assert.deepEqual(numbers(arrivals), [0, 1, 2]);
});

Deno.test("an MTU takes out what is larger", () => {
  assert.equal(run({ mtu: 1200 }, 1, 1200).length, 1);
  assert.equal(run({ mtu: 1200 }, 1, 1201).length, 0);
});

Deno.test("loss, duplication and corruption happen as often as they should", () => {
  const count = 4000;
  const near = (part: number, expected: number): void => assert(Math.abs(part - expected) < 0.03, `${part}`);
  near(run({ loss: 0.2, seed: 1 }, count).length / count, 0.8);
  near(run({ duplicate: 0.2, seed: 2 }, count).length / count, 1.2);
  const corrupted = run({ corrupt: 0.2, seed: 3 }, count);
  let bits = 0;
  for (const [n, { datagram: { bytes } }] of corrupted.entries()) {
    const original = new Uint8Array(100);
    new DataView(original.buffer).setUint32(0, n);
    bits += bytes.reduce(
      (sum, byte, i) => sum + (byte ^ original[i]!).toString(2).replaceAll("0", "").length,
      0,
    );
  }
  near(bits / count, 0.2);
});

Deno.test("a duplicate has bytes of its own", () => {
  const [first, second] = run({ duplicate: 1 }, 1);
  assert.notEqual(first!.datagram.bytes, second!.datagram.bytes);
  assert.deepEqual(first!.datagram.bytes, second!.datagram.bytes);
});

Deno.test("jitter keeps the order, reordering does not", () => {
  const inOrder = numbers(run({ jitterUs: 5_000 }, 100, 100, 100));
  assert.deepEqual(inOrder, [...inOrder].sort((a, b) => a - b));
  const reordered = numbers(run({ reorder: 0.3 }, 100, 100, 100));
  assert.equal(reordered.length, 100);
  assert.notDeepEqual(reordered, inOrder);
  assert.deepEqual([...reordered].sort((a, b) => a - b), inOrder);
});

Deno.test("the same seed makes the same run, another seed another one", () => {
  const options = { loss: 0.3, duplicate: 0.3, corrupt: 0.3, jitterUs: 900, reorder: 0.2 };
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const first = run({ ...options, seed }, 40);
      assert.deepEqual(run({ ...options, seed }, 40), first);
      assert.notDeepEqual(run({ ...options, seed: seed + 1 }, 40), first);
    }),
    { numRuns: 30 },
  );
});

Deno.test("whatever a link does, each datagram is counted once", () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  const options = fc.record({
    loss: probability,
    duplicate: probability,
    reorder: probability,
    mtu: fc.integer({ min: 80, max: 120 }),
    rateBps: fc.integer({ min: 1e4, max: 1e8 }),
    queueBytes: fc.nat(5000),
    seed: fc.nat(),
  });
  fc.assert(fc.property(options, (given) => {
    const link = new Link(given);
    const random = Random.of(given.seed);
    for (let n = 0; n < 60; n++) {
      const bytes = new Uint8Array(60 + random.uint32() % 80);
      link.push(n * 50, { source: CLIENT, destination: SERVER, bytes, ecn: 0 });
    }
    const arrived = drain(link).length;
    const { counts } = link;
    assert.equal(counts.delivered, arrived);
    assert.equal(counts.sent + counts.duplicated, arrived + counts.lost + counts.tooLarge + counts.queueFull);
  }));
});

Deno.test("conditions may change on the way: a black hole begins and ends", () => {
  const simulated = new SimNetwork();
  const { there } = simulated.connect(CLIENT.ip, SERVER.ip);
  const send = (nowUs: number): void => simulated.send(nowUs, CLIENT, SERVER, Uint8Array.of(1));
  send(0);
  there.conditions.loss = 1;
  send(10);
  there.conditions.loss = 0;
  send(20);
  assert.deepEqual(drain(simulated).map(({ atUs }) => atUs), [1_000, 1_020]);
});

Deno.test("SimNetwork carries datagrams both ways, each in its own time, and copies them", () => {
  const simulated = network({ delayUs: 5, back: { delayUs: 3 } });
  const bytes = Uint8Array.of(1);
  simulated.send(0, CLIENT, SERVER, bytes, 2);
  bytes[0] = 9;
  simulated.send(0, SERVER, CLIENT, Uint8Array.of(2));
  simulated.send(0, SERVER, { ip: Ip.parse("198.51.100.1"), port: 1 }, Uint8Array.of(3));
  assert.equal(simulated.unrouted, 1);
  assert.equal(simulated.nextUs, 3);
  const [back, there] = drain(simulated);
  assert.deepEqual([back?.atUs, back?.datagram.bytes[0], back?.datagram.destination], [3, 2, CLIENT]);
  assert.deepEqual([there?.atUs, there?.datagram.bytes[0], there?.datagram.source], [5, 1, CLIENT]);
  assert.equal(there?.datagram.ecn, 2);
});

Deno.test("a NAT hides the client, lets answers in, and forgets all when it is rebound", () => {
  const nat = new Nat(Ip.parse("203.0.113.1"));
  const simulated = network({ nat });
  const seen = (): SocketAddress => {
    simulated.send(0, CLIENT, SERVER, Uint8Array.of(1));
    return drain(simulated)[0]!.datagram.source;
  };
  const first = seen();
  assert.equal(`${first.ip}`, "203.0.113.1");
  assert.deepEqual(seen(), first);
  simulated.send(0, SERVER, first, Uint8Array.of(2));
  assert.deepEqual(drain(simulated)[0]?.datagram.destination, CLIENT);
  nat.rebind();
  simulated.send(0, SERVER, first, Uint8Array.of(2));
  assert.equal(drain(simulated).length, 0);
  assert.equal(simulated.unrouted, 1);
  const second = seen();
  assert.notEqual(second.port, first.port);
  simulated.send(0, SERVER, second, Uint8Array.of(2));
  assert.equal(drain(simulated).length, 1);
});
