import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import type { QueryType } from "../../../../lib/race/engine/values.ts";
import { HAPPY_EYEBALLS_VECTORS, type VectorAnswer } from "../../../support/happy_eyeballs_vectors.ts";
import { addresses, DUAL_STACK, IPV4_ONLY, IPV6_ONLY, type Reply, run, services } from "./world.ts";

const ORIGIN = "example.com";

function numbered(family: 4 | 6, count: number, offset: number): readonly string[] {
  const prefix = family === 4 ? "192.0.2." : "2001:db8::";
  return Array.from({ length: count }, (_, index) => `${prefix}${offset + index + 1}`);
}

/** The answer that a timeline has for a query; those for other names than the target's are counted from the start. */
function replyOf(
  answers: readonly VectorAnswer[],
  name: string,
  type: QueryType,
  askedAtMs: number,
): Reply | null {
  const answer = answers.find((each) =>
    each.type === type && (each.type === "HTTPS" || (each.name === "." ? ORIGIN : each.name) === name)
  );
  if (answer === undefined) return null;
  const afterMs = answer.atMs - askedAtMs;
  if (answer.type !== "HTTPS") {
    const offset = answer.name === "." ? 0 : 100;
    return addresses(afterMs, ...numbered(answer.type === "A" ? 4 : 6, answer.count, offset));
  }
  return services(
    afterMs,
    ...answer.targets.map((target) => ({
      target,
      ipv4Hints: numbered(4, answer.hints4, 50).map((text) => Ip.parse(text)),
      ipv6Hints: numbered(6, answer.hints6, 50).map((text) => Ip.parse(text)),
    })),
  );
}

for (const { id, ipv4, ipv6, answers, startMs, families } of HAPPY_EYEBALLS_VECTORS.moveOn) {
  Deno.test(`draft-ietf-happy-happyeyeballs-v3 4.2.2, timeline ${id}: the first attempt after ${startMs} ms`, () => {
    const network = ipv4 && ipv6 ? DUAL_STACK : ipv4 ? IPV4_ONLY : IPV6_ONLY;
    // The timeline ends here: what is asked later has no answer in it
    const { starts, log, engine } = run({
      network,
      options: { serviceQuery: { type: "HTTPS" }, deadlineMs: 5000 },
      dns: (name, type) => replyOf(answers, name, type, name === "alt" ? 30 : 0),
    });
    assert.equal(starts[0]?.atMs, startMs);
    const queries = log.flatMap((each) => each.kind === "query" && each.atMs === 0 ? [each.type] : []);
    assert.deepEqual(queries, ["HTTPS", ...(ipv6 ? ["AAAA"] : []), ...(ipv4 ? ["A"] : [])]);
    // Which families were there: the first attempt, and the second one if nothing new came before it
    assert.equal(starts[0]?.to.includes(":"), families[0] === "v6");
    const late = answers.some(({ atMs }) => atMs > startMs);
    if (!late && families.length > 1) assert.equal(starts[1]?.to.includes(":"), families[1] === "v6");
    assert.equal(engine.end, "deadline");
    const known = answers.reduce(
      (sum, each) => sum + (each.type === "HTTPS" ? each.hints4 + each.hints6 : each.count),
      0,
    );
    assert.equal(starts.length, known, "every address is tried");
    for (const [index, start] of starts.entries()) assert.equal(start.atMs, startMs + 250 * index);
  });
}

Deno.test("timeline V3: addresses that come late take their place, the other family next", () => {
  const { answers } = HAPPY_EYEBALLS_VECTORS.moveOn.find(({ id }) => id === "V3")!;
  const { starts } = run({
    options: { serviceQuery: { type: "HTTPS" }, deadlineMs: 3000 },
    dns: (name, type) => replyOf(answers, name, type, 0),
  });
  assert.deepEqual(starts.map(({ atMs, to }) => [atMs, to]), [
    [80, "192.0.2.1"],
    [330, "2001:db8::1"],
    [580, "2001:db8::2"],
    [830, "192.0.2.2"],
  ]);
});

Deno.test("timeline V6 with hints of IPv4 only: the preferred family is waited for", () => {
  const { starts } = run({
    options: { serviceQuery: { type: "HTTPS" }, deadlineMs: 3000 },
    dns: (_name, type) => type === "HTTPS" ? services(30, { ipv4Hints: [Ip.parse("192.0.2.1")] }) : null,
  });
  assert.deepEqual(starts.map(({ atMs, to }) => [atMs, to]), [[80, "192.0.2.1"]]);
});

Deno.test("timeline V7: the addresses of the other service are asked for at once and merged", () => {
  const { answers } = HAPPY_EYEBALLS_VECTORS.moveOn.find(({ id }) => id === "V7")!;
  const { log } = run({
    options: { serviceQuery: { type: "HTTPS" }, deadlineMs: 3000 },
    dns: (name, type) => replyOf(answers, name, type, name === "alt" ? 30 : 0),
  });
  const asked = log.flatMap((each) => each.kind === "query" ? [[each.atMs, each.name, each.type]] : []);
  assert.deepEqual(asked.slice(3), [[30, "alt", "AAAA"], [30, "alt", "A"]]);
});
