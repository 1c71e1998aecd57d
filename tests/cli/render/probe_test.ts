import assert from "node:assert/strict";
import { painter, PLAIN } from "../../../cli/render/paint.ts";
import { probeStatus, renderProbe } from "../../../cli/render/probe.ts";
import type { Verdict } from "../../../lib/base/result.ts";
import type { ProbeEndpoint, ProbeResult } from "../../../lib/probe/result.ts";
import { check, endpoint, mptcp, mptcpWithout, path, result } from "../../lib/probe/fixtures.ts";

const WORKS: Verdict = {
  code: "mptcp-works",
  level: "ok",
  certainty: "proved",
  text: "MPTCP works to 198.51.100.1:443 over 2 paths.",
  evidence: ["the first line", "the second line"],
  fix: null,
};

const AMBIGUOUS: Verdict = {
  code: "fallback-cause-ambiguous",
  level: "unknown",
  certainty: "proved",
  text: "MPTCP does not work to 198.51.100.1:443, and from this end alone the cause cannot be told.",
  evidence: ["one end alone sees the same"],
  fix: "run `mpt serve` on that machine",
};

const POSSIBLE: Verdict = {
  code: "peer-without-mptcp",
  level: "unknown",
  certainty: "possible",
  text: "Possible: The server at 198.51.100.1:443 does not speak MPTCP.",
  evidence: ["the SYN/ACK came without the option"],
  fix: "make the listener MPTCP",
};

function withVerdicts(
  endpoints: readonly ProbeEndpoint[],
  fields: Partial<ProbeResult> = {},
  verdicts: readonly Verdict[] = [WORKS],
): ProbeResult {
  return result({ endpoints, verdicts: endpoints.length === 0 ? [] : verdicts, ...fields });
}

const TWO_PATHS = endpoint({
  mptcp: mptcp({ paths: [path(0), path(1, { status: "backup", rtt_ms: null, interface: null })] }),
});

const REFUSED = { status: "no", reason: "connection refused", ms: null, paths: [], detail: null } as const;

Deno.test("renderProbe(): two paths, one of them backup", () => {
  assert.equal(
    renderProbe(withVerdicts([TWO_PATHS]), PLAIN, false),
    `✓ MPTCP works to 198.51.100.1:443 over 2 paths.

ADDRESS           INTERFACE  TCP  CONNECT  MPTCP  CONNECT  PATHS  DATA
198.51.100.1:443  eth0       yes  10.3 ms  yes    10.3 ms      2  HTTP 200 from nginx

MPTCP paths to 198.51.100.1:443:
  PATH  LOCAL            REMOTE            INTERFACE  STATE   STATUS         RTT
  0     192.0.2.1:50000  198.51.100.1:443  eth0       active  available  12.5 ms
  1     192.0.2.2:50001  198.51.100.1:443  -          active  backup           -`,
  );
});

Deno.test("renderProbe(): two addresses side by side, one refused", () => {
  const endpoints = [
    endpoint({
      address: "2001:db8::1",
      family: 6,
      interface: null,
      tcp: check(REFUSED),
      mptcp: mptcpWithout(REFUSED),
    }),
    endpoint({
      mptcp: mptcp({
        status: "no",
        reason: "the connection fell back to TCP in the handshake",
        fallback: { cause: "unknown", certainty: "possible", evidence: [] },
      }),
    }),
  ];
  assert.equal(
    renderProbe(withVerdicts(endpoints, {}, [AMBIGUOUS, POSSIBLE]), PLAIN, false),
    `? MPTCP does not work to 198.51.100.1:443, and from this end alone the cause cannot be told.
    try: run \`mpt serve\` on that machine
? Possible: The server at 198.51.100.1:443 does not speak MPTCP.

ADDRESS            INTERFACE  TCP  CONNECT  MPTCP  CONNECT  PATHS  DATA
[2001:db8::1]:443  -          no         -  no           -      -  -
198.51.100.1:443   eth0       yes  10.3 ms  no     10.3 ms      -  HTTP 200 from nginx`,
  );
});

Deno.test("renderProbe(): what the server sees stands below", () => {
  const server = {
    schema: "mpt.check/1",
    server: { name: "mpt", version: "0.1.0", instance: null },
    listener: null,
    defer_accept: null,
    transport: "mptcp",
    fallback: false,
    local: "198.51.100.1:443",
    remote: "203.0.113.9:61000",
    paths: [
      path(0, { local: "198.51.100.1:443", remote: "203.0.113.9:61000" }),
      path(1, { local: "198.51.100.1:443", remote: "203.0.113.9:61001", state: "stale" }),
    ],
    counters: {},
    addresses: [],
    syn_mirror_port: null,
    counter_window: null,
    subflows: null,
    mptcp: null,
    path_manager: null,
    limits: { max_bytes: 1, max_duration_ms: 1, token_required: false },
  } as const;
  const seen = endpoint({ mptcp: mptcp({ detail: { error: null, data: null, server } }) });
  const text = renderProbe(withVerdicts([seen]), PLAIN, false);
  assert.equal(
    text.split("\n").at(-1),
    "The server sees mptcp over 2 paths: 203.0.113.9:61000 to 198.51.100.1:443 (active), " +
      "203.0.113.9:61001 to 198.51.100.1:443 (stale)",
  );
});

