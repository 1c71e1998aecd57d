import assert from "node:assert/strict";
import { evaluate } from "../../../lib/doctor/evaluate.ts";
import { known } from "../../../lib/doctor/fact.ts";
import type { Facts } from "../../../lib/doctor/facts.ts";
import { endpoints, FIRST, refused, routing, setting, WRONG_WAY } from "./checks/cases.ts";
import { address, checkOf, ETH0, healthy, link, source, sysctls, unread } from "./some_facts.ts";

Deno.test("evaluate() finds nothing to mend on a healthy machine", () => {
  for (const check of evaluate(healthy)) {
    assert.equal(check.status, "ok", check.text);
    assert.equal(check.fix, null);
  }
});

Deno.test("evaluate() tells one time only that MPTCP is switched off", () => {
  const facts = {
    ...healthy,
    ...refused("ERR_MPTCP_DISABLED", "net.mptcp.enabled is 0", "ENOPROTOOPT"),
    ...setting("net/mptcp/enabled", "0"),
  };
  assert.deepEqual(evaluate(facts).filter((check) => check.status === "fail").map(({ code }) => code), [
    "mptcp-support",
  ]);
});

Deno.test("evaluate() takes nothing that could not be read for ok or broken", () => {
  const fact = unread<never>("it needs system calls", "--allow-ffi");
  const blind: Facts = {
    ...healthy,
    kernelRelease: fact,
    mptcpSocket: fact,
    fullInfo: fact,
    sockDiag: fact,
    sysctls: Object.fromEntries(Object.keys(healthy.sysctls).map((path) => [path, fact])) as Facts["sysctls"],
    pathManager: fact,
    links: fact,
    addresses: fact,
    routing: fact,
    reversePathFilter: fact,
    counters: fact,
    udpBuffers: fact,
    udpOffload: fact,
  };
  // What Deno grants, and what is in use, is known in any case
  const checks = evaluate(blind).filter(({ code }) =>
    !/^(permission-|libcrypto$|datagram-sockets$)/.test(code)
  );
  assert.ok(checks.length > 12);
  for (const check of checks) {
    assert.equal(check.status, "unknown", check.code);
    assert.equal(check.found, null);
    assert.equal(check.fix, "--allow-ffi");
    assert.match(check.text, /is unknown: it needs system calls\.$/);
  }
});

Deno.test("evaluate() passes over settings and counters that a kernel does not have", () => {
  const none = Object.fromEntries(Object.keys(healthy.sysctls).map((path) => [path, null]));
  const codes = evaluate({ ...healthy, sysctls: sysctls(none), counters: known(new Map()) }).map(({ code }) =>
    code
  );
  for (const code of ["enabled", "checksum", "scheduler", "counters"]) assert.ok(!codes.includes(code), code);
});

Deno.test("evaluate() quotes the name of an interface that a shell would not take literally", () => {
  const evil = link(3, "a;rm");
  const facts = {
    ...healthy,
    ...endpoints(),
    links: known([ETH0, evil]),
    ...routing(source(FIRST), source(address("10.1.0.2", evil))),
  };
  assert.equal(checkOf(facts, "endpoints").fix, "ip mptcp endpoint add 10.1.0.2 dev 'a;rm' subflow");
});

Deno.test("evaluate() advises a table that nothing uses yet", () => {
  const facts = {
    ...healthy,
    ...endpoints(),
    routing: known({
      sources: [source(FIRST), WRONG_WAY],
      defaultInterface: { 4: 2, 6: null },
      usedTables: [103, 1103],
    }),
  };
  assert.match(checkOf(facts, "source-route").fix ?? "", /table 2103$/m);
});
