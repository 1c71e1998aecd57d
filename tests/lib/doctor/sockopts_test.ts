import assert from "node:assert/strict";
import { sockoptCheck } from "../../../lib/doctor/checks/sockopts.ts";
import { known } from "../../../lib/doctor/fact.ts";
import type { SockoptJson, SockoptTrial } from "../../../lib/doctor/sockopt_json.ts";
import { SOCKOPTS } from "../../../lib/doctor/sockopt_table.ts";
import { auditSockopts, supportOf } from "../../../lib/doctor/sockopts.ts";
import "../../support/open_libc.ts";
import { requires } from "../../support/requires.ts";
import { unread } from "./some_facts.ts";

const OK: SockoptTrial = { get: "ok", set: "ok" };
const NO: SockoptTrial = { get: "EOPNOTSUPP", set: "ENOPROTOOPT" };
const READ_ONLY: SockoptTrial = { get: "ok", set: null };
const READS: SockoptTrial = { get: "ok", set: "ENOPROTOOPT" };
const EARLY: SockoptTrial = { get: "ENOTCONN", set: null };

for (
  const [claim, mptcp, tcp, expected] of [
    ["takes everything", [OK, OK], [OK, OK], "works"],
    ["takes nothing", [NO, NO], [OK, OK], "refused"],
    ["can only be read", [READ_ONLY, READ_ONLY], [READ_ONLY, READ_ONLY], "works"],
    ["takes it before connect", [OK, READS], [OK, OK], "before-connect"],
    ["shows a value that cannot be set", [READS, READS], [OK, OK], "refused"],
    ["refuses what TCP shows once it is connected", [NO, NO], [EARLY, READ_ONLY], "refused"],
    ["is asked for what TCP does not take either", [NO, NO], [NO, NO], "untested"],
    ["is asked for what TCP shows but does not let be set", [OK, OK], [READS, READS], "untested"],
  ] as const
) {
  Deno.test(`supportOf() is ${expected} where MPTCP ${claim}`, () => {
    const trials = ([fresh, connected]: readonly [SockoptTrial, SockoptTrial]) => ({ fresh, connected });
    assert.equal(supportOf(trials(mptcp), trials(tcp)), expected);
  });
}

function option(mptcp: SockoptJson["mptcp"]): SockoptJson {
  const trials = { mptcp_fresh: OK, mptcp_connected: OK, tcp_fresh: OK, tcp_connected: OK };
  return { option: "X", level: "SOL_TCP", mptcp, ...trials, note: null };
}

Deno.test("sockoptCheck() warns of options that are refused, and of no others", () => {
  assert.equal(sockoptCheck(known([option("works"), option("before-connect")])).status, "ok");
  const check = sockoptCheck(known([option("refused"), option("works"), option("untested")]));
  assert.equal(check.status, "warn");
  assert.equal(check.found, "1 refused, 0 only before connect, of 2");
  assert.equal(sockoptCheck(unread("no", null)).status, "unknown");
});

Deno.test("every option of the table has a name and a number of its own", () => {
  assert.equal(new Set(SOCKOPTS.map(({ option }) => option)).size, SOCKOPTS.length);
  assert.equal(new Set(SOCKOPTS.map(({ level, number }) => `${level} ${number}`)).size, SOCKOPTS.length);
});

Deno.test({
  name: "auditSockopts() tells for each option what the kernel said, and leaves nothing open",
  ...requires("mptcp"),
  fn: async () => {
    const audit = await auditSockopts();
    const v4 = SOCKOPTS.filter(({ level }) => level !== "SOL_IPV6").length;
    assert.ok(audit.length === v4 || audit.length === SOCKOPTS.length);
    for (const each of audit) {
      for (const trial of [each.mptcp_fresh, each.mptcp_connected, each.tcp_fresh, each.tcp_connected]) {
        for (const outcome of [trial.get, trial.set]) {
          assert.ok(
            outcome === null || outcome === "ok" || /^E[A-Z0-9]+$/.test(outcome),
            `${each.option} ${outcome}`,
          );
        }
      }
    }
    const support = new Map(audit.map(({ option, mptcp }) => [option, mptcp]));
    assert.equal(support.get("TCP_NODELAY"), "works");
    assert.equal(support.get("SO_KEEPALIVE"), "works");
    // net/mptcp/sockopt.c: "TCP_MD5SIG, performance penalty"; it stays out
    assert.notEqual(support.get("TCP_MD5SIG"), "works");
  },
});

Deno.test({
  name: "auditSockopts() ends at once when its signal has aborted",
  ...requires("mptcp"),
  fn: async () => assert.deepEqual(await auditSockopts(AbortSignal.abort()), []),
});
