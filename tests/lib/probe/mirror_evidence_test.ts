import assert from "node:assert/strict";
import type { SynMirrorAsk } from "../../../lib/probe/ask_syn_mirror.ts";
import { mirrorEvidence } from "../../../lib/probe/mirror_evidence.ts";

const MSS = { kind: 2, name: "MSS", length: 4, subtype: null, hex: "020404bd" };
const NOP = { kind: 1, name: "NOP", length: 1, subtype: null, hex: "01" };
const MPTCP = { kind: 30, name: "MPTCP", length: 4, subtype: 0, hex: "1e040101" };

function ask(options: readonly (typeof MPTCP | typeof MSS)[] | null): SynMirrorAsk {
  return {
    transport: "mptcp",
    local: "192.0.2.1:5000",
    ms: 1,
    sent_mp_capable: "yes",
    error: null,
    answer: {
      schema: "mpt.syn-mirror/1",
      family: 4,
      ttl: 63,
      source: "203.0.113.1:5000",
      destination: "198.51.100.1:4434",
      options,
      malformed_hex: null,
    },
  };
}

Deno.test("mirrorEvidence() tells an option that arrived from one in whose place NOPs stand", () => {
  const arrived = mirrorEvidence(ask([MSS, NOP, MPTCP]), null);
  assert.deepEqual(arrived, {
    option: "yes",
    nops: 1,
    ttl: 63,
    local: "192.0.2.1:5000",
    seenAs: "203.0.113.1:5000",
    sameMss: "unknown",
  });
  const blanked = mirrorEvidence(ask([MSS, NOP, NOP, NOP, NOP]), null);
  assert(blanked !== "unknown");
  assert.deepEqual([blanked.option, blanked.nops], ["no", 4]);
});

Deno.test("a segment size that was lowered proves no proxy, one that was raised does", () => {
  const of = (sent: number): string => {
    const mirror = mirrorEvidence(ask([MSS]), sent);
    return mirror === "unknown" ? mirror : mirror.sameMss;
  };
  assert.deepEqual([of(1213), of(1400), of(1000)], ["yes", "unknown", "no"]);
});

Deno.test("no answer, or one without the SYN, is unknown", () => {
  assert.equal(mirrorEvidence(null, null), "unknown");
  assert.equal(mirrorEvidence(ask(null), null), "unknown");
  assert.equal(mirrorEvidence({ ...ask([MSS]), answer: null }, null), "unknown");
});

Deno.test("an option that this host did not send is not missing", () => {
  const mirror = mirrorEvidence({ ...ask([MSS]), sent_mp_capable: "no" }, null);
  assert(mirror !== "unknown");
  assert.equal(mirror.option, "unknown");
});
