import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { Verdict } from "../../../lib/base/verdict.ts";
import { RACE_CODES } from "../../../lib/race/codes.ts";
import { planRace, type RaceOptions } from "../../../lib/race/plan.ts";
import { raceRequirementHolds } from "../../../lib/race/requirement.ts";
import type { RaceNetworkJson } from "../../../lib/race/result.ts";
import { candidateStatistics } from "../../../lib/race/statistics.ts";
import { raceVerdicts } from "../../../lib/race/verdicts.ts";
import { type FakeWorld, runFake } from "./fake_environment.ts";
import { resultOf } from "./results.ts";

const V6 = "2001:db8::1";
const V4 = "192.0.2.1";
const NETWORK: RaceNetworkJson = {
  ipv4: true,
  ipv6: true,
  default_route4: true,
  default_route6: true,
  nat64: [],
  known: true,
};

const BOTH: NonNullable<FakeWorld["dns"]> = (_name, type) => ({
  afterMs: 10,
  answer: type === "AAAA" ? [V6] : type === "A" ? [V4] : "no-data",
});

interface Told {
  readonly verdicts: readonly Verdict[];
  readonly holds: (requirement: Parameters<typeof raceRequirementHolds>[1]) => string;
}

async function told(worlds: readonly FakeWorld[], network: Partial<RaceNetworkJson> = {}): Promise<Told> {
  const rounds = [];
  for (const world of worlds) rounds.push((await runFake(world)).outcome.toJSON());
  const options: RaceOptions = { port: 8443, ...worlds[0]?.options };
  const verdicts = raceVerdicts({
    plan: planRace(Endpoint.parse("example.com"), options),
    network: { ...NETWORK, ...network },
    isLocal: false,
    rounds,
    candidates: candidateStatistics(rounds),
  });
  // `mpt explain` has to know every one of them
  for (const { code } of verdicts) assert.ok(RACE_CODES.some((each) => each === code), code);
  const result = resultOf(rounds, { verdicts });
  return { verdicts, holds: (requirement) => raceRequirementHolds(result, requirement) };
}

function texts({ verdicts }: Told): readonly string[] {
  return verdicts.map(({ level, text }) => `${level}: ${text}`);
}

Deno.test("raceVerdicts() says which family and transport won, and after how long", async () => {
  const all = await told([{ dns: BOTH, fate: () => ({ kind: "connects", afterMs: 8 }) }]);
  assert.deepEqual(texts(all), ["ok: IPv6 over tcp won after 18.0 ms."]);
  assert.deepEqual(["ipv6", "tcp", "clean", "ipv4", "mptcp"].map((each) => all.holds(each as "ipv6")), [
    "yes",
    "yes",
    "yes",
    "no",
    "no",
  ]);
});

Deno.test("raceVerdicts() compares the families where both were seen to connect", async () => {
  const compared = async (sixMs: number, fourMs: number): Promise<readonly string[]> =>
    texts(
      await told([{
        options: { exhaustive: true },
        dns: BOTH,
        fate: ({ ip }) => ({ kind: "connects", afterMs: ip.family === 6 ? sixMs : fourMs }),
      }]),
    ).slice(1);
  assert.deepEqual(await compared(8, 4), ["info: IPv4 would have been 4.00 ms faster."]);
  assert.deepEqual(await compared(8, 40), ["info: IPv4 would have been 32.0 ms slower."]);
  assert.deepEqual(await compared(8, 8.5), ["info: IPv4 would have been as fast."]);
});

Deno.test("raceVerdicts() tells what is broken and hidden by the race", async () => {
  const refused = await told([{
    dns: BOTH,
    fate: ({ ip }) => ip.family === 6 ? { kind: "fails", afterMs: 1 } : { kind: "connects", afterMs: 3 },
  }]);
  assert.deepEqual(texts(refused).slice(1), [
    "warn: IPv6 attempt 1 ([2001:db8::1]:8443 over tcp) is broken and hidden by the race: connection refused.",
  ]);
  assert.equal(refused.holds("clean"), "no");
  const silent = await told([{
    dns: BOTH,
    fate: ({ ip }) => ip.family === 6 ? { kind: "never" } : { kind: "connects", afterMs: 3 },
  }]);
  assert.deepEqual(silent.verdicts.slice(1).map(({ code, certainty }) => [code, certainty]), [
    ["hidden-silence", "possible"],
  ]);
  assert.match(texts(silent)[1]!, /had no answer for 253 ms: it is slow or broken/);
});

Deno.test("raceVerdicts() says nothing bad of an attempt that was overtaken before it could answer", async () => {
  const all = await told([{
    dns: BOTH,
    fate: ({ ip }) => ip.family === 6 ? { kind: "connects", afterMs: 260 } : { kind: "never" },
  }]);
  assert.equal(all.verdicts.length, 1);
  assert.equal(all.holds("clean"), "yes");
});

Deno.test("raceVerdicts() suspects the option where MPTCP has no answer and TCP has one", async () => {
  const all = await told([{
    options: { transports: ["mptcp", "tcp"] },
    dns: (name, type) => type === "AAAA" ? { afterMs: 1, answer: "no-data" } : BOTH(name, type),
    fate: ({ transport }) => transport === "mptcp" ? { kind: "never" } : { kind: "connects", afterMs: 5 },
  }]);
  const verdict = all.verdicts.find(({ code }) => code === "mptcp-unanswered");
  assert.equal(verdict?.fix, "mpt probe mptcp@192.0.2.1:8443");
  assert.equal(verdict?.certainty, "likely");
});

