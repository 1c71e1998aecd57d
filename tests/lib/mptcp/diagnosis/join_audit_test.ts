import assert from "node:assert/strict";
import { auditJoins, diagnose, type Evidence, explainJoins } from "../../../../lib/mptcp/diagnosis/mod.ts";
import { bothEnds, counters, FIRST, JOIN, mirrored, oneEnd, SECOND_ADDRESS, TARGET } from "./recorded.ts";

const THIRD_ADDRESS = { ...SECOND_ADDRESS, address: "10.77.3.1", interface: "path3" };

/** The first path alone, and nothing tried. */
const UNTRIED = {
  client: { subflows: [FIRST], counters: counters("MPCapableSYNTX 1 MPCapableSYNACKRX 1") },
} as const;

function table(evidence: Evidence): readonly string[] {
  return auditJoins(evidence).map((row) =>
    [row.local ?? "any", row.remote, row.announced, row.tried, row.answered, row.accepted, row.usable].join(
      " ",
    )
  );
}

function manager(
  endpoints: readonly (typeof SECOND_ADDRESS)[],
  subflows = 4,
): Evidence["host"]["pathManager"] {
  return { kind: "kernel", subflows, addAddrAccepted: 4, endpoints };
}

Deno.test("a path that carries data was tried, answered and accepted", () => {
  const row = `10.77.2.1 ${TARGET} not-needed yes yes yes yes`;
  assert.deepEqual(table(oneEnd({})), [row]);
  assert.deepEqual(table(bothEnds({})), [row]);
});

Deno.test("the address of the first path, other families and announced ones are no candidates", () => {
  const evidence = oneEnd({
    host: {
      pathManager: manager([
        { ...SECOND_ADDRESS, address: "10.77.1.1" },
        { ...SECOND_ADDRESS, address: "fd77::2", family: 6 },
        { ...SECOND_ADDRESS, address: "10.77.4.1", subflow: false, signal: true },
      ]),
    },
    client: { subflows: [FIRST], counters: counters("MPCapableSYNTX 1") },
  });
  assert.deepEqual(table(evidence), []);
});

Deno.test("an announced address is a way of its own, and a subflow to it is it", () => {
  const far = { ...JOIN, remote: "10.78.2.2:4433" };
  const evidence = oneEnd({
    host: { pathManager: manager([]) },
    client: { subflows: [FIRST, far] },
    joins: { announced: ["10.78.2.2:4433", "10.78.3.2:4433", TARGET] },
  });
  assert.deepEqual(table(evidence), [
    "10.77.2.1 10.78.2.2:4433 yes yes yes yes yes",
    "any 10.78.3.2:4433 yes no no no no",
  ]);
});

Deno.test("a subflow that this end believes in and the other does not carries nothing", () => {
  const [row] = auditJoins(bothEnds({
    server: { subflows: [mirrored(FIRST), { ...mirrored(JOIN), complete: "no" }] },
  }));
  assert.equal(row!.usable, "no");
});

Deno.test("a state that is not known is not called unusable, and nothing is found about it", () => {
  const evidence = oneEnd({ client: { subflows: [FIRST, { ...JOIN, complete: "unknown" }] } });
  const [join] = explainJoins(evidence);
  assert.deepEqual([join!.row.usable, join!.findings], ["unknown", []]);
});

Deno.test("counters settle what happened to all ways without a subflow, and leave open what they cannot", () => {
  const two = { pathManager: manager([SECOND_ADDRESS, THIRD_ADDRESS]) };
  const tried = (moved: string): readonly string[] =>
    auditJoins(oneEnd({ host: two, client: { subflows: [FIRST], counters: counters(moved) } })).map((row) =>
      `${row.tried} ${row.answered}`
    );
  assert.deepEqual(tried("MPJoinSynTx 2 MPJoinSynAckRx 2"), ["yes yes", "yes yes"]);
  assert.deepEqual(tried("MPJoinSynTx 2"), ["yes no", "yes no"]);
  assert.deepEqual(tried("MPJoinSynTx 1"), ["unknown no", "unknown no"]);
  assert.deepEqual(tried(""), ["no no", "no no"]);
});

Deno.test("with two ways of which one works the cause of the other is still found", () => {
  const evidence = bothEnds({
    host: { pathManager: manager([SECOND_ADDRESS, THIRD_ADDRESS]) },
    client: {
      subflows: [FIRST, JOIN, { ...JOIN, local: "10.77.3.1:4000", state: "syn-sent", complete: "no" }],
      counters: counters("MPCapableSYNTX 1 MPCapableSYNACKRX 1 MPJoinSynTx 2 MPJoinSynAckRx 1"),
    },
    joins: {
      controls: [{
        local: "10.77.3.1",
        remote: TARGET,
        outcome: "timed-out",
        sameServer: "unknown",
        resent: "unknown",
      }],
    },
  });
  const found = explainJoins(evidence).map(({ findings }) =>
    findings.map(({ code, certainty }) => [code, certainty])
  );
  assert.deepEqual(found, [[], [["join-path-dead", "proved"]]]);
});

Deno.test("a way that waits while another takes up the limit is not called denied: the limit is what it waits for", () => {
  const evidence = oneEnd({
    host: { pathManager: manager([SECOND_ADDRESS, THIRD_ADDRESS], 1) },
    client: {
      subflows: [FIRST, { ...JOIN, state: "syn-sent", complete: "no" }],
      counters: counters("MPCapableSYNTX 1 MPCapableSYNACKRX 1 MPJoinSynTx 1"),
    },
  });
  const [limit] = explainJoins(evidence)[1]!.findings;
  assert.equal(limit!.code, "join-limit-local");
  assert.match(
    limit!.evidence.join(),
    /allows a connection: 1; in use: 0; tried in vain, which counts as well: 1$/,
  );
});

Deno.test("every way that was not tried says why, and the verdict says it once", () => {
  const limit = { kind: "kernel", subflows: 2, addAddrAccepted: 0, endpoints: [] } as const;
  const ways: readonly Evidence[] = [
    oneEnd({ ...UNTRIED, host: { pathManager: { ...limit, subflows: 0, endpoints: [SECOND_ADDRESS] } } }),
    oneEnd({
      client: { subflows: [FIRST], counters: counters("MPCapableSYNTX 1 MPCapableSYNACKRX 1 AddAddr 1") },
      host: { pathManager: limit },
      joins: { announced: ["10.78.2.2:4433"] },
    }),
    oneEnd({
      ...UNTRIED,
      host: { pathManager: { ...limit, kind: "userspace", endpoints: [SECOND_ADDRESS] } },
    }),
  ];
  for (const evidence of ways) {
    const [way] = explainJoins(evidence);
    assert.equal(way!.findings.length, 1);
    const { code } = way!.findings[0]!;
    assert.deepEqual(diagnose(evidence).map((each) => each.code), ["mptcp-works", code]);
  }
});
