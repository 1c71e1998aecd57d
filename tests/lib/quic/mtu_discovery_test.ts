import assert from "node:assert/strict";
import fc from "fast-check";
import { MtuDiscovery, type MtuPacket } from "../../../lib/quic/mtu_discovery.ts";

const RAISE_US = 600e6;
const PAUSE_US = 60e6;

function packet(packetNumber: number, bytes: number, mtuProbe = false): MtuPacket {
  return { packetNumber, bytes, mtuProbe };
}

/** A path with a size that passes, over which probes go. */
class Path {
  readonly mtu: MtuDiscovery;
  carries: number;
  nowUs = 0;
  nextNumber = 0;
  readonly probes: number[] = [];

  constructor(carries: number, max: number, mtu = new MtuDiscovery(max)) {
    this.carries = carries;
    this.mtu = mtu;
    this.mtu.start();
  }

  /** Sends probes until there are none; `loses` says which of those that would pass are lost nevertheless. */
  search(loses: (bytes: number) => boolean = () => false): void {
    for (let bytes = this.mtu.pollProbe(this.nowUs); bytes !== null; bytes = this.mtu.pollProbe(this.nowUs)) {
      assert.equal(this.mtu.pollProbe(this.nowUs), bytes);
      assert(this.probes.length < 200, "the search ends");
      this.probes.push(bytes);
      const sent = packet(this.nextNumber++, bytes, true);
      this.mtu.onProbeSent(bytes, sent.packetNumber);
      assert.equal(this.mtu.pollProbe(this.nowUs), null, "one probe at a time");
      if (bytes <= this.carries && !loses(bytes)) assert.equal(this.mtu.onAcked(sent), true);
      else assert.equal(this.mtu.onLost(sent, this.nowUs), false, "the loss of a probe is no black hole");
    }
  }

  /** Sends a packet that is not a probe. */
  send(bytes: number = this.mtu.current, lost = bytes > this.carries): boolean {
    const sent = packet(this.nextNumber++, bytes);
    return lost ? this.mtu.onLost(sent, this.nowUs) : this.mtu.onAcked(sent);
  }
}

Deno.test("MtuDiscovery starts with 1200 bytes and sends no probe before the handshake is confirmed", () => {
  const mtu = new MtuDiscovery(1472);
  assert.deepEqual([mtu.current, mtu.state, mtu.pollProbe(0)], [1200, "disabled", null]);
  mtu.start();
  assert.equal(mtu.state, "searching");
  assert.equal(mtu.pollProbe(0), 1472);
});

Deno.test("MtuDiscovery takes one probe where the path carries the largest size", () => {
  for (const max of [1201, 1210, 1472, 9000, 65_527]) {
    const path = new Path(max, max);
    path.search();
    assert.deepEqual(path.probes, [max]);
    assert.deepEqual([path.mtu.current, path.mtu.state, path.mtu.timeoutUs], [max, "complete", Infinity]);
  }
});

Deno.test("MtuDiscovery never goes below 1200 bytes", () => {
  for (const max of [1200, 1000, 0, -1]) {
    const path = new Path(1200, max);
    path.search();
    assert.deepEqual(path.probes, []);
    assert.equal(path.mtu.current, 1200);
  }
});

Deno.test("MtuDiscovery comes within 16 bytes of what the path carries, with few probes", () => {
  const sizes = fc.tuple(fc.integer({ min: 1200, max: 65_527 }), fc.integer({ min: 1200, max: 65_527 }));
  fc.assert(fc.property(sizes, ([carries, max]) => {
    const path = new Path(carries, max);
    path.search();
    const best = Math.min(carries, max);
    assert(path.mtu.current <= best && best - path.mtu.current <= 16, `${path.mtu.current} of ${best}`);
    // Three probes for each size that fails
    assert(path.probes.length <= 3 * (1 + Math.ceil(Math.log2(65_527 / 16))), `${path.probes.length} probes`);
  }));
});

Deno.test("MtuDiscovery gives a size up after three lost probes only (RFC 8899 5.1.2)", () => {
  const path = new Path(1472, 1472);
  let lost = 0;
  path.search(() => lost++ < 2);
  assert.deepEqual(path.probes, [1472, 1472, 1472]);
  assert.equal(path.mtu.current, 1472);
});

Deno.test("MtuDiscovery tries again after ten minutes (RFC 8899 5.1.1)", () => {
  const path = new Path(1300, 1472);
  path.search();
  assert.equal(path.mtu.timeoutUs, RAISE_US);
  path.carries = 1472;
  path.nowUs = RAISE_US - 1;
  path.search();
  assert(path.mtu.current <= 1300);
  path.nowUs = RAISE_US;
  path.search();
  assert.equal(path.mtu.current, 1472);
});

