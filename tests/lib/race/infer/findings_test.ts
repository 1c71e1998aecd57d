import assert from "node:assert/strict";
import { findings } from "../../../../lib/race/infer/findings.ts";
import { WireRecord } from "../../../../lib/race/infer/record.ts";
import type { InferFindings, ScenarioRun } from "../../../../lib/race/infer/result.ts";
import { addressesOf, type ScenarioName, SCENARIOS } from "../../../../lib/race/infer/scenario.ts";
import { inferVerdicts } from "../../../../lib/race/infer/verdicts.ts";

/** A client in virtual time. */
interface Client {
  /** When each of its questions has its answer, and the first attempt may start. */
  readonly start: (answered: { readonly a: number; readonly aaaa: number; readonly https: number }) => number;
  readonly delayMs: number;
  readonly families: readonly (4 | 6)[];
  readonly asksHttps?: boolean;
  readonly keepsEarlier?: boolean;
}

function runsOf(client: Client): readonly ScenarioRun[] {
  return SCENARIOS.filter(({ name }) => name !== "late-https" || client.asksHttps).map((scenario) => {
    const record = new WireRecord();
    const asked = [...(client.asksHttps ? ["HTTPS"] : []), "AAAA", "A"];
    const delays: Record<string, number> = {
      A: scenario.a.delayMs + 1,
      AAAA: scenario.aaaa.delayMs + 1,
      HTTPS: scenario.httpsDelayMs + 1,
    };
    const sightings: Parameters<WireRecord["add"]>[0][] = asked.flatMap((type, id) => [
      { atMs: 1000, kind: "query" as const, id, name: "test.example", type },
      { atMs: 1000 + (delays[type] ?? 0), kind: "answer" as const, id, name: "test.example", type },
    ]);
    const start = 1000 +
      client.start({ a: delays["A"] ?? 0, aaaa: delays["AAAA"] ?? 0, https: delays["HTTPS"] ?? 0 });
    const lists = { 4: [...addressesOf(scenario.a, 4)], 6: [...addressesOf(scenario.aaaa, 6)] };
    let atMs = start;
    for (const [from, family] of client.families.entries()) {
      const address = lists[family].shift();
      if (address === undefined) continue;
      const answer = scenario[family === 4 ? "a" : "aaaa"];
      const open = { kind: "open" as const, transport: "tcp" as const, address, port: 80, from };
      sightings.push({ atMs, ...open });
      if (client.keepsEarlier !== false) sightings.push({ atMs: atMs + 1000, ...open });
      if (answer.kind === "accepts") {
        sightings.push({ atMs: atMs + 1, kind: "accepted", address, port: 80, from });
        break;
      }
      if (answer.kind === "refuses") {
        sightings.push({ atMs: atMs + 1, kind: "refused", address, port: 80, from });
      }
      atMs += answer.kind === "refuses" ? 2 : client.delayMs;
    }
    for (const each of sightings.toSorted((a, b) => a.atMs - b.atMs)) record.add(each);
    return {
      scenario: scenario.name,
      text: scenario.text,
      round: 1,
      queries: record.queries,
      attempts: record.attempts,
      exit_code: 0,
      stderr: "",
      duration_ms: 100,
    };
  });
}

const ALTERNATING = [6, 4, 6, 4, 6, 4, 6, 4] as const;
const codes = (found: InferFindings): readonly string[] =>
  inferVerdicts(found, 1).map(({ code, level }) => `${code} ${level}`);

Deno.test("findings(): a client that follows RFC 8305", () => {
  const found = findings(runsOf({
    start: ({ a, aaaa }) => aaaa <= a + 50 ? aaaa : a + 50,
    delayMs: 250,
    families: ALTERNATING,
  }));
  assert.equal(found.attempt_delay_ms?.p50, 250);
  assert.deepEqual(found.attempt_gaps_ms, Array.from({ length: 7 }, () => 250));
  assert.equal(found.resolution_delay_ms, 50);
  assert.equal(found.waits_for_a, false);
  assert.equal(found.asks_https, false);
  assert.equal(found.family_pattern, "alternating");
  assert.equal(found.address_order, "as-answered");
  assert.equal(found.after_failure_ms, 1);
  assert.equal(found.keeps_earlier, true);
  assert.deepEqual(codes(found), [
    "attempt-delay ok",
    "resolution-delay ok",
    "address-order ok",
    "after-failure ok",
    "https-records info",
  ]);
});

