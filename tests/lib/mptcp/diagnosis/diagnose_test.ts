import assert from "node:assert/strict";
import {
  CATALOGUE,
  diagnose,
  type DiagnosisCode,
  type Evidence,
} from "../../../../lib/mptcp/diagnosis/mod.ts";
import { bothEnds, counters, oneEnd } from "./recorded.ts";
import type { Expected, Row } from "./row.ts";
import { ROWS } from "./rows.ts";

function found(evidence: Evidence): readonly (readonly [string, string])[] {
  return diagnose(evidence).map(({ code, certainty }) => [code, certainty]);
}

function tests(which: "both" | "one", evidenceOf: (parts: Row["parts"]) => Evidence): void {
  for (const row of ROWS) {
    const expected: Expected | null = row[which];
    if (expected === null) continue;
    Deno.test(`diagnose(), ${which === "both" ? "both ends" : "one end"}: ${row.name}`, () => {
      assert.deepEqual(found(evidenceOf(row.parts)), expected);
    });
  }
}

tests("both", bothEnds);
tests("one", oneEnd);

Deno.test("every code of the catalogue that a probe can find is found in a recorded case", () => {
  const named = new Set<string>(
    ROWS.flatMap(({ both, one }) => [...both, ...one ?? []]).map(([code]) => code),
  );
  // Plain TCP's own verdicts are the probe's, the penalty is the benchmark's.
  const elsewhere: readonly DiagnosisCode[] = ["tcp-fails", "tcp-unknown", "tcp-works", "multipath-penalty"];
  const missing = Object.keys(CATALOGUE).filter((code) =>
    !named.has(code) && !elsewhere.some((each) => each === code)
  );
  assert.deepEqual(missing, []);
});