Deno.test("renderProbe(): a probe that was cut short and its warnings say so", () => {
  const warnings = ["The A query for x failed (EAI_AGAIN): addresses may be missing."];
  const cut = renderProbe(withVerdicts([], { end: { reason: "interrupted" }, warnings }), PLAIN, false);
  assert.equal(
    cut.split("\n\n")[0],
    `warning: ${warnings[0]}\ninterrupted: this is what was seen so far`,
  );
  const late = renderProbe(withVerdicts([], { end: { reason: "timeout" } }), PLAIN, false);
  assert.equal(late.split("\n")[0], "--timeout is over: this is what was seen so far");
});

Deno.test("renderProbe(): verbose has the evidence, the resolver's answers and the reasons", () => {
  const dns = [
    { type: "AAAA", status: "no-data", answers: [], ms: 1.5, error: null },
    { type: "A", status: "ok", answers: ["198.51.100.1"], ms: 2, error: null },
  ] as const;
  const refused = endpoint({ tcp: check(REFUSED), mptcp: mptcpWithout(REFUSED) });
  const text = renderProbe(withVerdicts([TWO_PATHS, refused], { dns }), PLAIN, true);
  assert(text.startsWith(`✓ MPTCP works to 198.51.100.1:443 over 2 paths.
    the first line
    the second line
`));
  assert(text.endsWith(`
DNS:
  AAAA: no-data (1.50 ms)
  A: 198.51.100.1 (2.00 ms)

Reasons:
  198.51.100.1 tcp: connection refused
  198.51.100.1 mptcp: connection refused

Took 812 ms on linux 6.18.44, Deno 2.9.6.`));
});

Deno.test("renderProbe(): a way that did not come up is shown with how far it came", () => {
  const join = {
    id: null,
    local: "192.0.2.2",
    remote: "198.51.100.1:443",
    state: null,
    active_ms: null,
    announced: "not-needed",
    tried: "yes",
    answered: "no",
    accepted: "no",
    usable: "no",
    why: [{ code: "join-path-dead", certainty: "possible" }, { code: "join-dropped", certainty: "likely" }],
  } as const;
  const text = renderProbe(withVerdicts([endpoint({ mptcp: mptcp({ joins: [join] }) })]), PLAIN, false);
  assert(
    text.endsWith(`
Further paths to 198.51.100.1:443:
  FROM       TO                ANNOUNCED  TRIED  ANSWERED  ACCEPTED  USABLE  WHY NOT
  192.0.2.2  198.51.100.1:443  -          yes    no        no        no      join-path-dead?, join-dropped`),
    text,
  );
  const fine = endpoint({ mptcp: mptcp({ joins: [{ ...join, usable: "yes", why: [] }] }) });
  assert(!renderProbe(withVerdicts([fine]), PLAIN, false).includes("Further paths"));
  assert(renderProbe(withVerdicts([fine]), PLAIN, true).includes("Further paths"));
});

Deno.test("renderProbe(): colours mark the verdict and the answers, and change no word", () => {
  const plain = renderProbe(withVerdicts([TWO_PATHS]), PLAIN, false);
  const coloured = renderProbe(withVerdicts([TWO_PATHS]), painter(true), false);
  assert(coloured.startsWith("\x1b[32m✓\x1b[39m \x1b[1mMPTCP works"));
  // deno-lint-ignore no-control-regex
  assert.equal(coloured.replaceAll(/\x1b\[[0-9;]*m/g, ""), plain);
});

Deno.test("probeStatus() has a line for everything that happens on the way", () => {
  const query = { type: "A", status: "ok", answers: ["198.51.100.1"], ms: 2, error: null } as const;
  assert.deepEqual(probeStatus({ event: "dns", query }), ["looked up A: 1 addresses"]);
  assert.deepEqual(probeStatus({ event: "start", address: "::1", port: 443 }), ["probing [::1]:443 ..."]);
  assert.deepEqual(probeStatus({ event: "check", address: "::1", transport: "tcp", check: check() }), [
    "::1: tcp yes",
  ]);
  assert.deepEqual(probeStatus({ event: "path", address: "::1", path: path(2) }), [
    "::1: path 2 is up, waiting for further subflows ...",
  ]);
});

Deno.test("renderProbe(): --verbose says where to read on, and why the kernel's events were not heard", () => {
  const some = endpoint({ mptcp: mptcp({ events_skipped: "it needs CAP_NET_ADMIN" }) });
  const of = (verbose: boolean): string =>
    renderProbe(withVerdicts([some], {}, [AMBIGUOUS, WORKS]), PLAIN, verbose);
  assert.match(
    of(true),
    /^ {4}one end alone sees the same\n {4}more: mpt explain fallback-cause-ambiguous$/m,
  );
  assert(!of(true).includes("mpt explain mptcp-works"));
  assert.match(of(true), /mptcp: the kernel's events about paths were not heard: it needs CAP_NET_ADMIN$/m);
  assert(!/explain|events/.test(of(false)));
});
