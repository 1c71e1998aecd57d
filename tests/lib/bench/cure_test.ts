import assert from "node:assert/strict";
import { type Cure, cureOf } from "../../../lib/bench/cure.ts";
import type { EndpointJson, PathManagerJson } from "../../../lib/mptcp/path_manager_json.ts";

const BEST = { local: "192.0.2.1:5000", remote: "198.51.100.1:443", interface: "eth0" };
const SLOW = { local: "192.0.2.2:5001", remote: "198.51.100.2:443", interface: "eth1" };

function manager(
  endpoints: readonly Partial<EndpointJson>[],
  kind: PathManagerJson["kind"] = "kernel",
): PathManagerJson {
  return {
    kind,
    subflows_max: 2,
    add_addr_accepted_max: 2,
    allow_join_initial_address: null,
    checksum_enabled: null,
    endpoints: endpoints.map((each, index) => ({
      id: index + 1,
      address: "192.0.2.2",
      port: null,
      interface: null,
      flags: ["subflow"],
      ...each,
    })),
  };
}

const NONE = manager([]);
const OURS = manager([{ address: "203.0.113.7" }, {}]);
const THEIRS = manager([{ address: "198.51.100.2", flags: ["signal"] }]);

function check(name: string, cure: Cure | null, expected: readonly unknown[] | null): void {
  const found = cure === null ? null : [cure.host, cure.endpoint_id, cure.command, cure.undo];
  assert.deepEqual(found, expected, name);
}

const AT_THE_SERVER = [
  "server",
  1,
  "ip mptcp endpoint change 198.51.100.2 backup",
  "ip mptcp endpoint change 198.51.100.2 nobackup",
];
const A_NEW_ONE = ["this", null, "ip mptcp endpoint add 192.0.2.2 dev eth1 subflow backup", null];

Deno.test("cureOf() changes the endpoint of ours that holds the address, by its id", () => {
  const change = "ip mptcp endpoint change id 2";
  check("ours", cureOf(SLOW, BEST, OURS, THEIRS), ["this", 2, `${change} backup`, `${change} nobackup`]);
  const mesh = manager([{ address: "203.0.113.7" }, { flags: ["subflow", "fullmesh"] }]);
  check("fullmesh is kept, which ip would drop", cureOf(SLOW, BEST, mesh, null), [
    "this",
    2,
    `${change} backup fullmesh`,
    `${change} nobackup fullmesh`,
  ]);
});

Deno.test("cureOf() names the command for the server where the address was announced by it", () => {
  check("no endpoint here", cureOf(SLOW, BEST, NONE, THEIRS), AT_THE_SERVER);
  check("nothing known of this host", cureOf(SLOW, BEST, null, THEIRS), AT_THE_SERVER);
  const implicit = manager([{ flags: ["implicit"] }]);
  check("one that the kernel made", cureOf(SLOW, BEST, implicit, THEIRS), AT_THE_SERVER);
  check("a program decides here", cureOf(SLOW, BEST, manager([{}], "userspace"), THEIRS), AT_THE_SERVER);
  const ported = manager([{ address: "198.51.100.2", port: 8080 }]);
  check("announced with another port", cureOf(SLOW, BEST, NONE, ported), A_NEW_ONE);
});

Deno.test("cureOf() never makes a backup of what the best path uses too", () => {
  const sameLocal = { ...SLOW, local: BEST.local };
  const ours = manager([{ address: "192.0.2.1" }]);
  check("the local address is shared", cureOf(sameLocal, BEST, ours, THEIRS), AT_THE_SERVER);
  const sameRemote = { ...SLOW, remote: BEST.remote };
  const theirs = manager([{ address: "198.51.100.1" }]);
  check("the remote address is shared", cureOf(sameRemote, BEST, NONE, theirs), A_NEW_ONE);
  check("both are", cureOf({ ...BEST }, BEST, ours, theirs), null);
});

Deno.test("cureOf() without any endpoint makes one for the address, where the kernel decides", () => {
  check("the first path", cureOf(SLOW, BEST, NONE, null), A_NEW_ONE);
  check("an unknown interface", cureOf({ ...SLOW, interface: null }, BEST, NONE, null), null);
  check("nothing known", cureOf(SLOW, BEST, null, null), null);
  check("programs decide on both ends", cureOf(SLOW, BEST, manager([], "userspace"), null), null);
});
