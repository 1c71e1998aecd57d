// Measures: attempt delays within 15 ms.
import assert from "node:assert/strict";
import { ownProgram } from "../../lib/lab/own_program.ts";
import type { ProfileRun } from "../../lib/race/compare.ts";
import { makeNetwork, SERVER } from "../../lib/race/infer/network.ts";
import { SERVER_PERMISSIONS, SERVER_PROGRAM } from "../../lib/race/infer/server_program.ts";
import { PROFILES } from "../../lib/race/profiles.ts";
import { mptArgv } from "../support/command.ts";
import { PROMPTLY } from "../support/promptly.ts";
import { requires } from "../support/requires.ts";

const TOLERANCE_MS = 15;
const TRIES = 3;

Deno.test({
  name: "mpt race --profile all waits for a silent IPv6 as long as each of the clients does",
  ...requires("namespaces", "ffi", "tool:nft"),
  async fn() {
    await using network = await makeNetwork();
    const argv = ownProgram(SERVER_PROGRAM, SERVER_PERMISSIONS, ["fallback"]);
    await using server = network.spawn(SERVER, [...PROMPTLY, ...argv], {
      deadlineMs: 60_000,
      env: { DENO_NO_UPDATE_CHECK: "1" },
    });
    await server.line(/"ready"/);
    for (let attempt = 1;; attempt++) {
      const { code, stdout, stderr } = await network.run(
        undefined,
        [...PROMPTLY, ...mptArgv(["race", "--json", "--profile", "all", "test.example:80"])],
      );
      assert.equal(code, 0, stderr);
      const { profiles }: { profiles: readonly ProfileRun[] } = JSON.parse(stdout);
      assert.deepEqual(profiles.map(({ profile }) => profile), PROFILES.map(({ name }) => name));
      const off = profiles.map(({ result: { attempts, constants, winner } }) => {
        const [first, second] = attempts;
        assert.deepEqual([first?.family, second?.family, winner], [6, 4, 1]);
        const delay = constants["attempt_delay_ms"]?.value ?? NaN;
        return Math.abs((second?.start_ms ?? NaN) - (first?.start_ms ?? NaN) - delay);
      });
      if (off.every((ms) => ms <= TOLERANCE_MS)) return;
      assert.ok(attempt < TRIES, `off by ${off} ms`);
    }
  },
});
