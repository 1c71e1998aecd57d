import assert from "node:assert/strict";
import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { encodeSockaddr } from "../../../lib/io/sockaddr.ts";
import { SockaddrCache } from "../../../lib/io/sockaddr_cache.ts";
import { requires } from "../../support/requires.ts";
import "../../support/open_libc.ts";

/** The words of a sockaddr behind two words that do not belong to it. */
function wordsOf(ip: Ip, port: number): Int32Array<ArrayBuffer> {
  const bytes = new Uint8Array(64).fill(0xee);
  bytes.set(encodeSockaddr(ip, port), 8);
  return new Int32Array(bytes.buffer);
}

const ip = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
).map((bytes) => Ip.fromBytes(bytes));

Deno.test({
  name: "SockaddrCache.decode() gives the endpoint of every address, however many there are",
  fn: () => {
    const cache = new SockaddrCache();
    fc.assert(
      fc.property(fc.array(fc.tuple(ip, fc.integer({ min: 1, max: 65_535 })), { maxLength: 50 }), (peers) => {
        for (const [address, port] of [...peers, ...peers]) {
          const expected = Endpoint.of(address.unmapped(), port);
          assert(cache.decode(wordsOf(address, port), 2)!.equals(expected));
        }
      }),
    );
  },
});

Deno.test("SockaddrCache.decode() gives the same object for the same address", () => {
  const cache = new SockaddrCache();
  for (const address of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
    const first = cache.decode(wordsOf(Ip.parse(address), 443), 2);
    assert.equal(cache.decode(wordsOf(Ip.parse(address), 443), 2), first);
    assert.notEqual(cache.decode(wordsOf(Ip.parse(address), 444), 2), first);
  }
});

Deno.test("SockaddrCache.decode() forgets old peers rather than grow, and is right all the same", () => {
  const cache = new SockaddrCache();
  const first = cache.decode(wordsOf(Ip.parse("192.0.2.1"), 1), 2)!;
  for (let port = 1; port < 20_000; port++) {
    assert.equal(cache.decode(wordsOf(Ip.parse("192.0.2.2"), port), 2)!.port, port);
  }
  const again = cache.decode(wordsOf(Ip.parse("192.0.2.1"), 1), 2)!;
  assert.notEqual(again, first);
  assert(again.equals(first));
});

Deno.test("SockaddrCache.decode() has no endpoint for other address families", () => {
  const words = new Int32Array(16);
  for (const family of [0, 1, 16, 17]) {
    words[0] = family;
    assert.equal(new SockaddrCache().decode(words, 0), null);
  }
});

Deno.test("SockaddrCache.encoded() gives back the bytes that an endpoint came from", () => {
  const cache = new SockaddrCache();
  const mapped = Ip.parse("::ffff:127.0.0.1");
  const endpoint = cache.decode(wordsOf(mapped, 443), 2)!;
  assert.equal(endpoint.toString(), "127.0.0.1:443");
  assert.deepEqual(cache.encoded(endpoint), encodeSockaddr(mapped, 443));
  assert.equal(cache.encoded(Endpoint.of("127.0.0.1", 443)), undefined);
});

Deno.test({
  name: "SockaddrCache keeps the zone of a link-local address",
  ...requires("ffi"),
  fn: () => {
    const cache = new SockaddrCache();
    const zoned = Ip.parse("fe80::1%lo");
    assert(cache.decode(wordsOf(zoned, 9), 2)!.ip!.equals(zoned));
    assert.equal(cache.decode(wordsOf(Ip.parse("fe80::1"), 9), 2)!.ip!.zone, undefined);
  },
});
