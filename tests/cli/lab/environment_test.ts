import assert from "node:assert/strict";
import { hostsFile, labEnvironment } from "../../../cli/lab/environment.ts";
import { planLab } from "../../../lib/lab/mod.ts";

const PLAN = planLab({ paths: [{ ipv6: false }, { name: "lte" }], seed: 7 });

Deno.test("hostsFile() names the server once for each family, and every path", () => {
  assert.equal(
    hostsFile(PLAN, "127.0.0.1 localhost\n\n"),
    `127.0.0.1 localhost
# mpt lab
10.78.1.2 server server.path1
10.78.2.2 server.lte
fd78:0:0:2::2 server server.lte
10.77.1.1 client client.path1
10.77.2.1 client.lte
fd77:0:0:2::1 client client.lte
`,
  );
});

Deno.test("labEnvironment() tells a command where it is", () => {
  assert.deepEqual(labEnvironment({ name: "a", folder: "/run/mpt/lab", plan: PLAN, path: "/bin" }), {
    MPT_LAB: "a",
    MPT_LAB_FOLDER: "/run/mpt/lab",
    MPT_LAB_SEED: "7",
    MPT_LAB_SERVER: "10.78.1.2",
    MPT_LAB_SERVERS: "10.78.1.2 10.78.2.2 fd78:0:0:2::2",
    MPT_LAB_CLIENTS: "10.77.1.1 10.77.2.1 fd77:0:0:2::1",
    PATH: "/run/mpt-lab/bin:/bin",
  });
});
