import assert from "node:assert/strict";
import { loopbackScript, twoPathScript } from "../../tasks/two_path_script.ts";

Deno.test("twoPathScript() joins the hosts by two links and lets the server announce the second", () => {
  const script = twoPathScript();
  assert.equal(script.filter((line) => line.startsWith("ip link add")).length, 2);
  assert(script.includes("ip -n client addr add 10.0.1.1/24 dev path1"));
  assert(script.includes("ip -n server addr add fd00:2::2/64 dev path2 nodad"));
  assert(script.includes("ip -n server mptcp endpoint add 10.0.2.2 dev path2 signal"));
  assert(script.includes("ip -n client mptcp limits set subflows 4 add_addr_accepted 4"));
  assert(!script.some((line) => line.includes("tbf")));
});

Deno.test("twoPathScript() gives each path its own rate on both ends", () => {
  const script = twoPathScript({ rateMbit: [50, 10] });
  for (const side of ["client", "server"]) {
    assert(script.some((line) => line.startsWith(`tc -n ${side} qdisc add dev path1 root tbf rate 50mbit`)));
    assert(script.some((line) => line.startsWith(`tc -n ${side} qdisc add dev path2 root tbf rate 10mbit`)));
  }
});

Deno.test("twoPathScript() makes the second path a backup, announces nothing or forbids joins", () => {
  assert(
    twoPathScript({ backup: true }).includes(
      "ip -n server mptcp endpoint add 10.0.2.2 dev path2 signal backup",
    ),
  );
  assert(!twoPathScript({ signal: false }).some((line) => line.includes("endpoint")));
  assert(
    twoPathScript({ joins: false }).includes("ip -n server mptcp limits set subflows 0 add_addr_accepted 0"),
  );
});

Deno.test("twoPathScript() touches no name outside its own namespaces", () => {
  for (const line of [...twoPathScript({ rateMbit: [1, 1] })]) {
    assert.match(
      line,
      /^(ip netns add|(ip|tc) -n (client|server) |ip link add .* netns client |nsenter --net=)/,
    );
  }
  assert.deepEqual(loopbackScript(), ["ip link set lo up"]);
});
