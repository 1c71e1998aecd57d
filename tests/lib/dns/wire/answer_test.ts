import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { MAX_CHAIN, mismatch, readAnswer } from "../../../../lib/dns/wire/answer.ts";
import { decodeMessage, type DnsMessage, EMPTY_MESSAGE, question } from "../../../../lib/dns/wire/message.ts";
import { DnsName } from "../../../../lib/dns/wire/name.ts";
import { buildQuery } from "../../../../lib/dns/wire/query.ts";
import type { DnsRecord } from "../../../../lib/dns/wire/record.ts";

const NAME = DnsName.parse("www.example.com");
const QUERY = buildQuery(NAME, "A", { id: 7, caseBits: Uint8Array.of(0b1010_0101) });

const a = (name: string, address: string, ttl = 300): DnsRecord => ({
  name: DnsName.parse(name),
  ttl,
  type: "A",
  address: Ip.parse(address),
});
const cname = (name: string, target: string, ttl = 300): DnsRecord => ({
  name: DnsName.parse(name),
  ttl,
  type: "CNAME",
  target: DnsName.parse(target),
});
const soa = (zone: string, ttl: number, minimum: number): DnsRecord => ({
  name: DnsName.parse(zone),
  ttl,
  type: "SOA",
  primary: DnsName.root,
  mailbox: DnsName.root,
  serial: 1,
  refresh: 1,
  retry: 1,
  expire: 1,
  minimum,
});

const reply = (parts: Partial<DnsMessage>): DnsMessage => ({
  ...EMPTY_MESSAGE,
  id: 7,
  response: true,
  questions: [QUERY.question],
  ...parts,
});

Deno.test("buildQuery() asks one question with recursion and EDNS, in the case of the bits", () => {
  const message = decodeMessage(QUERY.bytes);
  assert.equal(message.id, 7);
  assert.equal(message.recursionDesired, true);
  assert.equal(message.questions[0]?.name.toString(), "WwW.exAmPLe.Com");
  assert.ok(QUERY.question.name.equals(NAME) && !QUERY.question.name.equalsExactly(NAME));
  assert.deepEqual(message.edns, { udpSize: 1232, version: 0, dnssecOk: false, options: [] });
  assert.equal(
    decodeMessage(buildQuery(NAME, "A", { id: 1, caseBits: null }, { udpSize: 0 }).bytes).edns,
    null,
  );
});

Deno.test("buildQuery() refuses an id that does not fit", () => {
  assert.throws(() => buildQuery(NAME, "A", { id: 65536, caseBits: null }), /Cannot write 65536 in 2 bytes/);
});

Deno.test("mismatch() takes the answer and names what is wrong with any other", () => {
  assert.equal(mismatch(QUERY, reply({})), null);
  assert.equal(mismatch(QUERY, reply({ response: false })), "not-an-answer");
  assert.equal(mismatch(QUERY, reply({ opcode: 5 })), "not-an-answer");
  assert.equal(mismatch(QUERY, reply({ id: 8 })), "wrong-id");
  assert.equal(mismatch(QUERY, reply({ questions: [] })), "wrong-question");
  assert.equal(mismatch(QUERY, reply({ questions: [], rcode: 1 })), null);
  assert.equal(mismatch(QUERY, reply({ questions: [QUERY.question, QUERY.question] })), "wrong-question");
  assert.equal(
    mismatch(QUERY, reply({ questions: [{ ...QUERY.question, type: "AAAA" }] })),
    "wrong-question",
  );
  assert.equal(mismatch(QUERY, reply({ questions: [{ ...QUERY.question, class: 3 }] })), "wrong-question");
  assert.equal(
    mismatch(QUERY, reply({ questions: [question(DnsName.parse("x.org"), "A")] })),
    "wrong-question",
  );
  assert.equal(mismatch(QUERY, reply({ questions: [question(NAME, "A")] })), "wrong-case");
});

