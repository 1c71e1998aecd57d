import assert from "node:assert/strict";
import fc from "fast-check";
import type { QueryType } from "../../../../lib/race/engine/values.ts";
import { raceQlog } from "../../../../lib/race/qlog/qlog.ts";
import type { RaceResult, RaceRound } from "../../../../lib/race/result.ts";
import { Schema } from "../../quic/qlog/cddl.ts";
import { type FakeAnswer, type FakeFate, type FakeWorld, runFake } from "../fake_environment.ts";
import { resultOf } from "../results.ts";

/** What the draft leaves to extensions, as it is written here. */
const EXTENSIONS = "\n$$he-attemptstarted-extension //= ( ? multipath: bool )\n";

const HE = new Schema(Deno.readTextFileSync(new URL("he_qlog.cddl", import.meta.url)) + EXTENSIONS);
const MAIN = new Schema(Deno.readTextFileSync(new URL("../../quic/qlog/qlog.cddl", import.meta.url)));

const V6 = ["2001:db8::1", "2001:db8::2"];
const V4 = ["192.0.2.1", "192.0.2.2"];

interface Event {
  readonly time: number;
  readonly name: string;
  readonly data: { readonly [field: string]: unknown };
}

/** The events of a log, each of them checked against the rule of its name. */
function eventsOf(text: string): readonly Event[] {
  const [header, ...events] = text.split("\x1e").slice(1).map((record) => {
    assert.ok(record.endsWith("\n"));
    return JSON.parse(record);
  });
  assert.deepEqual(MAIN.faults("QlogFileSeq", header), []);
  assert.deepEqual(header.trace.event_schemas, ["urn:ietf:params:qlog:events:hev3-00"]);
  for (const event of events) checkEvent(event);
  return events;
}

function checkEvent({ time, name, data }: Event): void {
  assert.ok(Number.isFinite(time) && time >= 0);
  const [namespace, words = ""] = name.split(":");
  assert.equal(namespace, "hev3");
  const wanted = `HE${words.replaceAll("_", "")}`.toLowerCase();
  const rule = HE.names.find((each) => each.toLowerCase() === wanted);
  assert.ok(rule !== undefined, `there is no event ${name}`);
  assert.deepEqual(HE.faults(rule, data), [], name);
}

/** "Conformance Requirements" of the draft. */
function checkRules(events: readonly Event[]): void {
  const named = (name: string): readonly Event[] => events.filter((event) => event.name === `hev3:${name}`);
  const ids = (name: string): readonly unknown[] => named(name).map(({ data }) => data["attempt_id"]);
  assert.deepEqual(ids("attempt_started").toSorted(), ids("attempt_outcome").toSorted());
  assert.equal(new Set(ids("attempt_outcome")).size, ids("attempt_outcome").length);
  for (const { data } of named("connection_selected")) {
    const outcome = named("attempt_outcome").find((each) => each.data["attempt_id"] === data["attempt_id"]);
    assert.equal(outcome?.data["result"], "success");
  }
  assert.ok(named("connection_selected").length + named("connection_aborted").length === 1);
  assert.equal(named("metrics").length, 1);
  assert.equal(named("config_set").length, 1);
  assert.equal(new Set(events.map(({ data }) => data["he_session_id"])).size, 1);
  assert.equal(named("next_attempt_timer_set").length >= named("next_attempt_timer_fired").length, true);
  const queries = named("dns_query_started").map(({ data }) => data["dns_id"]);
  for (const { data } of named("dns_query_finished")) assert.ok(queries.includes(data["dns_id"]));
}

function dnsOf(aaaa: FakeAnswer | null, a: FakeAnswer | null): NonNullable<FakeWorld["dns"]> {
  return (_name: string, type: QueryType) =>
    type === "AAAA" ? aaaa : type === "A" ? a : { afterMs: 1, answer: "no-data" };
}

async function logOf(world: FakeWorld, change: Partial<RaceResult> = {}): Promise<readonly Event[]> {
  const { outcome } = await runFake(world);
  const events = eventsOf(raceQlog(resultOf([outcome.toJSON()], change)));
  await outcome[Symbol.asyncDispose]();
  checkRules(events);
  return events;
}

const story = (events: readonly Event[]): readonly string[] =>
  events.map(({ time, name, data }) => {
    const detail = data["qtypes"] ?? data["result"] ?? data["reason"] ?? data["source"] ??
      data["answer_type"] ?? "";
    return `${time} ${name.slice("hev3:".length)} ${detail}`.trim();
  });

