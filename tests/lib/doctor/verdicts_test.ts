import assert from "node:assert/strict";
import { evaluate } from "../../../lib/doctor/evaluate.ts";
import { known } from "../../../lib/doctor/fact.ts";
import type { Facts } from "../../../lib/doctor/facts.ts";
import { doctorVerdicts } from "../../../lib/doctor/verdicts.ts";
import { endpoint, healthy, sysctls, unread } from "./some_facts.ts";

type Said = readonly [code: string, level: string, text: string];

function all(changes: Partial<Facts>): readonly Said[] {
  const facts = { ...healthy, ...changes };
  return doctorVerdicts(facts, evaluate(facts)).map(({ code, level, text }) => [code, level, text]);
}

/** What is said of MPTCP. */
function verdicts(changes: Partial<Facts>): readonly Said[] {
  return all(changes).filter(([code]) => code !== "quic-fit");
}

function manager(
  subflows: number,
  addAddrAccepted: number,
  ...endpoints: ReturnType<typeof endpoint>[]
): Partial<Facts> {
  return { pathManager: known({ limits: { subflows, addAddrAccepted }, endpoints }) };
}

const FIT = ["mptcp-fit", "ok", "This machine is fit for MPTCP."] as const;

Deno.test("doctorVerdicts() says in words what a connection may use", () => {
  assert.deepEqual(verdicts({}), [FIT, [
    "multipath-set-up",
    "ok",
    "It opens further paths itself and uses addresses that a server announces; a connection may have up to 2 " +
    "further paths.",
  ]]);
});

Deno.test("doctorVerdicts() counts what limits it", () => {
  const [, second] = verdicts(manager(1, 1, endpoint(1, "10.0.0.2", { signal: true })));
  assert.deepEqual(second, [
    "multipath-set-up",
    "ok",
    "It uses addresses that a server announces and announces addresses to clients; a connection may have up to 1 " +
    "further path.",
  ]);
  const [, limited] = verdicts(manager(2, 2));
  assert.equal(limited?.[1], "warn");
  assert.match(limited?.[2] ?? "", /, with 1 limitation below\.$/);
});

Deno.test("doctorVerdicts() warns where no connection gets a second path", () => {
  assert.deepEqual(verdicts(manager(2, 0)), [FIT, [
    "multipath-not-set-up",
    "warn",
    "By its settings no connection from here gets a second path; clients may open up to 2 further ones to it.",
  ]]);
  assert.match(verdicts(manager(0, 2))[1]?.[2] ?? "", /whoever opens it/);
});

Deno.test("doctorVerdicts() leaves a path manager in user space to itself", () => {
  const facts = { sysctls: sysctls({ "net/mptcp/path_manager": "userspace" }), ...manager(0, 0) };
  assert.deepEqual(verdicts(facts)[1]?.slice(0, 2), ["multipath-by-program", "info"]);
});

Deno.test("doctorVerdicts() fails for settings that cannot work", () => {
  const [first, second] = verdicts(manager(2, 2, endpoint(1, "10.9.9.9", { subflow: true })));
  assert.deepEqual(first, FIT);
  assert.deepEqual(second, [
    "multipath-broken",
    "fail",
    "Its settings for several paths are wrong: 1 failure below.",
  ]);
});

Deno.test("doctorVerdicts() fails with the first reason where there is no MPTCP", () => {
  const problem = {
    code: "ERR_MPTCP_UNSUPPORTED",
    reason: "this kernel is older than Linux 5.6 and does not know MPTCP",
    errno: "EINVAL",
    fix: null,
  } as const;
  assert.deepEqual(verdicts({ mptcpSocket: known(problem) }), [[
    "mptcp-not-fit",
    "fail",
    "This machine is not fit for MPTCP: MPTCP sockets cannot be opened: this kernel is older than Linux 5.6 and " +
    "does not know MPTCP.",
  ]]);
});

Deno.test("doctorVerdicts() does not know what it could not try", () => {
  assert.deepEqual(verdicts({ mptcpSocket: unread("it needs Linux, and this is darwin", null) }), [[
    "mptcp-fit-unknown",
    "unknown",
    "Whether this machine is fit for MPTCP is unknown: it needs Linux, and this is darwin.",
  ]]);
  assert.deepEqual(verdicts({ pathManager: unread("no", null) })[1]?.slice(0, 2), [
    "multipath-unknown",
    "unknown",
  ]);
});

Deno.test("doctorVerdicts() says last whether QUIC is as fast as it could be, also where there is no MPTCP", () => {
  assert.deepEqual(all({}).at(-1), ["quic-fit", "ok", "This machine is fit for QUIC and multipath QUIC."]);
  const slow = all({
    mptcpSocket: unread("it needs system calls", "--allow-ffi"),
    packetProtection: { backend: "node:crypto", reason: "libcrypto needs --allow-ffi" },
    udpBuffers: known({ receive: 212_992, send: 212_992, wanted: 4_194_304 }),
  });
  assert.deepEqual(slow.at(-1), [
    "quic-fit",
    "warn",
    "QUIC and multipath QUIC work here, and not as fast as they could: libcrypto and udp-buffers.",
  ]);
});
