import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { compareProfiles, type ProfileRun } from "../../../lib/race/compare.ts";
import { profileNamed, PROFILES, type RaceProfile } from "../../../lib/race/profiles.ts";
import { PLAIN } from "../../../cli/render/paint.ts";
import { renderProfiles } from "../../../cli/render/race_profiles.ts";
import { runFake } from "../../lib/race/fake_environment.ts";
import { resultOf } from "../../lib/race/results.ts";

/** The race to a host with a broken IPv6 under a profile, in virtual time. */
async function raceAs({ name, client, source, unknown, differs, policy }: RaceProfile): Promise<ProfileRun> {
  const { outcome } = await runFake({
    options: policy,
    dns: (_name, type) =>
      type === "AAAA"
        ? { afterMs: 10, answer: ["2001:db8::1"] }
        : type === "A"
        ? { afterMs: 10, answer: ["192.0.2.1"] }
        : null,
    fate: ({ ip }) => ip.family === 6 ? { kind: "never" } : { kind: "connects", afterMs: 20 },
  });
  const result = resultOf([outcome.toJSON()], {
    constants: { attempt_delay_ms: { value: policy.attemptDelayMs ?? 250, default: 250, clause: null } },
  });
  await outcome[Symbol.asyncDispose]();
  return { profile: name, client, source, unknown, differs, result };
}

Deno.test("renderProfiles() shows the same host as each client would meet it", async () => {
  const runs = await Promise.all(PROFILES.map(raceAs));
  const [own] = await Promise.all([
    raceAs({ ...profileNamed("deno")!, policy: { serviceRecords: "never" } }),
  ]);
  const [rows = ""] = renderProfiles(own.result, runs, PLAIN).split("\n\n");
  assert.equal(
    rows,
    `AS                         DELAY  FIRST ATTEMPT  CONNECTED  ATTEMPTS  WINNER
mpt                       250 ms        10.0 ms     280 ms         2  IPv4 192.0.2.1
Chrome 130                300 ms        10.0 ms     330 ms         2  IPv4 192.0.2.1
Firefox 132               250 ms        10.0 ms     280 ms         2  IPv4 192.0.2.1
Safari 17.6               250 ms        10.0 ms     280 ms         2  IPv4 192.0.2.1
curl 7.88                 200 ms        10.0 ms     230 ms         2  IPv4 192.0.2.1
Go net.Dialer             300 ms        10.0 ms     330 ms         2  IPv4 192.0.2.1
Node.js 20                250 ms        10.0 ms     280 ms         2  IPv4 192.0.2.1
Deno.connect of Deno 2.9  250 ms        10.0 ms     280 ms         2  IPv4 192.0.2.1`,
  );
});

Deno.test("renderProfiles() says what is not published, and what is not imitated", async () => {
  const run = await raceAs(profileNamed("safari")!);
  const text = renderProfiles(run.result, [run], PLAIN);
  assert.match(text, /Safari 17\.6: not published: the resolution delay/);
});

Deno.test("renderProfiles() does not call a race without a connection that was cut short", async () => {
  const { outcome } = await runFake({ dns: () => null, abortAtMs: 100 });
  const result = resultOf([outcome.toJSON()], {});
  await outcome[Symbol.asyncDispose]();
  const run = { ...await raceAs(profileNamed("go")!), result };
  const [, , row = ""] = renderProfiles(run.result, [run], PLAIN).split("\n");
  assert.match(row, /^Go net\.Dialer .* - +0 {2}cut short$/);
});

Deno.test("compareProfiles() races a literal address once for each profile, until it is told to stop", async () => {
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const target = Endpoint.parse(`127.0.0.1:${server.addr.port}`);
  const runs = await compareProfiles(target, {}, PROFILES);
  assert.deepEqual(runs.map(({ profile }) => profile), PROFILES.map(({ name }) => name));
  assert.ok(runs.every(({ result }) => result.winner === 0));
  const signal = AbortSignal.abort();
  assert.deepEqual(await compareProfiles(target, { signal }, PROFILES), []);
});
