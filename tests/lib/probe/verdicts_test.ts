import assert from "node:assert/strict";
import type { Verdict } from "../../../lib/base/result.ts";
import type { ProbeOptions } from "../../../lib/probe/options.ts";
import type { ProbeEndpoint } from "../../../lib/probe/result.ts";
import { probeVerdicts } from "../../../lib/probe/verdicts.ts";
import { check, endpoint, mptcp, mptcpWithout, path, plan } from "./fixtures.ts";

const REFUSED = { status: "no", reason: "connection refused", ms: null, paths: [] } as const;
const FALLBACK = { cause: "unknown", certainty: "possible", evidence: ["MPTcpExtX +1"] } as const;

interface Case {
  readonly name: string;
  readonly fields: Partial<ProbeEndpoint>;
  readonly options?: ProbeOptions;
  /** Code, level and certainty of each verdict. */
  readonly expected: readonly (readonly [string, Verdict["level"], Verdict["certainty"]])[];
  readonly text: RegExp;
  readonly fix?: string;
}

const CASES: readonly Case[] = [
  {
    name: "two paths",
    fields: { mptcp: mptcp({ paths: [path(0), path(1)] }) },
    expected: [["mptcp-works", "ok", "proved"]],
    text: /^MPTCP works to 198\.51\.100\.1:443 over 2 paths\.$/,
  },
  {
    name: "a stale path is still a path",
    fields: { mptcp: mptcp({ paths: [path(0), path(1, { state: "stale" }), path(2, { state: "closed" })] }) },
    expected: [["mptcp-works", "ok", "proved"]],
    text: /over 2 paths\.$/,
  },
  {
    name: "one path although more were waited for",
    fields: {},
    expected: [["mptcp-works-one-path", "warn", "proved"]],
    text: /^MPTCP works to \S+, over one path: no further subflow came up in 3 s\.$/,
  },
  {
    name: "one path, nothing was waited for",
    fields: { mptcp: mptcp({ joins_skipped: "the wait is 0" }) },
    options: { joinTimeoutMs: 0 },
    expected: [["mptcp-works-one-path", "ok", "proved"]],
    text: /^MPTCP works to \S+, over one path\.$/,
  },
  {
    name: "one path, because this host opens no other",
    fields: { mptcp: mptcp({ joins_skipped: "this host allows no further subflow" }) },
    expected: [["mptcp-works-one-path", "warn", "proved"]],
    text: /, over one path: this host allows no further subflow\.$/,
    fix: "mpt doctor",
  },
  {
    name: "a join that nobody answers",
    fields: {
      mptcp: mptcp({
        joins: [{
          id: 1,
          local: "192.0.2.2:50001",
          remote: "198.51.100.2:443",
          state: "validating",
          active_ms: null,
        }],
      }),
    },
    expected: [["mptcp-works-one-path", "warn", "proved"]],
    text: /: the join from 192\.0\.2\.2:50001 to 198\.51\.100\.2:443 got no answer\.$/,
  },
  {
    name: "negotiated, and the server did not answer to data",
    fields: {
      mptcp: mptcp({
        paths: [path(0), path(1)],
        negotiated_after_data: null,
        detail: {
          error: null,
          data: { kind: "tls", status: "unknown", ms: null, text: "no answer in 5 s" },
          server: null,
        },
      }),
    },
    expected: [["mptcp-works", "ok", "likely"]],
    text: /over 2 paths\. The server did not answer to data, though: no answer in 5 s\.$/,
  },
  {
    name: "negotiated, and nothing was sent",
    fields: {
      mptcp: mptcp({
        paths: [path(0), path(1)],
        negotiated_after_data: null,
        detail: {
          error: null,
          data: { kind: "none", status: "skipped", ms: null, text: "nothing was sent" },
          server: null,
        },
      }),
    },
    expected: [["mptcp-works", "ok", "likely"]],
    text: /over 2 paths\.$/,
  },
  {
    name: "a fallback in the handshake",
    fields: {
      mptcp: mptcp({
        status: "no",
        reason: "the connection fell back to TCP in the handshake",
        fallback: FALLBACK,
      }),
    },
    expected: [["mptcp-fell-back", "fail", "proved"]],
    text: /^MPTCP does not work to \S+: the connection fell back to TCP in the handshake\. .*is not known/,
    fix: "run mpt serve on that machine and probe its port",
  },
  {
    name: "a fallback that this host caused",
    fields: {
      mptcp: mptcp({
        status: "unknown",
        reason: "this host has switched MPTCP off for a while",
        fallback: { ...FALLBACK, cause: "blackhole-disabled", certainty: "likely" },
      }),
    },
    expected: [["mptcp-unknown", "unknown", "proved"]],
    text: /^Whether MPTCP works to \S+ is unknown: this host has switched MPTCP off for a while\.$/,
  },
  {
    name: "refused, both",
    fields: { tcp: check(REFUSED), mptcp: mptcpWithout(REFUSED) },
    expected: [["mptcp-fails", "fail", "proved"], ["tcp-fails", "fail", "proved"]],
    text: /^MPTCP does not reach \S+: connection refused\.$/,
  },
  {
    name: "TCP connects and MPTCP does not",
    fields: { mptcp: mptcpWithout({ ...REFUSED, reason: "no answer in 5 s" }) },
    expected: [["mptcp-breaks-connectivity", "fail", "likely"]],
    text: /^MPTCP does not connect to \S+ \(no answer in 5 s\), though plain TCP does\.$/,
  },
  {
    name: "MPTCP is not here",
    fields: {
      mptcp: mptcpWithout({ status: "unknown", reason: "this host cannot: net.mptcp.enabled is 0" }),
    },
    expected: [["mptcp-unknown", "unknown", "proved"]],
    text: /^Whether MPTCP works to \S+ is unknown: this host cannot: net\.mptcp\.enabled is 0\.$/,
  },
  {
    name: "tcp alone, works",
    fields: {},
    options: { transports: ["tcp"] },
    expected: [["tcp-works", "ok", "proved"]],
    text: /^TCP works to 198\.51\.100\.1:443\.$/,
  },
  {
    name: "tcp alone, refused",
    fields: { tcp: check(REFUSED) },
    options: { transports: ["tcp"] },
    expected: [["tcp-fails", "fail", "proved"]],
    text: /^TCP does not reach \S+: connection refused\.$/,
  },
  {
    name: "tcp could not be tested",
    fields: { tcp: check({ ...REFUSED, status: "unknown", reason: "this host has no route to it" }) },
    options: { transports: ["tcp"] },
    expected: [["tcp-unknown", "unknown", "proved"]],
    text: /^TCP to \S+ could not be tested: this host has no route to it\.$/,
  },
  {
    name: "mptcp alone, refused",
    fields: { tcp: check({ status: "skipped" }), mptcp: mptcpWithout(REFUSED) },
    options: { transports: ["mptcp"] },
    expected: [["mptcp-fails", "fail", "proved"]],
    text: /^MPTCP does not reach /,
  },
  {
    name: "an IPv6 address is in brackets",
    fields: { address: "2001:db8::1", family: 6, mptcp: mptcp({ paths: [path(0), path(1)] }) },
    expected: [["mptcp-works", "ok", "proved"]],
    text: /^MPTCP works to \[2001:db8::1\]:443 over 2 paths\.$/,
  },
];

