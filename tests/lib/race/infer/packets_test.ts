import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex } from "../../../../lib/base/hex.ts";
import { DnsName } from "../../../../lib/dns/wire/name.ts";
import { buildQuery } from "../../../../lib/dns/wire/query.ts";
import { observe } from "../../../../lib/race/infer/packets.ts";

/** RFC 791: version 4, 5 words, protocol, source 10.98.0.1, destination 192.0.2.7. */
const ipv4 = (protocol: string, payload: string, fragment: string = "4000"): Uint8Array =>
  fromHex(`45 00 0000 0000 ${fragment} 40 ${protocol} 0000 0a620001 c0000207 | ${payload}`);

/** RFC 8200: next header, source 2001:db8::1, destination 2001:db8::2. */
const ipv6 = (protocol: string, payload: string): Uint8Array =>
  fromHex(
    `60000000 0000 ${protocol} 40 20010db8000000000000000000000001 20010db8000000000000000000000002 | ${payload}`,
  );

const tcp = (flags: string): string => `c350 01bb 00000000 00000000 50${flags} ffff 0000 0000`;

Deno.test("observe() sees a SYN, its acceptance and its refusal, over both families", () => {
  assert.deepEqual(observe(ipv4("06", tcp("02"))), {
    kind: "open",
    transport: "tcp",
    address: "192.0.2.7",
    port: 443,
    from: 50000,
  });
  assert.deepEqual(observe(ipv6("06", tcp("12"))), {
    kind: "accepted",
    address: "2001:db8::1",
    port: 50000,
    from: 443,
  });
  assert.equal(observe(ipv6("06", tcp("14")))?.kind, "refused");
  for (const data of ["10", "18", "11"]) assert.equal(observe(ipv4("06", tcp(data))), null);
});

Deno.test("observe() sees questions and answers of DNS", () => {
  const query = buildQuery(DnsName.parse("Test.example"), "HTTPS", { id: 7, caseBits: null });
  const hex = [...query.bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assert.deepEqual(observe(ipv4("11", `c350 0035 0000 0000 ${hex}`)), {
    kind: "query",
    id: 7,
    name: "test.example",
    type: "HTTPS",
  });
  assert.equal(
    observe(ipv4("11", `0035 c350 0000 0000 ${hex.slice(0, 4)}8180${hex.slice(8)}`))?.kind,
    "answer",
  );
});

Deno.test("observe() sees the first packet of QUIC, and no other datagram", () => {
  const initial = (first: string, length: number): Uint8Array =>
    ipv4("11", `c350 01bb 0000 0000 ${first}00000001 ${"00".repeat(length)}`);
  assert.deepEqual(observe(initial("c3", 1195)), {
    kind: "open",
    transport: "quic",
    address: "192.0.2.7",
    port: 443,
    from: 50000,
  });
  assert.equal(observe(initial("43", 1195)), null);
  assert.equal(observe(initial("c3", 100)), null);
});

Deno.test("observe() takes nothing for a packet that is cut, or a later fragment", () => {
  const whole = ipv6("06", tcp("02"));
  for (let length = 0; length < whole.length; length++) {
    assert.equal(observe(whole.subarray(0, length)), null);
  }
  assert.equal(observe(ipv4("06", tcp("02"), "2001")), null);
  assert.equal(observe(ipv4("11", "c350 0035 0000 0000 00")), null);
});

Deno.test("observe() survives anything", () => {
  const start = fc.constantFrom(ipv4("06", tcp("02")), ipv6("11", "c350 0035 0000 0000"));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 80 }), fc.nat(), fc.nat(255), (packet, more, at, value) => {
      const bytes = Uint8Array.from([...packet, ...more]);
      bytes[at % bytes.length] = value;
      observe(bytes);
      observe(more);
    }),
    { numRuns: 2000 },
  );
});
