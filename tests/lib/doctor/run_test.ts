import assert from "node:assert/strict";
import { collect } from "../../../lib/doctor/collect.ts";
import { doctor } from "../../../lib/doctor/mod.ts";
import "../../support/open_libc.ts";
import { requires, withoutFfi } from "../../support/requires.ts";

Deno.test({
  name: "collect() reads every fact on a Linux machine with all permissions",
  ...requires("ffi", "mptcp"),
  fn: () => {
    const facts = collect();
    const { os, permissions, sysctls, packetProtection, datagramSockets, ...rest } = facts;
    assert.match(packetProtection.backend, /crypto/);
    assert.deepEqual(datagramSockets, { backend: "ffi", reason: null });
    assert.equal(os, "linux");
    assert.equal(permissions.ffi, "granted");
    for (const [name, fact] of [...Object.entries(rest), ...Object.entries(sysctls)]) {
      assert.ok(fact.known, name);
    }
    assert.ok(facts.mptcpSocket.known && facts.mptcpSocket.value === null);
    assert.ok(facts.reversePathFilter.known && facts.reversePathFilter.value.has("all"));
    assert.ok(facts.counters.known && facts.counters.value.size > 100);
  },
});

Deno.test("doctor() gives a result of the schema mpt.doctor/1 that JSON can hold", async () => {
  const result = await doctor();
  assert.equal(result.schema, "mpt.doctor/1");
  assert.deepEqual(result.end, { reason: "done" });
  assert.deepEqual(result.options, { sockopts: false });
  assert.equal(result.sockopts, null);
  assert.ok(result.verdicts.length > 0 && result.checks.length > 10);
  assert.deepEqual(JSON.parse(JSON.stringify(result)), result);
  const keys = ["code", "status", "text", "found", "fix"];
  for (const check of result.checks) assert.deepEqual(Object.keys(check), keys);
});

Deno.test({
  name: "doctor() adds the audit of socket options when it is asked for",
  ...requires("mptcp"),
  fn: async () => {
    const { checks, sockopts } = await doctor({ sockopts: true });
    assert.equal(checks.filter(({ code }) => code === "sockopts").length, 1);
    assert.ok(sockopts !== null && sockopts.length > 60);
  },
});

// Only the run without FFI can show this.
if (withoutFfi()) {
  Deno.test("doctor() knows nothing of the kernel without system calls, and names the flag", async () => {
    const { checks, sockopts, verdicts } = await doctor({ sockopts: true });
    assert.equal(sockopts, null);
    assert.equal(verdicts[0]?.level, "unknown");
    for (const code of ["mptcp-support", "path-manager", "counters", "sockopts", "udp-buffers"]) {
      const check = checks.find((each) => each.code === code);
      assert.equal(check?.status, "unknown");
      if (Deno.build.os === "linux") assert.equal(check.fix, "--allow-ffi");
    }
  });
}
