import assert from "node:assert/strict";
import fc from "fast-check";
import { AF_INET, AF_INET6 } from "../../../ffi/constants.ts";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { addressFamily, decodeSockaddr, encodeSockaddr } from "../../../lib/io/sockaddr.ts";
import { requires } from "../../support/requires.ts";
import { addressBytes } from "../base/arbitraries.ts";
import "../../support/open_libc.ts";

const ports = fc.integer({ min: 0, max: 65_535 });
const ips = addressBytes.map((bytes) => Ip.fromBytes(bytes));

function decode(bytes: Uint8Array<ArrayBuffer>, offset: number = 0): Endpoint | null {
  return decodeSockaddr(new DataView(bytes.buffer), offset);
}

Deno.test("encodeSockaddr() lays an IPv4 address out as the kernel wants it", () => {
  const bytes = encodeSockaddr(Ip.parse("192.0.2.1"), 443);
  assert.deepEqual([...bytes], [AF_INET, 0, 0x01, 0xbb, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(addressFamily(Ip.parse("192.0.2.1")), AF_INET);
});

Deno.test("encodeSockaddr() lays an IPv6 address out as the kernel wants it", () => {
  const bytes = encodeSockaddr(Ip.parse("2001:db8::1"), 443);
  const address = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  assert.deepEqual([...bytes], [AF_INET6, 0, 0x01, 0xbb, 0, 0, 0, 0, ...address, 0, 0, 0, 0]);
  assert.equal(addressFamily(Ip.parse("2001:db8::1")), AF_INET6);
});

Deno.test("decodeSockaddr() is the inverse of encodeSockaddr(), with mapped addresses as IPv4", () => {
  fc.assert(fc.property(ips, ports, (ip, port) => {
    const decoded = decode(encodeSockaddr(ip, port));
    assert(decoded?.equals(Endpoint.of(ip.unmapped(), port)));
  }));
});

Deno.test("decodeSockaddr() reads at an offset", () => {
  fc.assert(fc.property(ips, ports, fc.nat(100), (ip, port, offset) => {
    const sockaddr = encodeSockaddr(ip, port);
    const bytes = new Uint8Array(offset + sockaddr.length).fill(0xff);
    bytes.set(sockaddr, offset);
    assert(decode(bytes, offset)?.equals(Endpoint.of(ip.unmapped(), port)));
  }));
});

Deno.test("decodeSockaddr() gives null for every sockaddr that is cut short", () => {
  fc.assert(fc.property(ips, ports, (ip, port) => {
    const whole = encodeSockaddr(ip, port);
    for (let length = 0; length < whole.length; length++) assert.equal(decode(whole.slice(0, length)), null);
  }));
});

Deno.test("decodeSockaddr() gives null for other families", () => {
  for (const family of [0, 1, 16, 17, 0xffff]) {
    const bytes = new Uint8Array(128).fill(1);
    new DataView(bytes.buffer).setUint16(0, family, true);
    assert.equal(decode(bytes), null);
  }
});

Deno.test({
  name: "decodeSockaddr() takes any bytes",
  ...requires("ffi"),
  fn: () => {
    const family = fc.constantFrom([AF_INET, 0], [AF_INET6, 0], [7, 7]);
    const hostile = fc.tuple(family, fc.uint8Array({ maxLength: 40 })).map(([head, tail]) =>
      Uint8Array.from([...head, ...tail])
    );
    fc.assert(fc.property(hostile, (bytes) => {
      const endpoint = decode(bytes);
      assert(endpoint === null || endpoint.ip !== undefined && endpoint.port !== undefined);
    }));
  },
});

Deno.test({
  name: "zones go by name and by number",
  ...requires("ffi"),
  fn: () => {
    const named = encodeSockaddr(Ip.parse("fe80::1%lo"), 1);
    assert.equal(decode(named)?.address, "[fe80::1%lo]:1");
    const index = new DataView(named.buffer).getUint32(24, true);
    assert(index > 0);
    assert.deepEqual(encodeSockaddr(Ip.parse(`fe80::1%${index}`), 1), named);
    // An interface that is gone keeps its number.
    const gone = encodeSockaddr(Ip.parse("fe80::1%4000000000"), 1);
    assert.equal(decode(gone)?.address, "[fe80::1%4000000000]:1");
  },
});

Deno.test({
  name: "encodeSockaddr() refuses a zone that is no interface: ERR_INVALID_ADDRESS",
  ...requires("ffi"),
  fn: () => {
    for (const zone of ["nosuch0", "0", "4294967296"]) {
      assert.throws(() => encodeSockaddr(Ip.parse("fe80::1").withZone(zone), 1), {
        code: "ERR_INVALID_ADDRESS",
        message: `Cannot use the zone "${zone}": no interface has that name`,
      });
    }
  },
});