Deno.test("MtuDiscovery keeps to the peer's largest payload", () => {
  const path = new Path(9000, 9000);
  path.mtu.limit(1400.5);
  path.search();
  assert.equal(path.mtu.current, 1400);
  path.mtu.limit(1300);
  assert.equal(path.mtu.current, 1300);
  path.mtu.limit(9000);
  assert.equal(path.mtu.max, 1300);
  path.mtu.limit(5);
  assert.equal(path.mtu.current, 1200);
});

Deno.test("MtuDiscovery ignores the answer to a probe beyond a limit that came meanwhile", () => {
  const mtu = new MtuDiscovery(1472);
  mtu.start();
  mtu.onProbeSent(1472, 4);
  mtu.limit(1300);
  assert.equal(mtu.onAcked(packet(4, 1472, true)), false);
  assert.equal(mtu.current, 1200);
  assert.equal(mtu.pollProbe(0), 1300);
});

Deno.test("the loss of a probe of another size does not count", () => {
  const path = new Path(1200, 1472);
  path.mtu.onProbeSent(path.mtu.pollProbe(0)!, path.nextNumber++);
  path.mtu.limit(1210);
  path.mtu.onLost(packet(0, 1472, true), 0);
  path.search();
  assert.deepEqual(path.probes, [1210, 1210, 1210]);
});

Deno.test("MtuDiscovery falls back when large packets vanish and small ones do not (RFC 8899 4.3)", () => {
  const path = new Path(1472, 1472);
  path.search();
  path.carries = 1400;
  const changes = [false, false, true].map((expected) => {
    assert.equal(path.send(), expected);
    path.send(100);
    return expected;
  });
  assert.equal(changes.length, 3);
  assert.deepEqual([path.mtu.current, path.mtu.state, path.mtu.timeoutUs], [1200, "base", PAUSE_US]);
  path.search();
  assert.equal(path.mtu.current, 1200);
  path.nowUs = PAUSE_US;
  path.search();
  assert(path.mtu.current > 1384 && path.mtu.current <= 1400);
});

Deno.test("MtuDiscovery takes one burst of losses for congestion, however long", () => {
  const path = new Path(1472, 1472);
  path.search();
  for (let n = 0; n < 100; n++) assert.equal(path.send(1472, true), false);
  assert.equal(path.mtu.current, 1472);
});

Deno.test("losses between packets of the same size that pass never make a black hole", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { minLength: 50, size: "max", maxLength: 300 }), (pattern) => {
    const path = new Path(1472, 1472);
    path.search();
    for (const lost of pattern) {
      path.send(1472, lost);
      path.send(1472, false);
    }
    assert.equal(path.mtu.current, 1472);
  }));
});

Deno.test("acknowledgments that come before the loss they reveal count as well", () => {
  const path = new Path(1472, 1472);
  path.search();
  for (let n = 1; n < 50; n += 2) path.mtu.onAcked(packet(1000 + n, 1472));
  for (let n = 0; n < 50; n += 2) assert.equal(path.mtu.onLost(packet(1000 + n, 1472), 0), false);
});

Deno.test("losses at the ends of many batches are no black hole, although a smaller packet was the last to pass", () => {
  const path = new Path(1472, 1472);
  path.search();
  for (let round = 0; round < 20; round++) {
    const first = path.nextNumber;
    path.nextNumber += 10;
    // The batch ends with a smaller packet, and the acknowledgment comes before the losses that it reveals
    path.mtu.onAcked(packet(first + 9, 1300));
    path.mtu.onAcked(packet(first + 8, 1472));
    for (const lost of [1, 3, 5, 7]) {
      assert.equal(path.mtu.onLost(packet(first + lost, 1472), path.nowUs), false);
    }
  }
  assert.equal(path.mtu.current, 1472);
});

Deno.test("a large packet that passes after all ends a black hole that was none, with one probe", () => {
  const path = new Path(1472, 1472);
  path.search();
  assert.equal(path.mtu.onProbeTimeout(3, 0), true);
  assert.deepEqual([path.mtu.current, path.mtu.pollProbe(0)], [1200, null]);
  path.mtu.onAcked(packet(path.nextNumber, 1472));
  path.search();
  assert.deepEqual([path.mtu.current, path.probes], [1472, [1472, 1472]]);
});

Deno.test("packets of a middle size that pass do not hide that larger ones vanish", () => {
  const path = new Path(1472, 1472);
  path.search();
  path.carries = 1400;
  const changed = Array.from({ length: 4 }, () => {
    const fell = path.send(1472);
    path.send(1350);
    return fell;
  });
  assert.deepEqual(changed, [false, false, true, false]);
});

