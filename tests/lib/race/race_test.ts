import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { MptError } from "../../../lib/base/errors.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { Transport } from "../../../lib/base/transport.ts";
import { DnsName } from "../../../lib/dns/wire/name.ts";
import type { DnsRecord } from "../../../lib/dns/wire/record.ts";
import { NO_PARAMS } from "../../../lib/dns/wire/svcb.ts";
import { race, type RaceOptions, type RaceOutcome, raceRounds } from "../../../lib/race/mod.ts";
import { listen } from "../../../lib/transport/mod.ts";
import { QuicTransportListener } from "../../../lib/transport/quic.ts";
import { output } from "../../support/command.ts";
import { requires, withoutFfi } from "../../support/requires.ts";
import { type Behaviour, FakeServer } from "../dns/fake_server.ts";

const NAME = "www.example.com";
const LOOPBACK = Ip.parse("127.0.0.1");

/** A server that answers with these addresses, and with nothing of another type. */
function answering(...addresses: readonly string[]): Behaviour {
  return ({ questions: [question] }) => {
    if (question === undefined) return [];
    const { name, type } = question;
    const answers = addresses.map((text) => Ip.parse(text)).flatMap((address): DnsRecord[] => {
      const own = address.family === 4 ? "A" : "AAAA";
      return own === type ? [{ name, ttl: 60, type: own, address }] : [];
    });
    return [{ answers }];
  };
}

async function raceBy(
  behaviour: Behaviour,
  port: number,
  options: RaceOptions = {},
): Promise<RaceOutcome> {
  await using server = FakeServer.start(behaviour);
  return await race(`${NAME}:${port}`, {
    resolver: [server.endpoint],
    families: "both",
    timeoutMs: 5000,
    ...options,
  });
}

const TRANSPORTS: readonly Transport[] = withoutFfi() ? ["tcp"] : ["tcp", "mptcp", "quic", "mpquic"];

for (const transport of TRANSPORTS) {
  Deno.test({
    name: `race() gives a ${transport} connection that is ready to use`,
    ...requires(...(transport === "mptcp" ? ["mptcp"] as const : [])),
    async fn() {
      await using listener = listen(transport, LOOPBACK, 0);
      const accepted = listener.accept();
      const pins = listener instanceof QuicTransportListener ? [listener.pin] : [];
      await using outcome = await race(`127.0.0.1:${listener.local.port}`, {
        transports: [transport],
        quic: { alpn: ["mpt"], pins },
      });
      assert.deepEqual([outcome.end_reason, outcome.winner, outcome.dns.length], ["won", 0, 0]);
      const [attempt] = outcome.attempts;
      assert.deepEqual([attempt?.transport_in_force, attempt?.local], [
        transport,
        outcome.connection?.local.address,
      ]);
      await using server = (await accepted)!;
      const stream = await outcome.connection!.openStream();
      await stream.write(new TextEncoder().encode("hello"));
      const incoming =
        (transport.endsWith("quic") ? await server.acceptStream() : await server.openStream())!;
      assert.equal(new TextDecoder().decode((await incoming.read())!), "hello");
      await stream.closeWrite();
      await incoming.closeWrite();
    },
  });
}

Deno.test("race() asks its resolver, and goes on with IPv4 where IPv6 is refused", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  await using outcome = await raceBy(answering("::1", "127.0.0.1"), listener.local.port!);
  assert.deepEqual(outcome.dns.map(({ type, status, answers }) => [type, status, answers]), [
    ["AAAA", "positive", ["::1"]],
    ["A", "positive", ["127.0.0.1"]],
  ]);
  assert.deepEqual(
    outcome.attempts.map(({ address, outcome, error }) => [address, outcome, error?.code]),
    [["::1", "failed", "ERR_REFUSED"], ["127.0.0.1", "won", undefined]],
  );
  assert.equal(outcome.connection?.remote.address, listener.local.address);
});

Deno.test("what race() tells can be written as JSON, without the connection", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const seen: string[] = [];
  await using outcome = await race(listener.local, {}, (event) => seen.push(event.event));
  const written: unknown = JSON.parse(JSON.stringify(outcome));
  assert.deepEqual(written, JSON.parse(JSON.stringify(outcome.toJSON())));
  assert(typeof written === "object" && written !== null && !("connection" in written));
  assert.deepEqual(outcome.timeline.map(({ event }) => event), seen);
});