for (const { name, fields, options, expected, text, fix } of CASES) {
  Deno.test(`probeVerdicts(): ${name}`, () => {
    const verdicts = probeVerdicts(plan(options), [endpoint(fields)]);
    assert.deepEqual(verdicts.map(({ code, level, certainty }) => [code, level, certainty]), expected);
    const [first] = verdicts;
    assert.match(first!.text, text);
    assert.equal(first!.fix, fix ?? null);
  });
}

Deno.test("probeVerdicts() has a verdict for each address, with what it rests on", () => {
  const endpoints = [
    endpoint({ mptcp: mptcp({ paths: [path(0), path(1)] }) }),
    endpoint({ address: "198.51.100.2", tcp: check(REFUSED), mptcp: mptcpWithout(REFUSED) }),
  ];
  const verdicts = probeVerdicts(plan(), endpoints);
  assert.deepEqual(verdicts.map(({ code }) => code), ["mptcp-works", "mptcp-fails", "tcp-fails"]);
  assert.deepEqual(verdicts[0]?.evidence, [
    "negotiated after the connect: yes; after the first data: yes",
    "path 0: 192.0.2.1:50000 to 198.51.100.1:443, active",
    "path 1: 192.0.2.2:50001 to 198.51.100.1:443, active",
  ]);
});
