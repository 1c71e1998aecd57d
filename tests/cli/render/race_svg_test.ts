import assert from "node:assert/strict";
import fc from "fast-check";
import type { QueryType } from "../../../lib/race/engine/values.ts";
import type { RaceResult, RaceRound } from "../../../lib/race/result.ts";
import { raceSvg } from "../../../cli/render/race_svg.ts";
import { escapeXml } from "../../../cli/render/svg.ts";
import { type FakeFate, type FakeWorld, runFake } from "../../lib/race/fake_environment.ts";
import { resultOf } from "../../lib/race/results.ts";

const DNS = (_name: string, type: QueryType): ReturnType<NonNullable<FakeWorld["dns"]>> =>
  type === "AAAA"
    ? { afterMs: 40, answer: ["2001:db8::1", "2001:db8::2"] }
    : type === "A"
    ? { afterMs: 10, answer: ["192.0.2.1"] }
    : null;

async function roundOf(world: FakeWorld): Promise<RaceRound> {
  const { outcome } = await runFake({ dns: DNS, ...world });
  const round = outcome.toJSON();
  await outcome[Symbol.asyncDispose]();
  return round;
}

/** The texts of the elements of a document, which must be well-formed. */
function textsOf(svg: string): readonly string[] {
  const texts: string[] = [];
  const open: string[] = [];
  let at = 0;
  for (const tag of svg.matchAll(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<>]*")*)(\/?)>/gi)) {
    const between = svg.slice(at, tag.index);
    assert.doesNotMatch(between.replaceAll(/&(amp|lt|gt|quot|#39);/g, ""), /[<>&]/);
    if (between.trim() !== "") texts.push(between);
    at = tag.index + tag[0].length;
    const [, end, name = "", , empty] = tag;
    if (end === "/") assert.equal(open.pop(), name);
    else if (empty !== "/") open.push(name);
  }
  assert.deepEqual(open, []);
  assert.equal(svg.slice(at).trim(), "");
  return texts;
}

Deno.test("raceSvg() draws a row for each query and attempt, and says what was measured", async () => {
  const fates: readonly FakeFate[] = [{ kind: "never" }, { kind: "fails", afterMs: 30 }, {
    kind: "connects",
    afterMs: 20,
  }];
  const round = await roundOf({ fate: (_candidate, index) => fates[index] ?? { kind: "never" } });
  const svg = raceSvg(resultOf([round], {
    verdicts: [{
      code: "a",
      level: "ok",
      certainty: "proved",
      text: "IPv6 over tcp won",
      evidence: [],
      fix: null,
    }],
  }));
  const texts = textsOf(svg);
  for (
    const text of [
      "mpt race example.com:8443",
      "+ IPv6 over tcp won",
      "AAAA  example.com",
      "2 addresses",
      "1 tcp   2001:db8::1",
      "given up",
      "2 tcp   192.0.2.1",
      "refused",
      "3 tcp   2001:db8::2",
      "won 20.0 ms",
      "0 ms",
      "failed",
    ]
  ) assert.ok(texts.includes(text), text);
  assert.ok(texts.some((text) => /resolution delay 50 ms, attempt delay 250 ms/.test(text)));
  // Nothing is loaded from anywhere
  assert.doesNotMatch(
    svg.replace(`xmlns="http://www.w3.org/2000/svg"`, ""),
    /https?:|href|<script|<image|@import/,
  );
});

Deno.test("raceSvg() gives every outcome a look of its own without colours", async () => {
  const fates: readonly FakeFate[] = [{ kind: "connects", afterMs: 400 }, { kind: "fails", afterMs: 30 }, {
    kind: "connects",
    afterMs: 20,
  }];
  const round = await roundOf({
    options: { exhaustive: true },
    fate: (_candidate, index) => fates[index] ?? { kind: "never" },
  });
  const svg = raceSvg(resultOf([round]));
  const fills = [...svg.matchAll(/<rect x="\d[^>]*?fill="([^"]*)"[^>]*><title>/g)].map(([, fill]) => fill);
  assert.deepEqual(fills, ["#d0d7de", "#d0d7de", "url(#lost)", "url(#failed)", "#1a7f37"]);
});

Deno.test("raceSvg() keeps what servers and users say as text", async () => {
  const round = await roundOf({});
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
    const evil = `${text}</text><script>alert(1)</script>&"'`;
    const result: RaceResult = resultOf([{
      ...round,
      dns: round.dns.map((query) => ({ ...query, name: evil })),
      attempts: round.attempts.map((attempt) => ({
        ...attempt,
        interface: evil,
        outcome: "failed",
        error: { code: `ERR_${evil}`, message: evil },
      })),
    }], {
      target: { host: evil, port: 1 },
      servers: [evil],
      verdicts: [{ code: "a", level: "fail", certainty: "possible", text: evil, evidence: [], fix: null }],
    });
    const svg = raceSvg(result);
    textsOf(svg);
    assert.doesNotMatch(svg, /<script/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(svg, /[\x00-\x08\x0b\x0c\x0e-\x1f]/);
    return Promise.resolve();
  }));
});

Deno.test("raceSvg() draws a race without attempts, one of hundreds, and one that is not there", async () => {
  textsOf(raceSvg(resultOf([await roundOf({ dns: () => null, options: { timeoutMs: 10 } })])));
  const many = Array.from({ length: 300 }, (_, index) => `192.0.2.${index % 200}`);
  const round = await roundOf({
    dns: (_name, type) => ({ afterMs: 1, answer: type === "A" ? many : "no-data" }),
    options: { attemptDelayMs: 10, timeoutMs: 1500 },
  });
  const texts = textsOf(raceSvg(resultOf([round])));
  assert.ok(texts.some((text) => /^\d+ more candidates not shown/.test(text)));
  textsOf(raceSvg(resultOf([])));
});

Deno.test("escapeXml() leaves out what XML cannot hold", () => {
  assert.equal(escapeXml("a<b>&\"'\0\ud800"), "a&lt;b&gt;&amp;&quot;&#39;\ufffd\ufffd");
});
