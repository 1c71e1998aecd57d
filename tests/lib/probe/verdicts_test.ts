import assert from "node:assert/strict";
import type { Verdict } from "../../../lib/base/result.ts";
import { endpointVerdicts } from "../../../lib/probe/verdicts.ts";
import { check, endpoint, plan, SKIPPED } from "./fixtures.ts";

const WORKS: Verdict = {
  code: "mptcp-works",
  level: "ok",
  certainty: "proved",
  text: "MPTCP works.",
  evidence: ["seen"],
  fix: null,
};

Deno.test("plain TCP that works goes without saying beside MPTCP", () => {
  assert.deepEqual(endpointVerdicts(plan(), endpoint(), [WORKS]), [WORKS]);
});

Deno.test("plain TCP that was not asked for is not spoken of", () => {
  assert.deepEqual(endpointVerdicts(plan({ transports: ["mptcp"] }), endpoint({ tcp: SKIPPED }), [WORKS]), [
    WORKS,
  ]);
});

Deno.test("plain TCP alone has its verdict, with what it rests on", () => {
  const only = plan({ transports: ["tcp"] });
  const refused = check({ status: "no", reason: "connection refused", ms: null });
  const unknown = check({ status: "unknown", reason: "no route", ms: null });
  const verdicts = [
    endpoint(),
    endpoint({ tcp: refused }),
    endpoint({ tcp: unknown, address: "2001:db8::1" }),
  ]
    .flatMap((each) => endpointVerdicts(only, each, []));
  assert.deepEqual(verdicts.map(({ code, level, text }) => [code, level, text]), [
    ["tcp-works", "ok", "TCP works to 198.51.100.1:443."],
    ["tcp-fails", "fail", "TCP does not reach 198.51.100.1:443: connection refused."],
    ["tcp-unknown", "unknown", "TCP to [2001:db8::1]:443 could not be tested: no route."],
  ]);
  assert(verdicts.every(({ certainty, evidence }) => certainty === "proved" && evidence.length > 0));
});

Deno.test("plain TCP that fails is told after what was found about MPTCP", () => {
  const refused = endpoint({ tcp: check({ status: "no", reason: "connection refused", ms: null }) });
  assert.deepEqual(endpointVerdicts(plan(), refused, [WORKS]).map(({ code }) => code), [
    "mptcp-works",
    "tcp-fails",
  ]);
});
