import assert from "node:assert/strict";
import fc from "fast-check";
import { auditJoins } from "../../../../lib/mptcp/diagnosis/join_audit.ts";
import { CATALOGUE, diagnose, type Evidence, noEvidence } from "../../../../lib/mptcp/diagnosis/mod.ts";
import { bothEnds, counters, oneEnd } from "./recorded.ts";
import { ROWS } from "./rows.ts";

const tristate = fc.constantFrom("yes", "no", "unknown");
const outcome = fc.constantFrom(
  ...[
    "connected",
    "refused",
    "timed-out",
    "unreachable",
    "reset",
    "failed-here",
    "not-tried",
    "unknown",
  ] as const,
);
const data = fc.constantFrom(...["answered", "silent", "closed", "reset", "not-sent", "unknown"] as const);
const address = fc.constantFrom("10.77.1.1:1", "10.77.2.1:2", "10.78.1.2:4433", "[fd78::1]:1", "", ":", "x");
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | "unknown"> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant("unknown" as const) }, { weight: 3, arbitrary: value });
const number = fc.oneof(fc.nat(3), fc.constantFrom(-1, 0.5, Infinity, NaN, 2 ** 53));
const names = Object.keys((counters("") as { moved: Record<string, number> }).moved);
const attempt = { outcome, ms: maybe(number), data, transfer: data };
const end = {
  counters: maybe(
    fc.record({ moved: fc.dictionary(fc.constantFrom(...names, "x"), number), shared: tristate }),
  ),
  subflows: maybe(fc.array(
    fc.record({
      local: address,
      remote: address,
      role: fc.constantFrom("first", "join"),
      state: fc.constantFrom("syn-sent", "established", "closing", "gone", "unknown"),
      complete: tristate,
      retransmitting: tristate,
      resent: tristate,
      heldMs: maybe(fc.oneof(number, fc.constant(1500))),
      rttMs: maybe(number),
    }),
    { maxLength: 4 },
  )),
  bytes: maybe(
    fc.record({
      subflowsAcked: number,
      connectionAcked: number,
      subflowsReceived: number,
      connectionReceived: number,
    }),
  ),
};
const mirror = maybe(
  fc.record({
    option: tristate,
    nops: number,
    ttl: maybe(number),
    local: address,
    seenAs: address,
    sameMss: tristate,
  }),
);
const text = fc.constantFrom("10.77.1.1", "10.77.2.1", "fd77::1", "");

const anyEvidence: fc.Arbitrary<Evidence> = fc.record({
  target: fc.constantFrom("10.78.1.2:4433", "[fd78::1]:443", "", "$&{subject}"),
  host: fc.record({
    mptcp: fc.constantFrom("usable", "usable", "usable", "disabled", "missing", "forbidden", "unknown"),
    reason: fc.option(fc.string()),
    blackholeTimeoutS: maybe(number),
    addresses: maybe(
      fc.array(
        fc.record({
          address: text,
          family: fc.constantFrom(4, 6),
          interface: fc.constantFrom("path1", "path2"),
        }),
        {
          maxLength: 3,
        },
      ),
    ),
    pathManager: maybe(fc.record({
      kind: fc.constantFrom("kernel", "userspace", "unknown"),
      subflows: number,
      addAddrAccepted: number,
      endpoints: fc.array(
        fc.record({
          id: fc.nat(255),
          address: text,
          family: fc.constantFrom(4, 6),
          interface: fc.option(fc.constant("path2")),
          subflow: fc.boolean(),
          signal: fc.boolean(),
          fullmesh: fc.boolean(),
          backup: fc.boolean(),
          onHost: tristate,
        }),
        { maxLength: 3 },
      ),
    })),
  }),
  tcp: fc.record({ ...attempt, resent: tristate }),
  mptcp: fc.record({ ...attempt, afterConnect: tristate, afterData: tristate, atEnd: tristate }),
  client: fc.record(end),
  server: fc.record({
    ...end,
    kind: fc.constantFrom("mpt", "other", "unknown"),
    name: fc.option(fc.string()),
    listener: fc.constantFrom("tcp", "mptcp", "unknown"),
    inForce: fc.constantFrom("tcp", "mptcp", "unknown"),
    seesClientAt: fc.option(address),
    deferAccept: tristate,
    initialJoins: tristate,
  }),
  mirror,
  plainMirror: mirror,
  joins: fc.record({
    waitedMs: fc.constantFrom(0, 3000),
    lost: fc.array(text, { maxLength: 2 }),
    announced: maybe(fc.array(address, { maxLength: 3 })),
    controls: fc.array(
      fc.record({ local: text, remote: address, outcome, sameServer: tristate, resent: tristate }),
      {
        maxLength: 3,
      },
    ),
  }),
  events: maybe(fc.array(
    fc.record({
      kind: fc.constantFrom(
        "established",
        "announced",
        "removed",
        "subflow-established",
        "subflow-closed",
        "other",
      ),
      local: fc.option(text),
      remote: fc.option(text),
      error: fc.option(fc.constantFrom("ECONNREFUSED", "EHOSTUNREACH", "ECONNRESET", "")),
      resetReason: fc.option(fc.constantFrom(0, 3, 6)),
      denyInitialJoins: tristate,
    }),
    { maxLength: 3 },
  )),
}) as fc.Arbitrary<Evidence>;