Deno.test("MtuDiscovery falls back at the third probe timeout in a row", () => {
  const path = new Path(1472, 1472);
  path.search();
  assert.deepEqual([1, 2, 3, 4].map((count) => path.mtu.onProbeTimeout(count, 0)), [
    false,
    false,
    true,
    false,
  ]);
  assert.equal(path.mtu.current, 1200);
});

Deno.test("MtuDiscovery searches below a size that this host refused, without waiting", () => {
  const path = new Path(1400, 1472);
  assert.equal(path.mtu.pollProbe(0), 1472);
  path.mtu.onProbeSent(1472, path.nextNumber++);
  assert.equal(path.mtu.pollProbe(0), null);
  assert.equal(path.mtu.onTooLarge(1472), false);
  assert(path.mtu.pollProbe(0)! < 1472, "its probe is not on its way");
  path.search();
  assert(!path.probes.includes(1472));
  assert(path.mtu.current > 1384);
  path.carries = 1250;
  assert.equal(path.mtu.onTooLarge(path.mtu.current), true);
  assert.equal(path.mtu.current, 1200);
  path.search();
  assert(path.mtu.current > 1234 && path.mtu.current <= 1250);
  assert.equal(path.mtu.onTooLarge(1200), false, "nothing smaller is of use");
});

Deno.test("MtuDiscovery takes a size from ICMP as a hint, never to grow by it (RFC 9000 14.2.1)", () => {
  const path = new Path(1423, 1472);
  assert.equal(path.mtu.onPacketTooBig(1423), false);
  assert.equal(path.mtu.current, 1200);
  path.search();
  assert.deepEqual(path.probes, [1423]);
  assert.equal(path.mtu.current, 1423);
  for (const ignored of [1199, 0, -1, NaN, 1423, 60_000]) {
    assert.equal(path.mtu.onPacketTooBig(ignored), false);
    assert.equal(path.mtu.current, 1423);
  }
  path.carries = 1300;
  assert.equal(path.mtu.onPacketTooBig(1300), true);
  path.search();
  assert.equal(path.mtu.current, 1300);
});

Deno.test("MtuDiscovery stays within its bounds whatever happens", () => {
  const size = fc.integer({ min: 0, max: 3000 });
  const number = fc.nat(60);
  const act = fc.oneof(
    fc.tuple(fc.constant("probe" as const), number, size),
    fc.tuple(fc.constant("acked" as const), number, size),
    fc.tuple(fc.constant("probeAcked" as const), number, size),
    fc.tuple(fc.constant("lost" as const), number, size),
    fc.tuple(fc.constant("probeLost" as const), number, size),
    fc.tuple(fc.constant("refused" as const), number, size),
    fc.tuple(fc.constant("icmp" as const), number, size),
    fc.tuple(fc.constant("pto" as const), number, size),
    fc.tuple(fc.constant("limit" as const), number, size),
    fc.tuple(fc.constant("wait" as const), number, size),
  );
  fc.assert(fc.property(fc.array(act, { maxLength: 200, size: "max" }), (acts) => {
    const mtu = new MtuDiscovery(2000);
    mtu.start();
    let nowUs = 0;
    let probing: number | null = null;
    for (const [kind, number, bytes] of acts) {
      const before = mtu.current;
      let changed = false;
      if (kind === "probe") {
        const probe = mtu.pollProbe(nowUs);
        if (probe !== null) {
          assert(probe > mtu.current && probe <= mtu.max, `${probe}`);
          mtu.onProbeSent(probe, number);
          probing = number;
        }
      } else if (kind === "acked") changed = mtu.onAcked(packet(number, bytes));
      else if (kind === "probeAcked") changed = mtu.onAcked(packet(number, bytes, true));
      else if (kind === "lost") changed = mtu.onLost(packet(number, bytes), nowUs);
      else if (kind === "probeLost") changed = mtu.onLost(packet(number, bytes, true), nowUs);
      else if (kind === "refused") changed = mtu.onTooLarge(bytes);
      else if (kind === "icmp") changed = mtu.onPacketTooBig(bytes);
      else if (kind === "pto") changed = mtu.onProbeTimeout(number % 5, nowUs);
      else if (kind === "limit") {
        if (bytes > 1500) mtu.limit(bytes);
        continue;
      } else nowUs += bytes * 1e6;
      assert.equal(changed, mtu.current !== before);
      assert(mtu.current >= 1200 && mtu.current <= mtu.max);
    }
    // It always finds back
    if (probing !== null) mtu.onLost(packet(probing, 0, true), nowUs);
    const path = new Path(mtu.max, mtu.max, mtu);
    path.nextNumber = 1000;
    for (let round = 0; round < 3; round++) {
      path.nowUs = nowUs += RAISE_US;
      path.search();
    }
    assert(mtu.max - mtu.current <= 16);
  }));
});
