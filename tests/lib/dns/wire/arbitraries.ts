import fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import { type DnsMessage, EMPTY_MESSAGE } from "../../../../lib/dns/wire/message.ts";
import { DnsName } from "../../../../lib/dns/wire/name.ts";
import type { DnsRecord, Edns } from "../../../../lib/dns/wire/record.ts";
import { NO_PARAMS, type SvcParams } from "../../../../lib/dns/wire/svcb.ts";
import { type RecordType, typeOf } from "../../../../lib/dns/wire/types.ts";

/** A record with the prototype of every object, as a decoder makes them. */
function plain<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

const label: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("a", "b", "www", "EXAMPLE", "example").map((text) =>
      new TextEncoder().encode(text)
    ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 63 }) },
);

/** Names with few different labels, so that many are compressed. */
export const names: fc.Arbitrary<DnsName> = fc.array(label, { maxLength: 8 })
  .filter((labels) => labels.reduce((sum, each) => sum + 1 + each.length, 1) <= 255)
  .map((labels) => DnsName.fromLabels(labels));

export const ipv4: fc.Arbitrary<Ip> = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) =>
  Ip.fromBytes(bytes)
);
export const ipv6: fc.Arbitrary<Ip> = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) =>
  Ip.fromBytes(bytes)
);

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const data = fc.uint8Array({ maxLength: 40 });

const alpnId = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => String.fromCharCode(...bytes));

/** Parameters of a service as a server may send them. */
export const svcParams: fc.Arbitrary<SvcParams> = plain({
  alpn: fc.array(alpnId, { maxLength: 3 }),
  noDefaultAlpn: fc.boolean(),
  port: fc.option(u16),
  ipv4Hints: fc.array(ipv4, { maxLength: 3 }),
  ipv6Hints: fc.array(ipv6, { maxLength: 3 }),
  ech: fc.option(data),
  unknown: fc.uniqueArray(plain({ key: fc.integer({ min: 7, max: 65534 }), value: data }), {
    maxLength: 3,
    selector: ({ key }) => key,
  }).map((params) => params.toSorted((a, b) => a.key - b.key)),
}).chain((params) =>
  fc.subarray([
    ...(params.alpn.length > 0 ? [1] : []),
    ...(params.noDefaultAlpn ? [2] : []),
    ...(params.port === null ? [] : [3]),
    ...params.unknown.map(({ key }) => key),
  ]).map((mandatory) => ({ ...params, mandatory }))
);

const recordData: fc.Arbitrary<object> = fc.oneof(
  ipv4.map((address) => ({ type: "A", address })),
  ipv6.map((address) => ({ type: "AAAA", address })),
  names.map((target) => ({ type: "CNAME", target })),
  plain({
    type: fc.constant("SOA"),
    primary: names,
    mailbox: names,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  plain({
    type: fc.constantFrom("SVCB", "HTTPS"),
    priority: fc.integer({ min: 1, max: 0xffff }),
    target: names,
    params: svcParams,
  }),
  plain({
    type: fc.constantFrom("SVCB", "HTTPS"),
    priority: fc.constant(0),
    target: names,
    params: fc.constant(NO_PARAMS),
  }),
  plain({
    type: fc.constant("other"),
    code: fc.constantFrom(2, 16, 65280),
    class: fc.constantFrom(1, 3),
    data,
  }),
);

/** Records of every kind. */
export const records: fc.Arbitrary<DnsRecord> = fc.tuple(names, fc.nat(0x7fff_ffff), recordData).map(
  ([name, ttl, rest]) => ({ name, ttl, ...rest }) as DnsRecord,
);

const edns: fc.Arbitrary<Edns> = plain({
  udpSize: u16,
  version: fc.nat(255),
  dnssecOk: fc.boolean(),
  options: fc.array(plain({ code: u16, data }), { maxLength: 3 }),
});

/** Types of questions. */
export const types: fc.Arbitrary<RecordType> = fc.constantFrom(1, 2, 5, 6, 28, 64, 65, 255, 65280).map(
  typeOf,
);

const section = fc.array(records, { maxLength: 5 });

/** Whole messages. */
export const messages: fc.Arbitrary<DnsMessage> = plain({
  id: u16,
  response: fc.boolean(),
  opcode: fc.nat(15),
  authoritative: fc.boolean(),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  authenticData: fc.boolean(),
  checkingDisabled: fc.boolean(),
  rcode: fc.nat(15),
  questions: fc.array(plain({ name: names, type: types, class: fc.constantFrom(1, 3, 255) }), {
    maxLength: 2,
  }),
  answers: section,
  authorities: section,
  additionals: section,
  edns: fc.option(edns),
}).chain((message) =>
  (message.edns === null ? fc.constant(message.rcode) : fc.nat(4095)).map((rcode) => ({
    ...EMPTY_MESSAGE,
    ...message,
    rcode,
  }))
);
