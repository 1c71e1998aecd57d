import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { MptError } from "../../../lib/base/errors.ts";
import { Ip } from "../../../lib/base/ip.ts";
import { ffiUnavailableReason } from "../../../lib/io/ffi_access.ts";
import { parseHosts } from "../../../lib/dns/config/hosts_file.ts";
import { type DnsResult, Resolver, type ResolverOptions } from "../../../lib/dns/resolver.ts";
import type { DnsMessage } from "../../../lib/dns/wire/message.ts";
import { DnsName } from "../../../lib/dns/wire/name.ts";
import type { DnsRecord } from "../../../lib/dns/wire/record.ts";
import { type Behaviour, FakeServer } from "./fake_server.ts";

const NAME = DnsName.parse("www.example.com");

const a = (name: DnsName, address = "192.0.2.1"): DnsRecord => ({
  name,
  ttl: 60,
  type: "A",
  address: Ip.parse(address),
});
const cname = (name: string, target: string): DnsRecord => ({
  name: DnsName.parse(name),
  ttl: 60,
  type: "CNAME",
  target: DnsName.parse(target),
});
const found: Behaviour = (question) => [{ answers: [a(question.questions[0]!.name)] }];

async function ask(
  behaviour: Behaviour,
  options: Partial<ResolverOptions> = {},
): Promise<{ result: DnsResult; server: FakeServer }> {
  await using server = FakeServer.start(behaviour);
  const resolver = new Resolver({ servers: [server.endpoint], timeoutMs: 2000, attempts: 1, ...options });
  return { result: await resolver.query(NAME, "A"), server };
}

const outcomes = (result: DnsResult): readonly string[] =>
  result.tries.map(({ transport, outcome }) => `${transport} ${outcome}`);

Deno.test("Resolver.query() gives the records with the times of asking and answering", async () => {
  const { result } = await ask(found);
  assert.equal(result.status, "positive");
  assert.deepEqual(result.records.map((each) => each.type === "A" && each.address.toString()), ["192.0.2.1"]);
  assert.equal(result.ttl, 60);
  assert.ok(result.endMs >= result.startMs);
  assert.deepEqual(outcomes(result), ["udp answer"]);
});

Deno.test("Resolver.query() has another id, port and case for each question", async () => {
  await using server = FakeServer.start(found);
  const resolver = new Resolver({ servers: [server.endpoint], timeoutMs: 2000, attempts: 1 });
  const name = DnsName.parse("a-long-name-with-many-letters.example.com");
  for (let index = 0; index < 12; index++) await resolver.query(name, "A");
  const different = (key: (each: FakeServer["questions"][number]) => unknown): number =>
    new Set(server.questions.map(key)).size;
  assert.ok(different(({ message }) => message.id) > 6);
  assert.ok(different(({ port }) => port) > 6);
  assert.equal(different(({ message }) => message.questions[0]?.name.toString()), 12);
});

Deno.test("Resolver.query() ignores what is no answer to the question and takes what comes after it", async () => {
  const { result } = await ask((question) => [
    { id: question.id ^ 1, answers: [a(NAME, "198.51.100.1")] },
    { response: false, answers: [a(NAME, "198.51.100.2")] },
    {
      questions: [{ name: DnsName.parse("other.com"), type: "A", class: 1 }],
      answers: [a(NAME, "198.51.100.3")],
    },
    Uint8Array.of(1, 2, 3),
    ...found(question, { transport: "udp", count: 1 }),
  ]);
  assert.deepEqual(result.records.map((each) => each.type === "A" && each.address.toString()), ["192.0.2.1"]);
});

