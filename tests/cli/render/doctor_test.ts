import assert from "node:assert/strict";
import { doctorExitCode } from "../../../cli/doctor_exit.ts";
import { renderDoctor } from "../../../cli/render/doctor.ts";
import { painter, PLAIN } from "../../../cli/render/paint.ts";
import { envelope } from "../../../lib/base/result.ts";
import type { Check, DoctorResult, SockoptJson } from "../../../lib/doctor/mod.ts";

const HOST = { os: "linux", kernel: "6.18.44", deno: "2.9.6", cpus: 2 };

const CHECKS: readonly Check[] = [
  { code: "kernel", status: "ok", text: "The kernel is Linux 6.18.44.", found: "6.18.44", fix: null },
  { code: "mptcp-support", status: "ok", text: "MPTCP sockets can be opened.", found: true, fix: null },
  {
    code: "endpoint-address",
    status: "fail",
    text: "The address of the endpoint 10.9.9.9 (id 3) is not on this host.",
    found: "id 3 10.9.9.9 subflow",
    fix: "ip mptcp endpoint delete id 3",
  },
  {
    code: "source-route",
    status: "warn",
    text: "Packets from 10.1.0.2 leave by eth0.",
    found: null,
    fix: "ip route add a\nip rule add b",
  },
  { code: "counters", status: "unknown", text: "A is unknown: no.", found: null, fix: "--allow-ffi" },
  { code: "libcrypto", status: "unknown", text: "B is unknown: no.", found: null, fix: "--allow-ffi" },
  { code: "scheduler", status: "unknown", text: "C is unknown: other.", found: null, fix: null },
];

const REFUSED = { get: "EOPNOTSUPP", set: "ENOPROTOOPT" };
const OK = { get: "ok", set: "ok" };

function sockopt(option: string, mptcp: SockoptJson["mptcp"], note: string | null = null): SockoptJson {
  const trial = mptcp === "refused" ? REFUSED : OK;
  return {
    option,
    level: "SOL_TCP",
    mptcp,
    mptcp_fresh: trial,
    mptcp_connected: trial,
    tcp_fresh: OK,
    tcp_connected: OK,
    note,
  };
}

function result(changes: Partial<DoctorResult> = {}): DoctorResult {
  return {
    ...envelope({
      schema: "mpt.doctor/1",
      host: HOST,
      startedAtMs: 0,
      durationMs: 5,
      verdicts: [{
        code: "mptcp-fit",
        level: "ok",
        certainty: "proved",
        text: "This machine is fit for MPTCP.",
        evidence: ["MPTCP sockets can be opened."],
        fix: null,
      }],
    }),
    checks: CHECKS,
    sockopts: null,
    ...changes,
  };
}

Deno.test("renderDoctor() puts words first, then findings with their fixes, then the table", () => {
  assert.equal(
    renderDoctor(result(), PLAIN, false),
    `
✓ This machine is fit for MPTCP.

✗ The address of the endpoint 10.9.9.9 (id 3) is not on this host.
    ip mptcp endpoint delete id 3
! Packets from 10.1.0.2 leave by eth0.
    ip route add a
    ip rule add b
? 2 checks could not be made: counters, libcrypto.
    --allow-ffi
? C is unknown: other.

CHECK             STATUS   FOUND
kernel            ok       6.18.44
mptcp-support     ok       yes
endpoint-address  fail     id 3 10.9.9.9 subflow
source-route      warn     -
counters          unknown  -
libcrypto         unknown  -
scheduler         unknown  -
`.trim(),
  );
});

Deno.test("renderDoctor() tells with --verbose what each check means", () => {
  const text = renderDoctor(result(), PLAIN, true);
  assert.match(text, /^mptcp-support +ok +MPTCP sockets can be opened\.$/m);
});

Deno.test("renderDoctor() shows the socket options that are refused or need a word", () => {
  const sockopts = [
    sockopt("TCP_NODELAY", "works"),
    sockopt("TCP_USER_TIMEOUT", "refused", "HAProxy tcp-ut"),
    sockopt("SO_REUSEPORT", "before-connect"),
    sockopt("TCP_DEFER_ACCEPT", "works", "delays every join"),
  ];
  const [, table] = renderDoctor(result({ sockopts }), PLAIN, false).split(
    "scheduler         unknown  -\n\n",
  );
  assert.equal(
    table,
    `
SOCKET OPTION     ON MPTCP  GET/SET NEW             GET/SET CONNECTED       WHO USES IT, WHAT TO KNOW
TCP_USER_TIMEOUT  refused   EOPNOTSUPP/ENOPROTOOPT  EOPNOTSUPP/ENOPROTOOPT  HAProxy tcp-ut
TCP_DEFER_ACCEPT  works     ok/ok                   ok/ok                   delays every join
2 more are no trouble; --verbose shows them
`.trim(),
  );
  assert.match(renderDoctor(result({ sockopts }), PLAIN, true), /^SO_REUSEPORT +before connect .* ok\/ok$/m);
});

Deno.test("renderDoctor() never lets the name of an interface speak to the terminal", () => {
  const evil = "\x1b[2Jeth0\r";
  const checks = [{
    code: "addresses",
    status: "warn",
    text: `By ${evil}.`,
    found: evil,
    fix: `ip ${evil}`,
  }] as const;
  const text = renderDoctor(result({ checks }), PLAIN, false);
  assert.equal(/\p{Cc}/u.test(text.replaceAll("\n", "")), false);
  assert.match(text, /By \?\[2Jeth0\?\./);
});

Deno.test("renderDoctor() colours words and nothing else", () => {
  // deno-lint-ignore no-control-regex
  const plain = renderDoctor(result(), painter(true), false).replaceAll(/\x1b\[\d+m/g, "");
  assert.equal(plain, renderDoctor(result(), PLAIN, false));
});

Deno.test("doctorExitCode() is 1 for a failure, 3 when MPTCP could not be tried, else 0", () => {
  const ok = CHECKS.filter(({ status }) => status !== "fail");
  assert.equal(doctorExitCode(result()), 1);
  assert.equal(doctorExitCode(result({ checks: ok })), 0);
  const blind = ok.filter(({ code }) => code !== "mptcp-support");
  assert.equal(doctorExitCode(result({ checks: blind })), 3);
});
