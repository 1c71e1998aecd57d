import assert from "node:assert/strict";
import { painter, PLAIN } from "../../../cli/render/paint.ts";
import { renderRace } from "../../../cli/render/race.ts";
import { raceTimeline } from "../../../cli/render/race_timeline.ts";
import { width } from "../../../cli/render/table.ts";
import { type FakeWorld, runFake } from "../../lib/race/fake_environment.ts";
import { resultOf } from "../../lib/race/results.ts";

const WORLD: FakeWorld = {
  options: { exhaustive: true },
  dns: (_name, type) => ({
    afterMs: type === "AAAA" ? 20 : 10,
    answer: type === "AAAA" ? ["2001:db8::1"] : ["192.0.2.1", "192.0.2.2"],
  }),
  fate: ({ connectTo }) => {
    if (connectTo.family === 6) return { kind: "fails", afterMs: 400 };
    return connectTo.toString() === "192.0.2.1"
      ? { kind: "connects", afterMs: 100 }
      : { kind: "connects", afterMs: 600 };
  },
};

Deno.test("raceTimeline() is never wider than the terminal, and every bar stays on the axis", async () => {
  const { outcome } = await runFake(WORLD);
  const long = outcome.attempts.map((attempt) => ({
    ...attempt,
    connect_to: "2001:db8:1234:5678:9abc:def0:1234:5678",
    interface: "a-long-name",
  }));
  for (const columns of [40, 60, 80, 120, 200]) {
    for (const round of [outcome, { ...outcome, attempts: long }]) {
      const lines = raceTimeline(round, PLAIN, columns, true);
      assert.equal(lines.length, 1 + round.dns.length + round.attempts.length);
      for (const line of lines) assert.ok(width(line) <= columns, `${columns}: ${line}`);
    }
  }
});

Deno.test("raceTimeline() names what became of each attempt, in words and not by colour alone", async () => {
  const { outcome } = await runFake(WORLD);
  const lines = raceTimeline(outcome, PLAIN, 100, false);
  const row = (pattern: RegExp): string =>
    lines.find((line) => pattern.test(line)) ?? assert.fail(lines.join("\n"));
  assert.match(row(/^AAAA /), /^AAAA {2}example\.com +─*● +1 address$/);
  assert.match(row(/^A /), /● +2 addresses$/);
  assert.match(row(/^1 /), /^1 tcp {3}2001:db8::1 +━+✗ +refused$/);
  assert.match(row(/^2 /), /^2 tcp {3}192\.0\.2\.1 +━+✓ +won 100 ms$/);
  assert.match(row(/^3 /), /^3 tcp {3}192\.0\.2\.2 +━+○ +lost 600 ms$/);
  assert.match(lines[0]!, /^ +0 +\d+ ms +.*(ms|s)$/);
  const coloured = raceTimeline(outcome, painter(true), 100, false);
  assert.ok(
    coloured.some((line) => line.includes("\x1b[31m")) && coloured.some((line) => line.includes("\x1b[32m")),
  );
});

Deno.test("raceTimeline() shows some candidates that were not started, and how many more there are", async () => {
  const many = Array.from({ length: 20 }, (_, index) => `192.0.2.${index + 1}`);
  const { outcome } = await runFake({
    dns: (_name, type) => ({ afterMs: 1, answer: type === "A" ? many : "no-data" }),
    fate: () => ({ kind: "connects", afterMs: 1 }),
  });
  const lines = raceTimeline(outcome, PLAIN, 80, false);
  assert.equal(lines.filter((line) => line.endsWith("not started")).length, 5);
  assert.equal(lines.at(-1), "15 more candidates not started");
  assert.equal(raceTimeline(outcome, PLAIN, 80, true).length, 1 + 2 + 20);
});

Deno.test("renderRace() begins with the verdicts and warnings, and says when it was cut short", async () => {
  const { outcome } = await runFake(WORLD);
  const result = resultOf([outcome.toJSON()], {
    verdicts: [{
      code: "race-won",
      level: "ok",
      certainty: "proved",
      text: "It won.",
      evidence: ["seen"],
      fix: null,
    }],
    warnings: ["Something is odd."],
    end: { reason: "interrupted" },
  });
  const show = (verbose: boolean): readonly string[] =>
    renderRace(result, { paint: PLAIN, verbose, columns: 80 }).split("\n");
  const [verdict, warning, cut, blank, heading] = show(false);
  assert.deepEqual([verdict, warning, blank], ["✓ It won.", "warning: Something is odd.", ""]);
  assert.equal(cut, "interrupted: this is what was seen in 1 round");
  assert.equal(heading, "Happy Eyeballs v3, port 8443, next attempt after 250 ms:");
  const verbose = show(true);
  assert.ok(verbose.includes("    seen"));
  assert.ok(verbose.some((line) => line.startsWith("AAAA example.com from 192.0.2.53:53, TTL 60 s:")));
  assert.ok(verbose.includes("  attempt_delay_ms 250, draft-ietf-happy-happyeyeballs-v3 6"));
});

Deno.test("renderRace() has a table of the candidates where there was more than one round", async () => {
  const rounds = [];
  for (let index = 0; index < 3; index++) rounds.push((await runFake(WORLD)).outcome.toJSON());
  const text = renderRace(resultOf(rounds), { paint: PLAIN, verbose: false, columns: 80 });
  assert.match(text, /^CANDIDATE +WON +LOST +FAILED +GIVEN UP +HANDSHAKE p50\/p95$/m);
  assert.match(text, /^tcp 192\.0\.2\.1 +3 +0 +0 +0 +100 ms \/ 100 ms$/m);
  assert.match(text, /^tcp 2001:db8::1 +0 +0 +3 +0 +-$/m);
});

Deno.test("renderRace() shows what a server chose without what a terminal would obey", async () => {
  const { outcome } = await runFake(WORLD);
  const round = outcome.toJSON();
  const evil = "\x1b[2Jh3\u009d0;title\x07";
  const services = [{ priority: 1, target: "a.test", port: null, alpn: [evil], ech: false, hints: [] }];
  const dns = round.dns.map((query) => ({ ...query, services }));
  const text = renderRace(resultOf([{ ...round, dns }], { dns }), {
    paint: PLAIN,
    verbose: true,
    columns: 80,
  });
  assert.match(text, /alpn=\\u001b\[2Jh3\\u009d0;title\\u0007$/m);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
});

Deno.test("raceTimeline() keeps the beginning of what a narrow terminal has no room for", async () => {
  const { outcome } = await runFake(WORLD);
  const attempts = outcome.attempts.map((attempt) => ({
    ...attempt,
    connect_to: "2001:db8:1234:5678:9abc:def0:1234:5678",
  }));
  const lines = raceTimeline({ ...outcome, attempts }, PLAIN, 40, false);
  assert.ok(lines.some((line) => /1 addre…$/.test(line)), lines.join("\n"));
});