Deno.test("Resolver.query() asks over TCP when an answer is cut", async () => {
  const many = Array.from({ length: 500 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
  const { result } = await ask((question, { transport }) =>
    transport === "udp"
      ? [{ truncated: true }]
      : [{ answers: many.map((address) => a(question.questions[0]!.name, address)) }]
  );
  assert.equal(result.records.length, 500);
  assert.deepEqual(outcomes(result), ["udp use-tcp", "tcp answer"]);
});

Deno.test("Resolver.query() asks over TCP when an answer comes in another case, as a forged one would", async () => {
  const { result } = await ask((question, { transport }) => [{
    questions: [{ ...question.questions[0]!, name: NAME }],
    answers: [a(NAME, transport === "udp" ? "198.51.100.1" : "192.0.2.1")],
  }]);
  assert.deepEqual(result.records.map((each) => each.type === "A" && each.address.toString()), ["192.0.2.1"]);
  assert.deepEqual(outcomes(result), ["udp use-tcp", "tcp answer"]);
});

Deno.test("Resolver.query() gives up UDP when somebody is guessing ids", async () => {
  const { result } = await ask((question, { transport }) =>
    transport === "udp"
      ? Array.from(
        { length: 150 },
        (_, index) => ({ id: (question.id + 1 + index) & 0xffff, answers: [a(NAME, "198.51.100.1")] }),
      )
      : found(question, { transport, count: 1 })
  );
  assert.deepEqual(result.records.map((each) => each.type === "A" && each.address.toString()), ["192.0.2.1"]);
});

Deno.test("Resolver.query() sends again what is not answered", async () => {
  const { result, server } = await ask((question, how) => how.count === 1 ? [] : found(question, how));
  assert.equal(result.status, "positive");
  const [first, second] = server.questions;
  assert.deepEqual(first?.message, second?.message, "the same question, so that a late answer counts");
  assert.equal(first?.port, second?.port);
});

Deno.test("Resolver.query() goes on to the next server: silence, no server, nonsense, an error", async () => {
  await using silent = FakeServer.start(() => []);
  await using nonsense = FakeServer.start(() => [Uint8Array.of(0)]);
  await using failing = FakeServer.start(() => [{ rcode: 2 }]);
  await using good = FakeServer.start(found);
  const closed = FakeServer.start(() => []);
  await closed[Symbol.asyncDispose]();
  const resolver = new Resolver({
    servers: [silent, nonsense, closed, failing, good].map(({ endpoint }) => endpoint),
    timeoutMs: 400,
  });
  const result = await resolver.query(NAME, "A");
  assert.equal(result.status, "positive");
  assert.equal(result.server, good.endpoint.address);
  assert.deepEqual(result.tries.map(({ outcome }) => outcome).toSpliced(2, 1), [
    "timeout",
    "malformed",
    "answer",
    "answer",
  ]);
  assert.match(result.tries[2]?.outcome ?? "", /refused|timeout/);
});

Deno.test("Resolver.query() goes on to the next server where this host has no way to one", async () => {
  await using good = FakeServer.start(found);
  // Behind an interface that is not there, and an address that nobody may send to
  const nowhere = ["[fe80::53%nosuch9]:53", "255.255.255.255:53"].map((text) => Endpoint.parse(text));
  const limits = { attempts: 1, timeoutMs: 400 };
  const result = await new Resolver({ servers: [...nowhere, good.endpoint], ...limits }).query(NAME, "A");
  assert.deepEqual([result.status, result.server], ["positive", good.endpoint.address]);
  // Without system calls nobody says that a datagram did not leave
  const outcome = ffiUnavailableReason() === null ? "unreachable" : "timeout";
  assert.deepEqual(outcomes(result), [`udp ${outcome}`, `udp ${outcome}`, "udp answer"]);
  const alone = await new Resolver({ servers: nowhere, ...limits }).query(NAME, "A");
  assert.deepEqual([alone.status, alone.reason], ["failed", outcome]);
});

Deno.test("Resolver.query() begins with another server each time when it is told to rotate", async () => {
  await using one = FakeServer.start(found);
  await using other = FakeServer.start(found);
  const servers = [one.endpoint, other.endpoint];
  const asked = async (rotate: boolean): Promise<readonly (string | null)[]> => {
    const resolver = new Resolver({ servers, rotate, timeoutMs: 2000 });
    return [await resolver.query(NAME, "A"), await resolver.query(NAME, "A"), await resolver.query(NAME, "A")]
      .map(({ server }) => server);
  };
  const [first, second] = [one.endpoint.address, other.endpoint.address];
  assert.deepEqual(await asked(true), [first, second, first]);
  assert.deepEqual(await asked(false), [first, first, first]);
});

Deno.test("Resolver.query() says why it failed when no server helps", async () => {
  const servfail = await ask(() => [{ rcode: 2 }]);
  assert.deepEqual([servfail.result.status, servfail.result.reason], [
    "failed",
    "the server answered SERVFAIL",
  ]);
  assert.equal(servfail.server.questions.length, 1);
  const silence = await ask(() => [], { timeoutMs: 100, attempts: 2 });
  assert.deepEqual([silence.result.status, silence.result.reason], ["failed", "timeout"]);
  assert.deepEqual(outcomes(silence.result), ["udp timeout", "udp timeout"]);
});

Deno.test("Resolver.query() tells no name from no data", async () => {
  const soa: DnsRecord = {
    name: DnsName.parse("example.com"),
    ttl: 900,
    type: "SOA",
    primary: DnsName.root,
    mailbox: DnsName.root,
    serial: 1,
    refresh: 1,
    retry: 1,
    expire: 1,
    minimum: 30,
  };
  const noName = (await ask(() => [{ rcode: 3, authorities: [soa] }])).result;
  assert.deepEqual([noName.status, noName.ttl, noName.reason], ["no-name", 30, null]);
  const noData = (await ask(() => [{}])).result;
  assert.deepEqual([noData.status, noData.ttl], ["no-data", null]);
});

Deno.test("Resolver.query() asks without EDNS where the server does not know it", async () => {
  const { result } = await ask((question, how): readonly Partial<DnsMessage>[] =>
    question.edns === null
      ? found(question, how) as readonly Partial<DnsMessage>[]
      : [{ rcode: 1, questions: [] }]
  );
  assert.deepEqual([result.status, ...outcomes(result)], ["positive", "udp answer", "udp answer"]);
});

Deno.test("Resolver.query() follows a chain that goes on in other answers, and not for ever", async () => {
  const chain: Behaviour = (question) => {
    const { name } = question.questions[0]!;
    return [{ answers: name.equals(NAME) ? [cname("www.example.com", "b.net")] : [a(name)] }];
  };
  const { result } = await ask(chain);
  assert.deepEqual([result.status, ...result.names.map(({ key }) => key)], [
    "positive",
    "www.example.com",
    "b.net",
  ]);
  const endless = await ask((question) => {
    const { name } = question.questions[0]!;
    return [{
      answers: [{
        name,
        ttl: 1,
        type: "CNAME",
        target: DnsName.parse(`n${name.key.length}x.${name.key}`.slice(0, 200)),
      }],
    }];
  });
  assert.deepEqual([endless.result.status, endless.result.reason], [
    "failed",
    "its CNAME records have no end",
  ]);
  const circle = await ask((question) => {
    const { name } = question.questions[0]!;
    return [{
      answers: [{ name, ttl: 1, type: "CNAME", target: name.equals(NAME) ? DnsName.parse("b.net") : NAME }],
    }];
  });
  assert.deepEqual([circle.result.status, circle.result.reason], ["failed", "its CNAME records have no end"]);
});

Deno.test("Resolver.query() asks nobody for names of the hosts file and for localhost", async () => {
  const resolver = new Resolver({
    servers: [Endpoint.of("127.0.0.1", 9)],
    hosts: parseHosts("192.0.2.7 www.example.com"),
  });
  const known = await resolver.query(NAME, "A");
  assert.deepEqual([known.status, known.server, known.tries.length], ["positive", null, 0]);
  assert.equal((await resolver.query(NAME, "AAAA")).status, "no-data");
  const local = await resolver.query(DnsName.parse("x.localhost"), "AAAA");
  assert.equal(local.records[0]?.type === "AAAA" && local.records[0].address.toString(), "::1");
});

Deno.test("Resolver.query() ends at once when it is aborted, over UDP and over TCP", async () => {
  for (const useTcp of [false, true]) {
    const controller = new AbortController();
    await using server = FakeServer.start(() => {
      controller.abort();
      return [];
    });
    const resolver = new Resolver({ servers: [server.endpoint], timeoutMs: 60_000, useTcp });
    await assert.rejects(
      resolver.query(NAME, "A", controller.signal),
      (error) => error instanceof MptError && error.code === "ERR_ABORTED",
    );
  }
});

Deno.test("Resolver.query() takes nothing over TCP that is cut, empty or of another question", async () => {
  for (const answer of [[], [Uint8Array.of(1)], [{ truncated: true }], [{ id: 1, questions: [] }]]) {
    const { result } = await ask(() => answer, { useTcp: true, timeoutMs: 200 });
    assert.equal(result.status, "failed");
  }
});

Deno.test("Resolver refuses to be without servers", () => {
  assert.throws(() => new Resolver({ servers: [] }), /Cannot resolve names/);
  assert.throws(() => new Resolver({ servers: [Endpoint.parse("dns.example:53")] }), /Cannot resolve names/);
});
