import assert from "node:assert/strict";
import type { CheckJson } from "../../../lib/probe/result.ts";
import { requirementHolds } from "../../../lib/probe/requirement.ts";
import { check, endpoint, mptcpWithout, result } from "./fixtures.ts";

Deno.test("requirementHolds() wants every address that could be tested", () => {
  const cases: readonly (readonly [readonly CheckJson["status"][], string])[] = [
    [["yes"], "yes"],
    [["no"], "no"],
    [["unknown"], "unknown"],
    [["yes", "yes"], "yes"],
    [["yes", "no"], "no"],
    [["yes", "unknown"], "yes"],
    [["unknown", "no"], "no"],
    [["unknown", "skipped"], "unknown"],
    [["skipped"], "unknown"],
    [[], "unknown"],
  ];
  for (const [statuses, expected] of cases) {
    const tcp = result({ endpoints: statuses.map((status) => endpoint({ tcp: check({ status }) })) });
    assert.equal(requirementHolds(tcp, "tcp"), expected, `tcp ${statuses}`);
    const mptcp = result({
      endpoints: statuses.map((status) => endpoint({ mptcp: mptcpWithout({ status }) })),
    });
    assert.equal(requirementHolds(mptcp, "mptcp"), expected, `mptcp ${statuses}`);
  }
});
