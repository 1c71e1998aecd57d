import assert from "node:assert/strict";
import { settingsOf } from "../../../../lib/lab/plan/demand.ts";
import type { LabOptions } from "../../../../lib/lab/plan/options.ts";
import { planLab } from "../../../../lib/lab/plan/plan.ts";
import { PRESETS } from "../../../../lib/lab/plan/presets.ts";
import { clientLines } from "../../../../lib/lab/plan/routes.ts";
import { directionOf, type LabFacts, labScript } from "../../../../lib/lab/plan/script.ts";
import { netemLine } from "../../../../lib/lab/plan/shaping.ts";

const NETEM: LabFacts = { netem: true, mptcp: true };
const PLAIN: LabFacts = { netem: false, mptcp: true };

function lines(options: LabOptions, facts = PLAIN): readonly string[] {
  const { hosts, links, addresses } = labScript(planLab(options), facts);
  return [...hosts, ...links, ...addresses];
}

function grep(all: readonly string[], pattern: RegExp): readonly string[] {
  return all.filter((line) => pattern.test(line));
}

Deno.test("labScript() names no interface, file or setting outside its own namespaces", () => {
  const host = "(client|router|server)";
  const allowed = new RegExp(
    [
      `^ip netns add ${host}$`,
      `^(ip|tc) -n ${host} `,
      `^ip link add name [a-z0-9-]+ netns ${host} .* type veth peer name [a-z0-9-]+ netns ${host} `,
      `^nsenter --net=/run/netns/${host} -- sh -ec '[^']*'$`,
    ].join("|"),
  );
  const labs: readonly LabOptions[] = [
    ...Object.values(PRESETS).map(({ options }) => options),
    { router: false, mptcp: "fullmesh", paths: [{ loss: 0.1, rateMbit: 1 }, { backup: true }] },
  ];
  for (const lab of labs) {
    for (const facts of [PLAIN, NETEM]) {
      for (const line of lines(lab, facts)) assert.match(line, allowed);
    }
  }
});

Deno.test("labScript() lets every client address leave by its own interface, and no other", () => {
  const all = lines({ paths: [{}, {}] });
  for (const [address, table] of [["10.77.2.1", 102], ["fd77:0:0:2::1", 102], ["10.77.1.1", 101]] as const) {
    const family = address.includes(":") ? "-6" : "-4";
    assert(all.includes(`ip -n client ${family} rule add from ${address} lookup ${table} pref ${table}`));
    assert(
      all.includes(`ip -n client ${family} route add unreachable default metric 9999 table ${table}`),
    );
  }
  assert(all.includes("ip -n client -4 route replace default via 10.77.2.254 dev path2 table 102"));
  assert(all.includes("ip -n client -4 route replace 10.78.2.0/24 via 10.77.2.254 dev path2"));
  assert(all.includes("ip -n server -6 route replace fd77:0:0:2::/64 via fd78:0:0:2::fe dev path2"));
});

Deno.test("labScript() without a router answers over the network that both ends share", () => {
  const all = lines({ router: false, paths: [{}, {}] });
  assert.equal(grep(all, /router|-n server .* rule |10\.78/).length, 0);
  assert(all.includes("ip -n client -4 route replace default via 10.77.2.2 dev path2 table 102"));
});

Deno.test("labScript() leaves out the family that a path has not", () => {
  const all = lines({ paths: [{ ipv4: false }, { ipv6: false }] });
  assert.equal(grep(all, /10\.7[78]\.1\.|fd7[78]:0:0:2/).length, 0);
  assert(grep(all, /fd77:0:0:1::1/).length > 0 && grep(all, /10\.77\.2\.1/).length > 0);
});

Deno.test("labScript() tells the path manager of each mode what it needs", () => {
  const of = (options: Omit<LabOptions, "paths">, backup = false) =>
    grep(lines({ ...options, paths: [{ ipv6: false }, { ipv6: false, backup }] }), / mptcp /).map((line) =>
      line.replace(/^ip -n /, "").replace("mptcp ", "")
    );
  const limits = (limit: number) =>
    ["client", "server"].map((host) => `${host} limits set subflows ${limit} add_addr_accepted ${limit}`);
  assert.deepEqual(of({}), [...limits(8), "client endpoint add 10.77.2.1 dev path2 subflow"]);
  assert.deepEqual(of({ mptcp: "subflow" }, true), [
    ...limits(8),
    "client endpoint add 10.77.2.1 dev path2 subflow backup",
  ]);
  assert.deepEqual(of({ mptcp: "signal" }), [
    ...limits(8),
    "server endpoint add 10.78.2.2 dev path2 signal",
  ]);
  assert.deepEqual(of({ mptcp: "fullmesh" }), [
    ...limits(8),
    "client endpoint add 10.77.1.1 dev path1 subflow fullmesh",
    "client endpoint add 10.77.2.1 dev path2 subflow fullmesh",
    "server endpoint add 10.78.2.2 dev path2 signal",
  ]);
  assert.deepEqual(of({ mptcp: "none" }), limits(0));
  assert.equal(grep(lines({ paths: [{}, {}] }, { netem: false, mptcp: false }), / mptcp /).length, 0);
  for (const mptcp of ["subflow", "signal"] as const) {
    const first = grep(lines({ mptcp, paths: [{ backup: true, ipv6: false }] }), /endpoint/);
    assert.deepEqual(first, ["ip -n client mptcp endpoint add 10.77.1.1 dev path1 subflow backup"]);
  }
});