Deno.test("diagnose() answers any evidence: known codes, words in every line, no level worse than its certainty", () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const verdicts = diagnose(evidence);
      assert(verdicts.length > 0);
      for (const { code, certainty, evidence: lines, level, text: sentence } of verdicts) {
        assert(Object.hasOwn(CATALOGUE, code), code);
        assert(lines.length > 0 && lines.every((line) => line !== ""), code);
        assert(!sentence.includes("{target}") || evidence.target.includes("{"), sentence);
        assert(certainty !== "possible" || level !== "fail", code);
      }
      const keys = verdicts.map((verdict) => `${verdict.code} ${verdict.text}`);
      assert.equal(new Set(keys).size, keys.length);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("where nothing is known of counters, server and mirror, no cause on the way is proved", () => {
  const local: readonly string[] = [
    ...["kernel-without-mptcp", "mptcp-disabled", "forbidden", "mptcp-unknown", "mptcp-fails", "mptcp-works"],
    ...["fallback-cause-ambiguous", "join-cause-ambiguous", "userspace-path-manager", "join-limit-local"],
    // What the host itself holds, and what plain TCP over the same way met.
    ...["endpoint-not-local", "join-wrong-server", "join-denied-to-initial-address"],
  ];
  fc.assert(
    fc.property(anyEvidence, (any) => {
      const nothing = noEvidence(any.target);
      const evidence: Evidence = {
        ...any,
        client: { ...any.client, counters: "unknown" },
        server: nothing.server,
        mirror: "unknown",
        plainMirror: "unknown",
      };
      for (const { code, certainty } of diagnose(evidence)) {
        if (certainty === "proved") assert(local.includes(code), code);
      }
    }),
    { numRuns: 3000 },
  );
});

/** Paths to every leaf of the evidence that can be unknown. */
function unknownable(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (value === "yes" || value === "no") return [path];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const own =
    ["counters", "subflows", "bytes", "mirror", "plainMirror", "pathManager"].includes(path.at(-1) ?? "")
      ? [path]
      : [];
  return [...own, ...Object.entries(value).flatMap(([key, each]) => unknownable(each, [...path, key]))];
}

function forget<T>(value: T, [key, ...rest]: readonly string[]): T {
  if (key === undefined) return "unknown" as T;
  return { ...value, [key]: forget((value as Record<string, unknown>)[key], rest) };
}

/** What does not say what happened on the way; `no-extra-address` speaks of what is here, and of what arrived. */
function harmless(code: string): boolean {
  return code.endsWith("-ambiguous") || ["mptcp-unknown", "mptcp-works", "no-extra-address"].includes(code);
}

Deno.test("to know less never proves another cause", () => {
  for (const row of ROWS) {
    const whole = bothEnds(row.parts);
    const proved = new Set(diagnose(whole).map(({ code }) => code));
    for (const path of unknownable(whole)) {
      for (const { code, certainty } of diagnose(forget(whole, path))) {
        assert(
          certainty !== "proved" || proved.has(code) || harmless(code),
          `${row.name}: without ${path.join(".")} ${code} is proved`,
        );
      }
    }
  }
});

Deno.test("a counter that a kernel does not have proves no other cause, and one that nobody knows changes nothing", () => {
  for (const row of ROWS) {
    const whole = bothEnds(row.parts);
    const before = diagnose(whole);
    const proved = new Set(before.filter(({ certainty }) => certainty === "proved").map(({ code }) => code));
    for (const side of ["client", "server"] as const) {
      const { counters: all } = whole[side];
      if (all === "unknown") continue;
      const withCounters = (moved: Readonly<Record<string, number>>): Evidence => ({
        ...whole,
        [side]: { ...whole[side], counters: { ...all, moved } },
      });
      assert.deepEqual(diagnose(withCounters({ MPTcpExtFromTheFuture: 7, ...all.moved })), before, row.name);
      for (const missing of Object.keys(all.moved)) {
        const { [missing]: _, ...rest } = all.moved;
        for (const { code, certainty } of diagnose(withCounters(rest))) {
          assert(
            certainty !== "proved" || proved.has(code) || harmless(code),
            `${row.name}: without ${missing} of the ${side} ${code} is proved`,
          );
        }
      }
    }
  }
});

Deno.test("what rests on the other end's word says so", () => {
  for (const row of ROWS) {
    const alone = new Set(diagnose(oneEnd(row.parts)).map(({ code, certainty }) => `${code} ${certainty}`));
    for (const { code, certainty, evidence } of diagnose(bothEnds(row.parts))) {
      if (alone.has(`${code} ${certainty}`) || code.endsWith("-ambiguous")) continue;
      assert.match(evidence.join("\n"), /\bthe (server|mirror)\b|another server/, `${row.name}: ${code}`);
    }
  }
});

Deno.test("a join of which nothing is known is not reported as failed", () => {
  fc.assert(
    fc.property(anyEvidence, (any) => {
      const evidence: Evidence = {
        ...any,
        client: { ...any.client, counters: "unknown", subflows: "unknown" },
      };
      for (const row of auditJoins(evidence)) {
        assert.notEqual(row.tried, "no");
        assert(row.answered !== "no" && row.accepted !== "yes");
      }
    }),
    { numRuns: 500 },
  );
});