Deno.test("what other connections may have counted is not proof", () => {
  for (const shared of ["yes", "unknown"] as const) {
    const evidence = bothEnds({
      mptcp: { afterConnect: "no", afterData: "no", atEnd: "no" },
      client: { counters: counters("MPCapableSYNTX 1 MPCapableFallbackSYNACK 1") },
      server: { inForce: "tcp", counters: counters("MPCapableSYNRX 1 MPCapableFallbackACK 1", shared) },
    });
    assert.deepEqual(found(evidence), [["option-stripped-synack", "likely"]]);
    assert.match(diagnose(evidence)[0]!.evidence.join("\n"), /MPCapableSYNRX \+1 \(other connections/);
  }
});

Deno.test("the ambiguity names the way out", () => {
  const [first, ...others] = diagnose(oneEnd(ROWS.find(({ name }) => name.includes("blanked"))!.parts));
  assert.equal(first!.code, "fallback-cause-ambiguous");
  assert.equal(first!.level, "unknown");
  assert.match(
    first!.fix!,
    /^run `mpt serve` on that machine and probe its port: mpt probe 10\.78\.1\.2:4433$/,
  );
  assert(others.every(({ level, text }) => level === "unknown" && text.startsWith("Possible: ")));
});

Deno.test("a join verdict names its way, and an endpoint its own command", () => {
  const row = (name: string) => diagnose(bothEnds(ROWS.find((each) => each.name === name)!.parts)).at(-1)!;
  assert.equal(
    row("the second path is dead").text,
    "A further path from 10.77.2.1 to 10.78.1.2:4433 is dead: nothing comes back from it.",
  );
  assert.equal(
    row("the second path is dead").fix,
    "ping -I 10.77.2.1 10.78.1.2; ip route get 10.78.1.2 from 10.77.2.1; sysctl net.ipv4.conf.all.rp_filter",
  );
  assert.equal(row("the endpoint's address is not here").fix, "ip mptcp endpoint delete id 2");
  assert.equal(
    row("no route for the endpoint").fix,
    "ip rule add from 10.77.2.1 table 100; ip route add default via GATEWAY dev path2 table 100",
  );
});

Deno.test("the probe's own black hole says how long it lasts and how to clear it", () => {
  const verdicts = diagnose(
    oneEnd(ROWS.find(({ name }) => name === "SYNs with the option are dropped")!.parts),
  );
  const hole = verdicts.find(({ code }) => code === "blackhole-active")!;
  assert.match(hole.evidence.join("\n"), /lasts 3600 s .* twice as long/);
  assert.equal(hole.fix, "sysctl -w net.mptcp.blackhole_timeout=3600");
});

Deno.test("a host with another address is told the command that makes a path of it", () => {
  const row = ROWS.find(({ name }) => name === "no endpoint and no announcement")!;
  const addresses = [
    { address: "10.77.1.1", family: 4, interface: "path1" },
    { address: "10.77.1.9", family: 4, interface: "path1" },
    { address: "10.77.2.1", family: 4, interface: "path2" },
    { address: "10.77.2.9", family: 4, interface: "path2" },
    { address: "fd77::1", family: 6, interface: "path3" },
  ] as const;
  const fixOf = (some: typeof addresses | "unknown" | readonly []) => {
    const evidence = bothEnds(row.parts);
    return diagnose({ ...evidence, host: { ...evidence.host, addresses: some } }).at(-1)!.fix;
  };
  assert.equal(fixOf(addresses), "ip mptcp endpoint add 10.77.2.1 dev path2 subflow");
  const stripped = bothEnds(ROWS.find(({ name }) => name.startsWith("ADD_ADDR is dropped"))!.parts);
  assert.equal(
    diagnose({ ...stripped, host: { ...stripped.host, addresses } }).at(-1)!.fix,
    "ip mptcp endpoint add 10.77.2.1 dev path2 subflow",
  );
  assert.match(fixOf("unknown")!, /^here: ip mptcp endpoint add ADDRESS dev DEV subflow; or on the server/);
  assert.match(fixOf([])!, /ADDRESS/);
});

Deno.test("without the kernel's events a path that was reset in a transfer is told, and no cause claimed", () => {
  const row = ROWS.find(({ name }) => name === "one of two paths is stripped in mid-connection")!;
  const evidence: Evidence = { ...bothEnds(row.parts), events: "unknown" };
  const lost: Evidence = { ...evidence, joins: { ...evidence.joins, lost: ["10.77.2.1"] } };
  assert.deepEqual(found(evidence), [["mptcp-works", "proved"]]);
  assert.deepEqual(found(lost), [["option-stripped-midstream", "possible"], ["mptcp-works", "proved"]]);
  assert.match(diagnose(lost)[0]!.text, /in mid-connection on the path from 10\.77\.2\.1\.$/);
});

Deno.test("an endpoint whose address is gone is replaced by the address that its interface has", () => {
  const evidence = bothEnds(ROWS.find(({ name }) => name === "the endpoint's address is not here")!.parts);
  const addresses = [
    { address: "10.77.1.1", family: 4, interface: "path1" },
    { address: "10.77.3.1", family: 4, interface: "path3" },
    { address: "10.77.2.7", family: 4, interface: "path2" },
  ] as const;
  assert.equal(
    diagnose({ ...evidence, host: { ...evidence.host, addresses } }).at(-1)!.fix,
    "ip mptcp endpoint delete id 2; ip mptcp endpoint add 10.77.2.7 dev path2 subflow",
  );
});

/** A case as it looks where other clients of a busy server moved its counters as well. */
function busy(name: string, moved: string, parts: Row["parts"] = {}): Evidence {
  const row = ROWS.find((each) => each.name === name)!;
  const evidence = bothEnds({ ...row.parts, ...parts });
  return { ...evidence, server: { ...evidence.server, counters: counters(moved, "yes") } };
}

Deno.test("on a busy server what other clients' packets did is not taken for what became of ours", () => {
  const others = "MPCapableSYNRX 3 MPCapableACKRX 3 MPJoinSynRx 4 MPJoinAckRx 4";
  const codes = (evidence: Evidence) =>
    diagnose(evidence).map(({ code, certainty }) => `${code} ${certainty}`);
  // The SYN of ours was dropped; theirs arrived.
  assert.deepEqual(codes(busy("a filter drops SYNs with the option, and what follows them", others)), [
    "fallback-cause-ambiguous proved",
    "synack-dropped possible",
    "syn-dropped possible",
  ]);
  assert.deepEqual(codes(busy("the second path is dead", others)), [
    "mptcp-works proved",
    "join-cause-ambiguous proved",
    "join-path-dead possible",
    "join-return-path possible",
  ]);
  const [ambiguous] = diagnose(busy("a filter drops SYNs with the option, and what follows them", others));
  assert.match(ambiguous!.evidence.join(), /other clients/);
  assert.match(ambiguous!.fix!, /^probe again while no other MPTCP connections/);
  // The mirror tells ours from theirs.
  assert.deepEqual(codes(busy("the option is blanked out in the SYN", others)), [
    "option-stripped-syn likely",
  ]);
  // Their data was changed, ours was not.
  assert.deepEqual(codes(busy("two paths and nothing in the way", `${others} DataCsumErr 2 MPFailTx 1`)), [
    "mptcp-works proved",
  ]);
});
