import assert from "node:assert/strict";
import { hold, type Namespaces } from "../../lib/lab/namespaces.ts";
import type { Check, DoctorResult } from "../../lib/doctor/mod.ts";
import { mpt } from "../support/command.ts";
import { requires } from "../support/requires.ts";

/** A host with two ways out, of which it knows one, and a router. */
const TWO_UPLINKS: readonly string[] = [
  "mkdir -p /run/netns",
  "ip link set lo up",
  "ip netns add router",
  "ip -n router link set lo up",
  "ip -n router addr add 203.0.113.9/32 dev lo",
  ...[1, 2].flatMap((i) => [
    `ip link add up${i} type veth peer name down${i} netns router`,
    `ip addr add 10.1.${i}.2/24 dev up${i}`,
    `ip -n router addr add 10.1.${i}.1/24 dev down${i}`,
    `ip link set up${i} up`,
    `ip -n router link set down${i} up`,
  ]),
  "ip route add default via 10.1.1.1 dev up1",
];

interface Diagnosis {
  readonly code: number;
  readonly result: DoctorResult;
  of(code: string): readonly Check[];
}

async function examine(host: Namespaces): Promise<Diagnosis> {
  const { code, stdout, stderr } = await mpt(["doctor", "--json"], { prefix: host.prefix() });
  assert.notEqual(stdout, "", stderr);
  const result: DoctorResult = JSON.parse(stdout);
  return { code, result, of: (name) => result.checks.filter((check) => check.code === name) };
}

function statuses(diagnosis: Diagnosis, code: string): readonly string[] {
  return diagnosis.of(code).map((check) => check.status);
}

/** Does what the doctor says. */
async function obey(host: Namespaces, checks: readonly Check[]): Promise<void> {
  assert.ok(checks.length > 0);
  for (const { fix } of checks) {
    assert.ok(fix !== null);
    await host.output(undefined, ["sh", "-ec", fix.replaceAll("ROUTER", "10.1.2.1")]);
  }
}

Deno.test({
  name: "mpt doctor finds what a second uplink lacks, and its commands mend it",
  ...requires("namespaces", "mptcp"),
  fn: async () => {
    await using host = await hold(TWO_UPLINKS);
    const before = await examine(host);
    assert.equal(before.code, 0);
    for (const code of ["source-route", "endpoints", "limit-add-addr-accepted"]) {
      assert.deepEqual(statuses(before, code), ["warn"], code);
      await obey(host, before.of(code));
    }
    const after = await examine(host);
    for (const code of ["source-route", "endpoints", "limit-add-addr-accepted", "addresses"]) {
      assert.deepEqual(statuses(after, code), ["ok"], code);
    }
    assert.equal(after.result.verdicts.find(({ code }) => code === "multipath-set-up")?.level, "ok");
    const route = await host.output(undefined, ["ip", "route", "get", "203.0.113.9", "from", "10.1.2.2"]);
    assert.match(route, /via 10\.1\.2\.1 dev up2/);
    const shown = await host.output(undefined, ["ip", "mptcp", "endpoint"]);
    assert.match(shown, /^10\.1\.2\.2 id 1 subflow dev up2/);
  },
});

Deno.test({
  name: "mpt doctor warns of a strict reverse path filter until each address has its own route",
  ...requires("namespaces", "mptcp"),
  fn: async () => {
    await using host = await hold([...TWO_UPLINKS, "sysctl -qw net.ipv4.conf.all.rp_filter=1"]);
    const before = await examine(host);
    assert.deepEqual(statuses(before, "reverse-path-filter"), ["warn"]);
    await obey(host, before.of("source-route"));
    assert.deepEqual(statuses(await examine(host), "reverse-path-filter"), ["ok"]);
  },
});

Deno.test({
  name: "mpt doctor fails for endpoints that cannot work, and its commands mend them",
  ...requires("namespaces", "mptcp"),
  fn: async () => {
    await using host = await hold([
      ...TWO_UPLINKS,
      "ip mptcp endpoint add 10.9.9.9 subflow",
      "ip mptcp endpoint add 10.1.2.2 dev up1 subflow backup",
    ]);
    const before = await examine(host);
    assert.equal(before.code, 1);
    assert.deepEqual(statuses(before, "endpoint-address"), ["fail"]);
    assert.deepEqual(statuses(before, "endpoint-interface"), ["fail"]);
    await obey(host, [...before.of("endpoint-address"), ...before.of("endpoint-interface")]);
    const after = await examine(host);
    assert.equal(after.code, 0);
    const shown = JSON.parse(await host.output(undefined, ["ip", "-json", "mptcp", "endpoint"]));
    assert.equal(shown.length, 1);
    assert.partialDeepStrictEqual(shown[0], { address: "10.1.2.2", subflow: true, backup: true, dev: "up2" });
    const [endpoints] = after.of("endpoints");
    assert.equal(endpoints?.found, `id ${shown[0].id} 10.1.2.2 dev up2 subflow backup`);
  },
});

Deno.test({
  name: "mpt doctor fails where MPTCP is switched off, and its command switches it on",
  ...requires("namespaces", "mptcp"),
  fn: async () => {
    await using host = await hold([...TWO_UPLINKS, "sysctl -qw net.mptcp.enabled=0"]);
    const before = await examine(host);
    assert.equal(before.code, 1);
    assert.deepEqual(before.result.verdicts.map(({ code }) => code), ["mptcp-not-fit", "quic-fit"]);
    assert.deepEqual(before.of("mptcp-support").map(({ found }) => found), ["ENOPROTOOPT"]);
    await obey(host, before.of("mptcp-support"));
    assert.equal((await examine(host)).code, 0);
  },
});
