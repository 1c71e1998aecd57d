import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex, toHex } from "../../../lib/base/hex.ts";
import { MptError } from "../../../lib/base/errors.ts";
import { decodeSyn, describeOption, mpCapableOf, type SynView } from "../../../lib/mptcp/syn.ts";

// SYNs of Linux 6.18 with MP_CAPABLE, as TCP_SAVED_SYN gave them.
const IPV4 = fromHex(`
  45 00 0040 c136 4000 40 06 637e 0a000102 0a000102 |
  d8b2 b0b1 af936576 00000000 b0 02 ffd7 1636 0000 |
  0204ffd7 0402 080a1af4354d00000000 01 03030a 1e040101
`);
const IPV6 = fromHex(`
  600ffb5b 002c 06 40 fd000001000000000000000000000002 fd000001000000000000000000000002 |
  895a 83b9 c07b8adc 00000000 b0 02 ffc4 fa39 0000 |
  0204ffc4 0402 080a042befea00000000 01 03030a 1e040101
`);

function names(view: SynView): readonly string[] {
  return view.options.map(({ name, length }) => `${name}/${length}`);
}

/** An IPv4 packet with a SYN of these options, padded with zeros. */
function packet(options: Uint8Array, ttl: number = 64, ipOptionWords: number = 0): Uint8Array<ArrayBuffer> {
  const ip = 20 + ipOptionWords * 4;
  const length = Math.ceil(options.length / 4) * 4;
  const bytes = new Uint8Array(ip + 20 + length);
  bytes[0] = 0x40 | ip / 4;
  bytes[8] = ttl;
  bytes[9] = 6;
  bytes[ip + 12] = (20 + length) / 4 << 4;
  bytes[ip + 13] = 2;
  bytes.set(options, ip + 20);
  return bytes;
}

Deno.test("decodeSyn() reads a SYN of the kernel over IPv4 and IPv6", () => {
  for (const [bytes, family] of [[IPV4, 4], [IPV6, 6]] as const) {
    const view = decodeSyn(bytes);
    assert.deepEqual([view.family, view.ttl, view.malformed_hex], [family, 64, null]);
    assert.deepEqual(names(view), ["MSS/4", "SACK_PERMITTED/2", "TIMESTAMPS/10", "NOP/1", "WS/3", "MPTCP/4"]);
    assert.deepEqual(mpCapableOf(view.options), {
      kind: 30,
      name: "MPTCP",
      length: 4,
      subtype: 0,
      hex: "1e040101",
    });
  }
});

Deno.test("decodeSyn() passes over options of IPv4 and extension headers of IPv6", () => {
  assert.equal(decodeSyn(packet(fromHex("1e040101"), 3, 10)).ttl, 3);
  const chain = IPV6.slice(0, 40);
  chain[6] = 0;
  const headers = fromHex(`
    2b 00 010400000000 |
    3c 01 0104000000000000 000000000000 |
    2c 00 000000000000 |
    33 00 000000000000 |
    06 01 0000 00000000 00000000
  `);
  const long = new Uint8Array([...chain, ...headers, ...IPV6.subarray(40)]);
  assert.equal(names(decodeSyn(long)).length, 6);
});

Deno.test("mpCapableOf() finds no MP_JOIN, no DSS, and no MPTCP option without a subtype", () => {
  const join = fromHex("1e0c 10 00 00000000 00000000");
  assert.equal(mpCapableOf(decodeSyn(packet(join)).options), null);
  assert.equal(mpCapableOf(decodeSyn(packet(fromHex("1e02"))).options), null);
  assert.equal(mpCapableOf(decodeSyn(packet(fromHex("1e0320"))).options), null);
});

Deno.test("decodeSyn() stops at the end of the options, and at what makes no sense", () => {
  assert.deepEqual(names(decodeSyn(packet(fromHex("01 00 1e040101")))), ["NOP/1", "EOL/1"]);
  for (
    const [text, read, left] of [
      ["01 1e00 0101", ["NOP/1"], "1e00010100000000"],
      ["01 1e01 01", ["NOP/1"], "1e0101"],
      ["0101 1e06", ["NOP/1", "NOP/1"], "1e06"],
      ["010101 1e", ["NOP/1", "NOP/1", "NOP/1"], "1e"],
    ] as const
  ) {
    const view = decodeSyn(packet(fromHex(text)));
    assert.deepEqual(names(view), read);
    assert(left.startsWith(view.malformed_hex!) || view.malformed_hex!.startsWith(left), view.malformed_hex!);
  }
});

Deno.test("decodeSyn() refuses what is no whole TCP packet", () => {
  for (const bytes of [IPV4, IPV6]) {
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeSyn(bytes.subarray(0, length)), { code: "ERR_PROTOCOL" }, `${length}`);
    }
  }
  const udp = IPV4.slice();
  udp[9] = 17;
  assert.throws(() => decodeSyn(udp), /protocol 17, not TCP/);
  const small = IPV4.slice();
  small[32] = 0x40;
  assert.throws(() => decodeSyn(small), /TCP header has 16 bytes/);
  const short = IPV4.slice();
  short[0] = 0x42;
  assert.throws(() => decodeSyn(short), { code: "ERR_PROTOCOL" });
});

Deno.test("decodeSyn() gives back every list of options that fits", () => {
  const option = fc.oneof(
    fc.constant(Uint8Array.of(1)),
    fc.tuple(fc.integer({ min: 2, max: 255 }), fc.uint8Array({ maxLength: 12 })).map(([kind, body]) =>
      Uint8Array.of(kind, body.length + 2, ...body)
    ),
  );
  const lists = fc.array(option, { maxLength: 40 }).map((list) => list.flatMap((each) => [...each]))
    .filter((bytes) => bytes.length <= 40 && bytes.length % 4 === 0);
  fc.assert(fc.property(lists, fc.nat(255), (bytes, ttl) => {
    const view = decodeSyn(packet(Uint8Array.from(bytes), ttl));
    assert.equal(view.ttl, ttl);
    assert.equal(view.malformed_hex, null);
    assert.equal(view.options.map(({ hex }) => hex).join(""), toHex(Uint8Array.from(bytes)));
    for (const each of view.options) assert.deepEqual(describeOption(fromHex(each.hex)), each);
  }));
});

Deno.test("decodeSyn() reads or refuses any bytes, and a SYN with changed bytes", () => {
  const reads = (bytes: Uint8Array): void => {
    try {
      const { ttl, options } = decodeSyn(bytes);
      assert(ttl <= 255 && options.length <= 40);
    } catch (error) {
      if (!(error instanceof MptError)) throw error;
      assert.equal(error.code, "ERR_PROTOCOL");
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), reads));
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(fc.constantFrom(IPV4, IPV6), changes, (original, list) => {
    const bytes = original.slice();
    for (const [at, value] of list) bytes[at % bytes.length] = value;
    reads(bytes);
  }));
});