Deno.test({
  name: "race() leaves no descriptor open, whoever wins and however it ends",
  ...requires("mptcp"),
  async fn() {
    const script = new URL("./count_descriptors.ts", import.meta.url).pathname;
    const left: unknown = JSON.parse(
      await output([Deno.execPath(), "run", "--quiet", "--allow-all", script], { deadlineMs: 60_000 }),
    );
    assert(typeof left === "object" && left !== null);
    assert.ok(
      Object.keys(left).length === 6 && Object.values(left).every((count) => count <= 0),
      JSON.stringify(left),
    );
  },
});

Deno.test("a resolver that never answers ends the race at its deadline", async () => {
  const started = performance.now();
  await using outcome = await raceBy(() => [], 443, { timeoutMs: 400 });
  assert.ok(performance.now() - started < 4000, "the deadline did not hold");
  assert.deepEqual([outcome.end_reason, outcome.connection], ["deadline", null]);
  assert.ok(outcome.dns.every(({ status }) => status === "cancelled"));
});

Deno.test("answers with a wrong id, nonsense and other names do not end the wait for the right one", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const right = answering("127.0.0.1");
  await using outcome = await raceBy((question, how) => [
    Uint8Array.of(1, 2, 3),
    { id: question.id ^ 1, answers: [] },
    { questions: [{ name: DnsName.parse("other.example"), type: "A", class: 1 }] },
    ...right(question, how),
  ], listener.local.port!);
  assert.deepEqual(outcome.dns.map(({ status }) => status), ["no-data", "positive"]);
  assert.equal(outcome.winner, 0);
});

Deno.test("SERVFAIL for one type leaves a race with the other", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const right = answering("127.0.0.1");
  await using outcome = await raceBy(
    (question, how) => question.questions[0]?.type === "AAAA" ? [{ rcode: 2 }] : right(question, how),
    listener.local.port!,
  );
  assert.deepEqual(outcome.dns.map(({ status, reason }) => [status, reason]), [
    ["failed", "the server answered SERVFAIL"],
    ["positive", null],
  ]);
  assert.equal(outcome.attempts[outcome.winner!]?.outcome, "won");
});

Deno.test("thousands of records are raced within the deadline, a bounded number of them", async () => {
  const many = Array.from({ length: 4000 }, (_, index) => `127.1.${index >> 8}.${index & 255}`);
  const right = answering(...many);
  const started = performance.now();
  await using outcome = await raceBy(
    (question, how) => how.transport === "udp" ? [{ truncated: true }] : right(question, how),
    // Nobody listens on port 1
    1,
    { timeoutMs: 3000 },
  );
  assert.ok(performance.now() - started < 6000, "the deadline did not hold");
  assert.equal(outcome.connection, null);
  assert.ok(outcome.attempts.length <= 256, `${outcome.attempts.length} candidates`);
  assert.ok(outcome.dns.every(({ answers }) => answers.length <= 256));
});

Deno.test("a chain of a hundred aliases is given up, and the name's own address is used", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const right = answering("127.0.0.1");
  await using outcome = await raceBy(
    (question, how) => {
      const [asked] = question.questions;
      if (asked?.type !== "HTTPS") return right(question, how);
      const number = Number(/^_?a(\d+)\./.exec(asked.name.key)?.[1] ?? 0) + 1;
      const target = DnsName.parse(`a${number}.example.com`);
      return [{
        answers: [{ name: asked.name, ttl: 60, type: "HTTPS", priority: 0, target, params: NO_PARAMS }],
      }];
    },
    listener.local.port!,
    { serviceRecords: "always" },
  );
  assert.equal(outcome.end_reason, "won");
  const aliases = outcome.dns.filter(({ type }) => type === "HTTPS");
  assert.ok(aliases.length > 1 && aliases.length < 15, `${aliases.length} HTTPS queries`);
  assert.equal(aliases[0]?.name, `_${listener.local.port}._https.${NAME}`);
});