Deno.test("raceVerdicts() tells of queries that fail and of answers that come late", async () => {
  const failed = await told([{
    dns: (name, type) => type === "AAAA" ? { afterMs: 5, answer: "failed" } : BOTH(name, type),
    fate: () => ({ kind: "connects", afterMs: 1 }),
  }]);
  assert.ok(texts(failed).includes("warn: The AAAA query for example.com failed: SERVFAIL."));
  assert.equal(failed.holds("clean"), "no");
  const late = await told([{
    dns: (name, type) => type === "AAAA" ? { afterMs: 90, answer: [V6] } : BOTH(name, type),
    fate: () => ({ kind: "connects", afterMs: 100 }),
  }]);
  assert.ok(
    texts(late).includes("warn: The AAAA answer for example.com came 30.0 ms after the first attempt."),
    texts(late).join("\n"),
  );
});

Deno.test("raceVerdicts() counts the rounds that each family won", async () => {
  const six: FakeWorld = { dns: BOTH, fate: () => ({ kind: "connects", afterMs: 2 }) };
  const four: FakeWorld = {
    dns: BOTH,
    fate: ({ ip }) => ip.family === 6 ? { kind: "fails", afterMs: 1 } : { kind: "connects", afterMs: 2 },
  };
  const all = await told([six, four, six]);
  assert.equal(
    texts(all)[0],
    "ok: IPv6 over tcp won 2 of 3 rounds (IPv4 over tcp 1), a connection came after 12.0 ms (median).",
  );
  assert.equal(all.holds("ipv6"), "no");
  const some = await told([six, { dns: () => ({ afterMs: 1, answer: "no-name" }) }]);
  assert.match(texts(some)[0]!, /^warn: .*; 1 round of example\.com had none\.$/);
});

Deno.test("raceVerdicts() says why nothing connected, and what it does not know", async () => {
  const first = async (world: FakeWorld, network?: Partial<RaceNetworkJson>): Promise<string> =>
    texts(await told([world], network))[0]!;
  assert.equal(
    await first({ dns: BOTH, fate: () => ({ kind: "fails", afterMs: 1 }) }),
    "fail: Nothing connected to example.com: connection refused (2 attempts).",
  );
  assert.equal(
    await first({ dns: () => ({ afterMs: 1, answer: "no-name" }) }),
    "fail: There is no host example.com.",
  );
  assert.equal(
    await first({ dns: () => ({ afterMs: 1, answer: "no-data" }) }),
    "fail: example.com has no address of a family that was asked for.",
  );
  assert.equal(
    await first({ dns: () => ({ afterMs: 1, answer: "failed" }) }),
    "unknown: example.com could not be looked up: SERVFAIL.",
  );
  assert.equal(
    await first({ dns: BOTH, abortAtMs: 100 }),
    "unknown: When the race was ended, the one attempt had not connected.",
  );
  const alone = await told([{ dns: () => ({ afterMs: 1, answer: "failed" }) }], { ipv4: false, ipv6: false });
  assert.equal(alone.verdicts.at(-1)?.code, "no-network");
  const one = await told([{ dns: BOTH, fate: () => ({ kind: "connects", afterMs: 1 }) }], { ipv6: false });
  assert.equal(one.verdicts.at(-1)?.code, "no-ipv6");
});

Deno.test("raceRequirementHolds() does not say no of a race that was cut short", async () => {
  const cut = await told([{ dns: BOTH, abortAtMs: 20 }]);
  assert.equal(cut.holds("ipv6"), "unknown");
  const lost = await told([{ dns: BOTH, fate: () => ({ kind: "fails", afterMs: 1 }) }]);
  assert.equal(lost.holds("ipv6"), "no");
});

Deno.test("raceVerdicts() does not take a closed port for a name server's refusal", async () => {
  const { outcome } = await runFake({ dns: () => ({ afterMs: 1, answer: "failed" }) });
  const round = outcome.toJSON();
  for (
    const [reason, words] of [
      ["refused", "nobody listens at the port of the DNS server"],
      ["timeout", "no answer from the DNS server"],
      ["the server answered REFUSED", "the server answered REFUSED"],
    ] as const
  ) {
    const [verdict] = raceVerdicts({
      plan: planRace(Endpoint.parse("example.com"), {}),
      network: NETWORK,
      isLocal: false,
      rounds: [{ ...round, dns: round.dns.map((query) => ({ ...query, reason })) }],
      candidates: [],
    });
    assert.equal(verdict?.text, `example.com could not be looked up: ${words}.`);
  }
});

Deno.test("raceVerdicts() calls nobody broken who was given up for the next attempt, and says how long it had", async () => {
  const world: FakeWorld = {
    options: { keepEarlier: false, exhaustive: true },
    dns: BOTH,
    fate: ({ ip }) => ip.family === 6 ? { kind: "never" } : { kind: "connects", afterMs: 8 },
  };
  const all = await told([world]);
  assert.deepEqual(texts(all), [
    "ok: IPv4 over tcp won after 268 ms.",
    `warn: IPv6 attempt 1 ([${V6}]:8443 over tcp) had no answer for 250 ms: it is slow or broken, and hidden by the race.`,
  ]);
  assert.deepEqual(all.verdicts.map(({ certainty, fix }) => [certainty, fix]), [
    ["proved", null],
    ["possible", null],
  ]);
  const never = await told([{ ...world, fate: () => ({ kind: "never" }) }]);
  assert.match(
    never.verdicts[0]!.text,
    /: 2 attempts failed \(given up when the next attempt started 1, no answer in 10 s 1\)\.$/,
  );
});