Deno.test("findings(): a client that waits for all answers, has a list for each family and gives attempts up", () => {
  const found = findings(runsOf({
    start: ({ a, aaaa }) => Math.max(a, aaaa),
    delayMs: 500,
    families: [4, 6],
    keepsEarlier: false,
  }));
  // The first family works in the scenario that shows the delay: there is no second attempt
  assert.equal(found.attempt_delay_ms?.p50, 500);
  assert.equal(found.first_family, 4);
  assert.equal(found.resolution_delay_ms, null);
  assert.equal(found.waits_for_a, true);
  assert.equal(found.family_pattern, "one-of-each");
  assert.equal(found.keeps_earlier, false);
  assert.equal(found.after_failure_ms, null);
});

Deno.test("findings(): how long a client waits for HTTPS records", () => {
  const found = findings(runsOf({
    start: ({ a, aaaa, https }) => Math.min(Math.max(a, aaaa, https), Math.min(a, aaaa) + 50),
    delayMs: 250,
    families: ALTERNATING,
    asksHttps: true,
  }));
  assert.equal(found.asks_https, true);
  assert.equal(found.https_delay_ms, 50);
  assert.deepEqual(found.query_order, ["HTTPS", "AAAA", "A"]);
});

Deno.test("findings(): all of one family first, and addresses in another order", () => {
  const runs = runsOf({ start: () => 1, delayMs: 10, families: [6, 6, 6, 6, 4, 4, 4, 4] });
  assert.equal(findings(runs).family_pattern, "one-family-first");
  const sorted = runs.map((run) =>
    run.scenario === "order"
      ? {
        ...run,
        attempts: run.attempts.toSorted((a, b) => b.family - a.family || (a.address < b.address ? -1 : 1)),
      }
      : run
  );
  assert.equal(findings(sorted).address_order, "sorted");
});

Deno.test("findings() says unknown where nothing was seen", () => {
  const nothing = findings([]);
  assert.equal(nothing.attempt_delay_ms, null);
  for (
    const key of [
      "resolution_delay_ms",
      "waits_for_a",
      "asks_https",
      "first_family",
      "keeps_earlier",
    ] as const
  ) {
    assert.equal(nothing[key], "unknown", key);
  }
  assert.ok(inferVerdicts(nothing, 3).every(({ level }) => level === "unknown"));
});

Deno.test("WireRecord counts what is sent again, and tells attempts by their port", () => {
  const record = new WireRecord();
  const open = { kind: "open", transport: "tcp", address: "192.0.2.1", port: 80 } as const;
  record.add({ atMs: 10, ...open, from: 1 });
  record.add({ atMs: 1010, ...open, from: 1 });
  record.add({ atMs: 1020, ...open, from: 2 });
  record.add({ atMs: 1021, kind: "refused", address: "192.0.2.1", port: 80, from: 2 });
  record.add({ atMs: 1022, kind: "refused", address: "192.0.2.9", port: 80, from: 3 });
  assert.deepEqual(
    record.attempts.map(({ at_ms, retransmissions, outcome }) => [at_ms, retransmissions, outcome]),
    [[0, 1, "silent"], [1010, 0, "refused"]],
  );
  assert.equal(record.succeeded, false);
});

Deno.test("the scenarios have names of their own and addresses that are not in order", () => {
  assert.equal(new Set<ScenarioName>(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length);
  const addresses = addressesOf({ kind: "silent", count: 4, delayMs: 0 }, 6);
  assert.notDeepEqual(addresses, addresses.toSorted());
  assert.equal(new Set(addresses).size, 4);
});