Deno.test("labScript() announces the first path as well where connections of another family start elsewhere", () => {
  const paths = [{ ipv6: false }, { ipv4: false }];
  const announced = (mptcp: "signal" | "fullmesh") =>
    grep(lines({ mptcp, paths }), /server mptcp endpoint/).map((line) => line.replace(/^.* add /, ""));
  for (const mptcp of ["signal", "fullmesh"] as const) {
    assert.deepEqual(announced(mptcp), ["10.78.1.2 dev path1 signal", "fd78:0:0:2::2 dev path2 signal"]);
  }
});

Deno.test("labScript() shapes a veth link so that IP packets get the rate, and loses at the receiver", () => {
  const all = lines({ paths: [{ rateMbit: 30, loss: 0.02, up: { loss: 0 } }] });
  const rate = Math.round(30e6 * 1514 / 1500);
  assert.deepEqual(grep(all, /^tc/), [
    `tc -n client qdisc replace dev path1 root tbf rate ${rate}bit burst ${
      Math.ceil(rate / 8 / 200)
    } limit 189250`,
    `tc -n router qdisc replace dev c1 root tbf rate ${rate}bit burst ${
      Math.ceil(rate / 8 / 200)
    } limit 189250`,
  ]);
  const [filter = "", ...more] = grep(all, /nft/);
  assert.equal(more.length, 0);
  assert.match(filter, /netns\/client .* device path1 priority -500; .* numgen random mod 1000000 < 20000 /);
  assert.equal(grep(all, /ethtool -K (path1|c1) tso off gso off gro off/).length, 2);
  assert.equal(grep(lines({ paths: [{}] }), /^tc|nft|ethtool/).length, 0);
});

Deno.test("labScript() gives a queue of one packet room for one with its Ethernet header", () => {
  const [up = ""] = grep(lines({ paths: [{ rateMbit: 10, queuePackets: 1, mtu: 1400 }] }), /^tc/);
  assert.match(up, / limit 1414$/);
});

Deno.test("netemLine() names the rate when there is none: what is not named stays as it was", () => {
  const [path] = planLab({ paths: [{ rateMbit: 10, delayMs: 5 }] }).paths;
  assert(path !== undefined);
  const settings = settingsOf({ ...path.up, rateMbit: null }, path.mtu, path.name);
  assert.match(netemLine(directionOf(path, "up"), settings), / delay 5000us rate 0bit$/);
});

Deno.test("labScript() lets netem delay, lose and shape where the kernel has it", () => {
  const path = { rateMbit: 12, delayMs: 20, jitterMs: 2, queuePackets: 50 } as const;
  const [up, down] = grep(lines({ paths: [{ ...path, down: { loss: 0.01, burst: 5 } }] }, NETEM), /^tc/);
  const shape = "netem limit 72 delay 20000us 2000us";
  assert.equal(up, `tc -n client qdisc replace dev path1 root ${shape} rate 12000000bit -14`);
  assert.equal(
    down,
    `tc -n router qdisc replace dev c1 root ${shape} loss gemodel 0.20202% 20% rate 12000000bit -14`,
  );
});

Deno.test("labScript() leaves the devices of an emulated link to the emulator", () => {
  const all = lines({ paths: [{ delayMs: 5, rateMbit: 10 }] });
  assert.equal(
    grep(all, /name c1|^tc|ethtool|neigh.*(path1 nud|dev c1)/).filter((l) => !/-n server/.test(l)).length,
    0,
  );
  assert(all.includes("ip -n client addr replace 10.77.1.1/24 dev path1"));
  assert.equal(grep(all, /name s1 netns router/).length, 1);
});

Deno.test("labScript() gives the link its MTU and the way behind the router room for it", () => {
  const [link, behind] = grep(lines({ paths: [{ mtu: 1400 }] }), /^ip link add/);
  assert.match(link ?? "", /mtu 1400 .* mtu 1400$/);
  assert.match(behind ?? "", /mtu 1500 .* mtu 1500$/);
  assert.match(grep(lines({ paths: [{ mtu: 9000 }] }), /^ip link add/)[1] ?? "", /mtu 9000$/);
});

Deno.test("clientLines() brings an interface into a state from any other", () => {
  const [path] = planLab({ paths: [{}] }).paths;
  assert(path !== undefined);
  const of = (up: boolean, addressed: boolean) => clientLines(path, { up, addressed }, true);
  assert.deepEqual(of(false, true), ["ip -n client link set dev path1 down"]);
  assert.deepEqual(of(true, false), [
    "ip -n client link set dev path1 up",
    "ip -n client -4 addr flush dev path1 scope global",
    "ip -n client -6 addr flush dev path1 scope global",
  ]);
  assert(of(true, true).includes("ip -n client addr replace fd77:0:0:1::1/64 dev path1 nodad"));
  assert(
    of(true, true).includes("ip -n client -4 route replace default via 10.77.1.254 dev path1 table 101"),
  );
});
