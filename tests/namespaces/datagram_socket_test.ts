import assert from "node:assert/strict";
import { hold } from "../../lib/lab/namespaces.ts";
import { ROOT } from "../support/command.ts";
import { requires } from "../support/requires.ts";

/** A host with a slow link of a small MTU to nobody, and routes of every kind. */
const HOST = [
  "ip link set lo up",
  "ip link add near mtu 1400 type veth peer name far mtu 1400",
  "ip link set near up",
  "ip link set far up",
  "ip address add 10.9.0.1/24 dev near",
  "ip address add fd09::1/64 dev near nodad",
  "ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev near",
  "ip neigh add fd09::2 lladdr 02:00:00:00:00:02 dev near",
  "tc qdisc add dev near root tbf rate 4mbit burst 10kb limit 10mb",
  ...["unreachable", "prohibit", "blackhole"].flatMap((kind, i) => [
    `ip route add ${kind} 198.51.100.${i + 1}`,
    `ip -6 route add ${kind} 2001:db8:${i + 1}::/64`,
  ]),
];

Deno.test({
  name: "a datagram socket says what became of a send: MTU, full buffers, routes, addresses that are gone",
  ...requires("ffi", "namespaces", "tool:tc"),
  fn: async () => {
    await using host = await hold(HOST);
    const script = new URL("./datagrams/outcomes.ts", import.meta.url).pathname;
    const argv = [Deno.execPath(), "run", "--quiet", "--allow-all", script];
    const outcomes = JSON.parse(await host.output(undefined, argv, { cwd: ROOT }));
    const most = { v4: 1372, v6: 1352 };
    for (const family of ["v4", "v6"] as const) {
      const bytes = most[family];
      assert.deepEqual(outcomes[`${family} mtu`], [["sent", bytes], ["too-large", 0]]);
      assert.deepEqual(outcomes[`${family} mtu batch`], [
        ["sent", bytes * 10 + 1],
        ["too-large", 0],
        ["sent", bytes * 3],
      ]);
      assert.equal(outcomes[`${family} cuts`], true);
      assert.deepEqual(outcomes[`${family} blocked`], [true, 0]);
    }
    assert.deepEqual(outcomes.routes, {
      none: ["unreachable", "unreachable"],
      unreachable: ["unreachable", "unreachable"],
      prohibited: ["denied", "denied"],
      blackhole: ["unreachable", "unreachable"],
      fine: ["sent", "sent"],
    });
    assert.deepEqual(outcomes.gone, ["bad-source", "bad-source", "bad-source"]);
  },
});