Deno.test("raceQlog() tells a race with a broken IPv6 as the draft has it", async () => {
  const events = await logOf({
    dns: dnsOf({ afterMs: 40, answer: V6.slice(0, 1) }, { afterMs: 10, answer: V4.slice(0, 1) }),
    fate: ({ ip }) => ip.family === 6 ? { kind: "never" } : { kind: "connects", afterMs: 20 },
  });
  assert.deepEqual(story(events), [
    "0 config_set app_config",
    "0 dns_query_started AAAA",
    "0 dns_query_started A",
    "10 dns_query_finished positive",
    "10 candidate_discovered dns",
    "40 dns_query_finished positive",
    "40 candidate_discovered dns",
    "40 candidates_sorted",
    "40 attempt_scheduled dns_completed",
    "40 attempt_started",
    "40 next_attempt_timer_set initial",
    "290 next_attempt_timer_fired",
    "290 attempt_scheduled policy_timer",
    "290 attempt_started",
    "310 attempt_outcome success",
    "310 connection_selected",
    "310 attempt_outcome canceled",
    "310 metrics",
  ]);
  assert.deepEqual(events.at(-1)?.data, {
    he_session_id: "example.com:8443/0",
    outcome: "success",
    total_duration_ms: 310,
    tt_first_success_ms: 310,
    first_success_family: "ipv4",
    first_success_transport: "tcp",
    attempts_total: 2,
    attempts_success: 1,
    attempts_failure: 1,
  });
});

Deno.test("raceQlog() tells late addresses, the resolution delay and failures", async () => {
  const events = await logOf({
    dns: dnsOf({ afterMs: 180, answer: V6 }, { afterMs: 10, answer: V4 }),
    fate: () => ({ kind: "fails", afterMs: 300 }),
  });
  const told = story(events);
  assert.ok(told.includes("60 attempt_scheduled resolution_delay_expired"));
  assert.ok(told.includes("180 candidates_resorted new_addresses"));
  assert.ok(told.includes("360 attempt_outcome failure"));
  assert.match(told.at(-2) ?? "", /^\d+ connection_aborted all attempts failed$/);
});

Deno.test("raceQlog() names transports by what they are on the wire", async () => {
  const events = await logOf({
    options: { transports: ["mptcp", "tcp"] },
    dns: dnsOf({ afterMs: 1, answer: V6.slice(0, 1) }, { afterMs: 1, answer: "no-data" }),
  });
  const started = events.filter(({ name }) => name === "hev3:attempt_started").map(({ data }) => data);
  assert.deepEqual(started.map(({ transport, multipath }) => [transport, multipath]), [
    ["tcp", true],
    ["tcp", undefined],
  ]);
});

Deno.test("raceQlog() tells service records, hints that are replaced, and handshakes that wait", () => {
  const at = (at_ms: number) => ({ at_ms });
  const candidate = (address: string, service: string | null): RaceRound["attempts"][number] => ({
    index: 0,
    address,
    connect_to: address,
    family: 6,
    port: 8443,
    transport: "tcp",
    interface: "eth0",
    service,
    reason: "first",
    start_ms: 5,
    progress_ms: null,
    end_ms: 9,
    outcome: "won",
    cancel_reason: null,
    connect_ms: 4,
    transport_in_force: "tcp",
    local: null,
    error: null,
  });
  const query = (index: number, name: string, type: QueryType): RaceRound["dns"][number] => ({
    index,
    name,
    type,
    start_ms: 0,
    end_ms: 2,
    status: "positive",
    reason: null,
    answers: [],
    services: [],
    names: [],
    ttl_seconds: 60,
    server: null,
    tries: [],
  });
  const services = [{
    priority: 1,
    target: "svc.example",
    port: null,
    alpn: ["h2"],
    ech: true,
    hints: [V6[0]!],
  }];
  const alias = [{ priority: 0, target: "alias.example", port: null, alpn: [], ech: false, hints: [] }];
  const [hinted, real] = [candidate(V6[0]!, "svc.example"), candidate(V6[1]!, "svc.example")];
  const answer = (index: number, name: string, rest: object) => ({
    event: "answer" as const,
    query: index,
    name,
    type: "HTTPS" as QueryType,
    status: "positive" as const,
    answers: [],
    services: [],
    reason: null,
    ...rest,
  });
  const round: RaceRound = {
    started_at: "2026-11-21T10:00:00.000Z",
    duration_ms: 9,
    dns: [
      query(0, "example.com", "HTTPS"),
      query(1, "alias.example", "HTTPS"),
      query(2, "svc.example", "AAAA"),
    ],
    attempts: [real],
    winner: 0,
    connect_ms: 9,
    end_reason: "won",
    timeline: [
      { ...at(0), event: "query", query: 0, name: "example.com", type: "HTTPS" },
      { ...at(1), ...answer(0, "example.com", { services: alias }) },
      { ...at(1), event: "query", query: 1, name: "alias.example", type: "HTTPS" },
      { ...at(2), ...answer(1, "alias.example", { services }) },
      { ...at(2), event: "candidates", waiting: [hinted] },
      { ...at(2), event: "query", query: 2, name: "svc.example", type: "AAAA" },
      { ...at(4), ...answer(2, "svc.example", { type: "AAAA", answers: [V6[1]] }) },
      { ...at(4), event: "candidates", waiting: [real] },
      { ...at(5), event: "attempt", attempt: 0, candidate: real, reason: "first", held: true },
      { ...at(6), event: "proceed", attempt: 0 },
      { ...at(9), event: "connected", attempt: 0, connect_ms: 4 },
      { ...at(9), event: "won", attempt: 0 },
      { ...at(9), event: "end", reason: "won", winner: 0 },
    ],
  };
  const events = eventsOf(raceQlog(resultOf([round], { target: { host: "example.com", port: 8443 } })));
  checkRules(events);
  assert.deepEqual(story(events).slice(4, 14), [
    "2 dns_query_finished positive",
    "2 candidate_discovered svcb_hint",
    "2 dns_query_started AAAA",
    "4 dns_query_finished positive",
    "4 candidate_discovered dns",
    "4 candidate_removed svcb_hint_replaced",
    "5 candidates_sorted",
    "5 attempt_scheduled dns_completed",
    "5 attempt_started",
    "5 attempt_pended awaiting_svcb",
  ]);
  assert.equal(
    events.find(({ data }) => data["dns_id"] === "1" && "results" in data)?.data["is_alias_follow"],
    true,
  );
  assert.deepEqual(events.find(({ name }) => name === "hev3:candidates_sorted")?.data["groups"], [{
    group_id: "svc.example",
    alpn: ["h2"],
    ech_available: true,
    service_priority: 1,
    candidates: [{
      address: V6[1],
      port: 8443,
      family: "ipv6",
      interface: "eth0",
      alpn: ["h2"],
      service_name: "svc.example",
      service_priority: 1,
    }],
  }]);
});

