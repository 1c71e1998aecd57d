import assert from "node:assert/strict";
import { MptError } from "../../../../lib/base/errors.ts";
import type { LabOptions, PathOptions } from "../../../../lib/lab/plan/options.ts";
import { linkKind, pathNamed, planLab } from "../../../../lib/lab/plan/plan.ts";
import { presetNamed, PRESETS } from "../../../../lib/lab/plan/presets.ts";

/** What a plan is refused with. */
function refusal(options: LabOptions): MptError {
  try {
    planLab(options);
  } catch (error) {
    assert(error instanceof MptError);
    return error;
  }
  throw new Error("Cannot see the plan refused: it was taken");
}

Deno.test("planLab() fills in names, addresses and defaults", () => {
  const { paths, router, mptcp, seed } = planLab({ paths: [{}, { name: "lte", ipv6: false }] }, 7);
  assert.deepEqual([router, mptcp, seed], [true, "subflow", 7]);
  const [first, second] = paths;
  assert(first !== undefined && second !== undefined);
  assert.deepEqual([first.name, first.mtu, first.up.rateMbit, first.up.blackhole], [
    "path1",
    1500,
    null,
    false,
  ]);
  assert.deepEqual([first.client.ipv4, first.client.ipv6], ["10.77.1.1", "fd77:0:0:1::1"]);
  assert.deepEqual([first.server.ipv4, first.server.ipv6], ["10.78.1.2", "fd78:0:0:1::2"]);
  assert.deepEqual([first.router?.client.ipv4, first.router?.server.ipv4], ["10.77.1.254", "10.78.1.254"]);
  assert.deepEqual([second.client.device, second.router?.client.device], ["lte", "c2"]);
  assert.deepEqual([second.client.ipv4, second.client.ipv6], ["10.77.2.1", null]);
});

Deno.test("planLab() joins client and server directly without a router", () => {
  const [path] = planLab({ router: false, paths: [{}] }).paths;
  assert.equal(path?.router, null);
  assert.equal(path?.server.ipv4, "10.77.1.2");
});

Deno.test("planLab() gives every interface a link-layer address of its own", () => {
  const { paths } = planLab({ mptcp: "none", paths: Array.from({ length: 8 }, () => ({})) });
  const macs = paths.flatMap(({ client, router, server }) => [
    client.mac,
    router?.client.mac,
    router?.server.mac,
    server.mac,
  ]);
  assert.equal(new Set(macs).size, 32);
  assert(macs.every((mac) => /^02(:[0-9a-f]{2}){5}$/.test(mac ?? "")));
});

Deno.test("planLab() puts the options of a direction before those of the path", () => {
  const options: PathOptions = {
    rateMbit: 10,
    loss: 0.1,
    queuePackets: 100,
    up: { rateMbit: 1, queueMs: 200 },
    down: { delayMs: 5 },
  };
  const [path] = planLab({ paths: [options] }).paths;
  assert.deepEqual([path?.up.rateMbit, path?.down.rateMbit], [1, 10]);
  assert.deepEqual([path?.up.loss, path?.down.loss], [0.1, 0.1]);
  assert.deepEqual([path?.up.queueMs, path?.up.queuePackets], [200, null]);
  assert.deepEqual([path?.down.queueMs, path?.down.queuePackets], [null, 100]);
  assert.deepEqual([path?.up.delayMs, path?.down.delayMs], [0, 5]);
});

Deno.test("planLab() names the key that does not go with the others", () => {
  const one = (path: PathOptions): LabOptions => ({ paths: [path] });
  const cases: readonly (readonly [LabOptions, RegExp])[] = [
    [one({ ipv4: false, ipv6: false }), /paths\[0\]\.ipv6: a path without IPv4 needs IPv6/],
    [one({ mtu: 1279 }), /1279 as paths\[0\]\.mtu: IPv6 needs 1280/],
    [{ router: false, paths: [{ nat: true }] }, /paths\[0\]\.nat: NAT needs the router/],
    [one({ delayMs: 5, jitterMs: 6 }), /6 as paths\[0\]\.jitterMs: it is more than the delay of 5 ms/],
    [one({ down: { jitterMs: 1 } }), /1 as paths\[0\]\.down\.jitterMs/],
    [one({ queueMs: 100 }), /paths\[0\]\.queueMs: a queue in milliseconds needs a rate/],
    [one({ rateMbit: 10_000, queueMs: 60_000 }), /^Cannot use paths\[0\]: .*queue/],
    [one({ loss: 0.9, burst: 2 }), /^Cannot use paths\[0\]: .*bursts of 2/],
    [one({ link: "veth", delayMs: 5 }), /^Cannot use paths\[0\]: path1 is a veth link/],
    [{ link: "veth", paths: [{ up: { loss: 0.1, burst: 2 } }] }, /paths\[0\]\.up: path1 is a veth link/],
  ];
  for (const [options, pattern] of cases) assert.match(refusal(options).message, pattern);
  assert.equal(
    refusal(one({ link: "veth", delayMs: 5 })).fix,
    'make the path with link = "emulated" (mpt lab: --link emulated)',
  );
  assert.equal(planLab(one({ ipv6: false, mtu: 576 })).paths[0]?.mtu, 576);
});

Deno.test("planLab() refuses more MPTCP endpoints than the kernel keeps", () => {
  const paths = (length: number): readonly PathOptions[] => Array.from({ length }, () => ({}));
  assert.match(refusal({ paths: paths(6) }).message, /they need 10 MPTCP endpoints, and the kernel keeps 8/);
  assert.match(refusal({ mptcp: "fullmesh", paths: paths(5) }).message, /need 10 MPTCP endpoints/);
  assert.equal(planLab({ paths: paths(5) }).paths.length, 5);
  assert.equal(planLab({ mptcp: "none", paths: paths(8) }).paths.length, 8);
  assert.equal(planLab({ paths: paths(8).map(() => ({ ipv6: false })) }).paths.length, 8);
});

Deno.test("linkKind() takes the plainest link that does what is asked", () => {
  const kind = (path: PathOptions, netem: boolean): string => {
    const [planned] = planLab({ paths: [path] }).paths;
    assert(planned !== undefined);
    return linkKind(planned, netem);
  };
  assert.equal(kind({ rateMbit: 10, loss: 0.1 }, true), "veth");
  assert.equal(kind({ delayMs: 1 }, true), "netem");
  assert.equal(kind({ delayMs: 1 }, false), "emulated");
  assert.equal(kind({ loss: 0.1, burst: 3 }, false), "emulated");
  assert.equal(kind({ down: { delayMs: 1 } }, false), "emulated");
  assert.equal(kind({ link: "emulated" }, true), "emulated");
});

Deno.test("every preset can be planned, and an unknown one is answered with those that are there", () => {
  for (const { options, summary } of Object.values(PRESETS)) {
    assert(planLab(options).paths.length === 2 && summary.length > 20);
  }
  assert.throws(() => presetNamed("three-path"), /"three-path" as a preset: there are two-path, wifi-lte, /);
  assert.throws(() => presetNamed("constructor"), /as a preset/);
});

Deno.test("pathNamed() answers an unknown name with those that are there", () => {
  const plan = planLab({ paths: [{}, { name: "lte" }] });
  assert.equal(pathNamed(plan, "lte").index, 2);
  assert.throws(() => pathNamed(plan, "path2"), /"path2" as a path: there are path1, lte/);
});