Deno.test("a service record moves the race to its own port and name", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  const right = answering("127.0.0.1");
  await using outcome = await raceBy(
    (question, how) => {
      const [asked] = question.questions;
      if (asked?.type !== "HTTPS") return right(question, how);
      const params = { ...NO_PARAMS, alpn: ["h2"], port: listener.local.port! };
      const target = DnsName.parse("svc.example.com");
      return [{ answers: [{ name: asked.name, ttl: 60, type: "HTTPS", priority: 1, target, params }] }];
    },
    // Nobody listens on port 1
    1,
    { serviceRecords: "always" },
  );
  const won = outcome.attempts[outcome.winner!];
  assert.deepEqual([won?.port, won?.service], [listener.local.port, "svc.example.com"]);
});

Deno.test("on a network with IPv6 only an IPv4 address is reached through the prefix that DNS knows", async () => {
  const right = answering("192.0.2.33");
  const prefix = answering("64:ff9b::c000:aa", "64:ff9b::c000:ab");
  const options = { families: 6, timeoutMs: 1500, attemptTimeoutMs: 300 } as const;
  await using outcome = await raceBy(
    (question, how) => (question.questions[0]?.name.key === "ipv4only.arpa" ? prefix : right)(question, how),
    1,
    options,
  );
  assert.deepEqual(outcome.dns.map(({ type, name }) => `${type} ${name}`).toSorted(), [
    `A ${NAME}`,
    "AAAA ipv4only.arpa",
    `AAAA ${NAME}`,
  ]);
  const [attempt] = outcome.attempts;
  assert.deepEqual([attempt?.address, attempt?.connect_to], ["192.0.2.33", "64:ff9b::c000:221"]);
  await using named = await raceBy(right, 1, { ...options, nat64: ["2001:db8:64::/96"] });
  assert.deepEqual(named.attempts.map(({ connect_to }) => connect_to), ["2001:db8:64::c000:221"]);
});

Deno.test("race() refuses what cannot be raced before anything is asked", async () => {
  const refused: readonly (readonly [string, RaceOptions])[] = [
    ["example.com", { attemptDelayMs: 5 }],
    ["example.com", { maxParallel: 0 }],
    ["example.com", { timeoutMs: 0 }],
    ["example.com", { transports: [] }],
    ["example.com", { nat64: ["nonsense"] }],
    ["example.com", { resolver: [] }],
    ["example.com", { resolver: [Endpoint.parse("dns.example")] }],
  ];
  for (const [target, options] of refused) {
    await assert.rejects(race(target, options), (error) => {
      assert(error instanceof MptError);
      assert.equal(error.code, "ERR_INVALID_VALUE", JSON.stringify(options));
      return true;
    });
  }
  await assert.rejects(race("not a name"), { code: "ERR_INVALID_ENDPOINT" });
  await assert.rejects(race("example.com:0"), { code: "ERR_INVALID_ENDPOINT" });
});

Deno.test("raceRounds() closes every connection and counts each candidate over all rounds", async () => {
  await using listener = listen("tcp", LOOPBACK, 0);
  await using server = FakeServer.start(answering("::1", "127.0.0.1"));
  const result = await raceRounds(Endpoint.of(NAME, listener.local.port!), {
    rounds: 3,
    resolver: [server.endpoint],
    families: "both",
  });
  assert.equal(result.schema, "mpt.race/1");
  assert.equal(result.rounds.length, 3);
  assert.deepEqual(result.candidates.map((each) => [each.address, each.started, each.won, each.failed]), [
    ["::1", 3, 0, 3],
    ["127.0.0.1", 3, 3, 0],
  ]);
  assert.deepEqual(result.candidates[0]?.errors, { ERR_REFUSED: 3 });
  assert.equal(result.candidates[1]?.connect_ms?.count, 3);
  assert.equal(result.constants["attempt_delay_ms"]?.value, 250);
  assert.deepEqual([result.dns, result.winner], [result.rounds[0]!.dns, result.rounds[0]!.winner]);
  const [won, hidden] = result.verdicts;
  assert.match(won!.text, /^IPv4 over tcp won 3 of 3 rounds, a connection came after \S+ ms \(median\)\.$/);
  assert.equal(hidden?.code, "hidden-failure");
  assert.match(
    hidden!.text,
    /^IPv6 attempt 1 \(\[::1\]:\d+ over tcp\) is broken and hidden by the race: connection refused\.$/,
  );
});