Deno.test("readAnswer() gives the records of the name, in any case, with the least TTL", () => {
  const answer = readAnswer(
    QUERY,
    reply({
      answers: [
        a("WWW.example.com", "192.0.2.1", 60),
        a("www.example.com", "192.0.2.2", 30),
        a("other.com", "192.0.2.3", 1),
      ],
    }),
  );
  assert.equal(answer.status, "positive");
  assert.deepEqual(answer.records.map((each) => each.type === "A" && each.address.toString()), [
    "192.0.2.1",
    "192.0.2.2",
  ]);
  assert.equal(answer.ttl, 30);
});

Deno.test("readAnswer() follows CNAME records in any order, with the least TTL of all", () => {
  const answer = readAnswer(
    QUERY,
    reply({
      answers: [
        a("c.net", "192.0.2.1", 60),
        cname("b.net", "c.net", 5),
        cname("www.example.com", "b.net", 50),
      ],
    }),
  );
  assert.deepEqual(answer.names.map((name) => name.key), ["www.example.com", "b.net", "c.net"]);
  assert.equal(answer.status, "positive");
  assert.equal(answer.ttl, 5);
});

Deno.test("readAnswer() calls a loop of CNAME records and too long a chain an error", () => {
  const loop = readAnswer(
    QUERY,
    reply({ answers: [cname("www.example.com", "b.net"), cname("b.net", "WWW.example.com")] }),
  );
  assert.equal(loop.status, "error");
  assert.match(loop.reason ?? "", /a loop/);
  const chain = [
    cname("www.example.com", "n0.net"),
    ...Array.from({ length: 100 }, (_, index) => cname(`n${index}.net`, `n${index + 1}.net`)),
  ];
  const long = readAnswer(QUERY, reply({ answers: chain }));
  assert.equal(long.status, "error");
  assert.match(long.reason ?? "", new RegExp(`more than ${MAX_CHAIN} CNAME`));
});

Deno.test("readAnswer() tells no data from no name, with the TTL of the SOA record", () => {
  const noData = readAnswer(QUERY, reply({ authorities: [soa("example.com", 900, 60)] }));
  assert.deepEqual([noData.status, noData.ttl, noData.unfinished], ["no-data", 60, false]);
  const noName = readAnswer(QUERY, reply({ rcode: 3, authorities: [soa("com", 30, 60)] }));
  assert.deepEqual([noName.status, noName.ttl], ["no-name", 30]);
  // RFC 2308 5: without an SOA record nothing is kept; one of another zone does not count
  assert.equal(readAnswer(QUERY, reply({})).ttl, null);
  assert.equal(readAnswer(QUERY, reply({ authorities: [soa("example.org", 900, 60)] })).ttl, null);
});

Deno.test("readAnswer() says when a chain ends in a name that has to be asked for", () => {
  const open = readAnswer(QUERY, reply({ answers: [cname("www.example.com", "b.net")] }));
  assert.deepEqual([open.status, open.unfinished], ["no-data", true]);
  const closed = readAnswer(
    QUERY,
    reply({ answers: [cname("www.example.com", "b.net")], authorities: [soa("net", 9, 9)] }),
  );
  assert.deepEqual([closed.status, closed.unfinished], ["no-data", false]);
});

Deno.test("readAnswer() names the response code of an error, and refuses records with NXDOMAIN", () => {
  for (const [rcode, name] of [[2, "SERVFAIL"], [5, "REFUSED"], [9, "RCODE9"]] as const) {
    const answer = readAnswer(QUERY, reply({ rcode, answers: [a("www.example.com", "192.0.2.1")] }));
    assert.deepEqual([answer.status, answer.reason], ["error", `the server answered ${name}`]);
  }
  const both = readAnswer(QUERY, reply({ rcode: 3, answers: [a("www.example.com", "192.0.2.1")] }));
  assert.equal(both.status, "error");
});