Deno.test("raceQlog() tells a NAT64 prefix, and addresses that are made with it", async () => {
  const events = await logOf({
    networks: [{ fromMs: 0, ipv4: false, addresses: ["2001:db8:ffff::1"] }],
    dns: (name, type) => {
      if (name === "ipv4only.arpa") return { afterMs: 5, answer: ["64:ff9b::c000:aa", "64:ff9b::c000:ab"] };
      return { afterMs: 1, answer: type === "A" ? V4.slice(0, 1) : "no-data" };
    },
    fate: () => ({ kind: "connects", afterMs: 20 }),
  });
  const named = (name: string): unknown =>
    events.filter((event) => event.name === `hev3:${name}`).map(({ data: { he_session_id: _, ...data } }) =>
      data
    );
  assert.deepEqual(named("nat64_prefix_discovered"), [
    { prefix: "64:ff9b::", prefix_length: 96, source: "rfc7050_discovery" },
  ]);
  assert.deepEqual(named("candidate_discovered"), [{
    source: "nat64_synthesis",
    target: { address: "64:ff9b::c000:201", port: 8443, family: "ipv6" },
    group_id: "addresses",
  }]);
});

Deno.test("raceQlog() keeps the rules of the draft for any race", async () => {
  const answer = (addresses: readonly string[]): fc.Arbitrary<FakeAnswer | null> =>
    fc.option(fc.record({
      afterMs: fc.integer({ min: 0, max: 400 }),
      answer: fc.constantFrom(
        addresses,
        addresses.slice(0, 1),
        "no-data" as const,
        "failed" as const,
        "no-name" as const,
      ),
    }));
  const fate: fc.Arbitrary<FakeFate> = fc.oneof(
    fc.record({ kind: fc.constant("connects" as const), afterMs: fc.integer({ min: 0, max: 900 }) }),
    fc.record({ kind: fc.constant("fails" as const), afterMs: fc.integer({ min: 0, max: 900 }) }),
    fc.constant({ kind: "never" as const }),
  );
  await fc.assert(
    fc.asyncProperty(
      answer(V6),
      answer(V4),
      fc.array(fate, { minLength: 4, maxLength: 4 }),
      fc.boolean(),
      fc.option(fc.integer({ min: 0, max: 1500 }), { nil: undefined }),
      async (aaaa, a, fates, exhaustive, abortAtMs) => {
        await logOf({
          options: { exhaustive, timeoutMs: 3000, attemptTimeoutMs: 1000 },
          dns: dnsOf(aaaa, a),
          fate: (_candidate, index) => fates[index] ?? { kind: "never" },
          ...(abortAtMs === undefined ? {} : { abortAtMs }),
        });
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("raceQlog() is empty for a round that was not run", async () => {
  const { outcome } = await runFake({ dns: dnsOf(null, null), options: { timeoutMs: 10 } });
  assert.equal(raceQlog(resultOf([outcome.toJSON()]), 1), "");
});
