import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { RaceEngine } from "../../../lib/race/engine/engine.ts";
import { engineOptions, planRace, raceTarget } from "../../../lib/race/plan.ts";
import { profileNamed, PROFILES } from "../../../lib/race/profiles.ts";
import { addresses, byType, type Fate, run } from "./engine/world.ts";

const [A, B, C, D] = ["2001:db8::a", "2001:db8::b", "192.0.2.3", "192.0.2.4"] as const;

/** When each attempt starts under a profile, and to where, where nobody answers. */
function startsUnder(
  name: string,
  fate: Fate = { kind: "never" },
  delays: readonly [number, number] = [0, 0],
): unknown {
  const policy = profileNamed(name)?.policy ?? assert.fail(name);
  const plan = planRace(Endpoint.parse("example.com"), { ...policy, timeoutMs: 5000 });
  const { starts } = run({
    options: engineOptions(plan, raceTarget(plan, "example.com"), 0, 0),
    dns: byType({
      AAAA: addresses(delays[0], A, B),
      A: addresses(delays[1], C, D),
      HTTPS: { afterMs: 0, outcome: { kind: "negative" } },
    }),
    fate: () => fate,
  });
  return starts.map(({ atMs, to }) => [atMs, to]);
}

Deno.test("every profile is possible, and says where its values come from", () => {
  for (const { policy, source, client } of PROFILES) {
    const plan = planRace(Endpoint.parse("example.com"), policy);
    new RaceEngine(engineOptions(plan, raceTarget(plan, "example.com"), 0, 0), {
      ipv4: true,
      ipv6: true,
      defaultRoute4: true,
      defaultRoute6: true,
      nat64: [],
      sourceOf: () => null,
    });
    assert.ok(source !== "" && client !== "");
  }
  assert.equal(profileNamed("netscape"), null);
});

// The starts that were measured of these clients against addresses where nobody answers.
for (
  const [name, expected] of [
    ["curl", [[0, A], [200, C]]],
    ["chrome", [[0, A], [300, C]]],
    ["go", [[0, A], [300, C]]],
    ["firefox", [[0, A], [250, C]]],
    ["deno", [[0, A], [250, C], [500, B], [750, D]]],
    ["node", [[0, A], [250, C], [500, B], [750, D]]],
    ["safari", [[0, A], [250, C], [500, B], [750, D]]],
  ] as const
) {
  Deno.test(`the profile ${name} starts attempts as the client does`, () => {
    assert.deepEqual(startsUnder(name), expected);
  });
}

Deno.test("only safari starts before all answers are there; the others wait as getaddrinfo() does", () => {
  for (const { name } of PROFILES) {
    const [first] = startsUnder(name, { kind: "connects", afterMs: 5 }, [0, 1500]) as [number, string][];
    assert.equal(first?.[0], name === "safari" ? 0 : 1500, name);
  }
});
