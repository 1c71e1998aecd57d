import assert from "node:assert/strict";
import { createLab, type Lab } from "../../lib/lab/mod.ts";
import type { PathChange, ProbeResult } from "../../lib/probe/mod.ts";
import { mptArgv } from "../support/command.ts";
import { requires } from "../support/requires.ts";

const TARGET = "10.78.1.2:4433";
const UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"];

/** Watches while things happen to the second path, and gives what was told of it. */
async function watched(
  lab: Lab,
  launcher: readonly string[],
): Promise<{ readonly changes: readonly PathChange[]; readonly result: ProbeResult }> {
  const argv = mptArgv(["probe", "--ndjson", "--join-timeout", "1", "--watch", "60", TARGET]);
  await using watch = lab.spawn("client", [...launcher, ...argv], { deadlineMs: 90_000 });
  const change = (kind: string): Promise<unknown> =>
    watch.line(new RegExp(`"event":"path-change".*"change":"${kind}"`));
  // Both paths are up, and some bytes have passed.
  await watch.line(/"event":"path",.*"id":1,/);
  await watch.line(/"event":"watching"/);
  await lab.set("path2", { blackhole: true });
  await change("stale");
  await lab.set("path2", { blackhole: false });
  await change("recovered");
  await lab.output("client", ["ip", "mptcp", "endpoint", "change", "id", "1", "backup"]);
  await change("backup");
  await lab.output("client", ["ip", "mptcp", "endpoint", "delete", "id", "1"]);
  await change("closed");
  await lab.output("client", [..."ip mptcp endpoint add 10.77.2.1 dev path2 subflow id 1".split(" ")]);
  await change("established");
  watch.kill("SIGINT");
  await watch.line(/"event":"end"/);
  const events: readonly { event: string; change?: PathChange; result?: ProbeResult }[] = watch.stdout
    .trimEnd()
    .split("\n").map((line) => JSON.parse(line));
  const result = events.at(-1)?.result;
  assert(result !== undefined);
  return { changes: events.flatMap((event) => event.change ?? []), result };
}

Deno.test({
  name: "mpt probe --watch tells what happens to the paths, by events where it may and by looking where not",
  ...requires("namespaces", "mptcp", "tool:nft", "tool:setpriv"),
  async fn() {
    await using lab = await createLab({ paths: [{}, {}], mptcp: "subflow", link: "veth" });
    await using server = lab.spawn("server", mptArgv(["serve", "--ndjson"]), { deadlineMs: 120_000 });
    await server.line(/"event":"listening"/);
    for (const [launcher, by] of [[[], "events"], [UNPRIVILEGED, "polling"]] as const) {
      const { changes, result } = await watched(lab, launcher);
      assert.deepEqual(changes.map(({ change }) => change), [
        "stale",
        "recovered",
        "backup",
        "closed",
        "established",
      ]);
      assert.deepEqual(changes.slice(0, 4).map(({ path }) => path), [1, 1, 1, 1]);
      assert(changes.every(({ local }) => local?.startsWith("10.77.2.1:")));
      assert.equal(changes.at(-1)!.by, by === "events" ? "event" : "polling");
      const { watch } = result.endpoints[0]!.mptcp;
      assert.deepEqual([result.end.reason, watch?.by, watch?.traffic], ["interrupted", by, true]);
      assert.deepEqual(watch?.changes, changes);
    }
  },
});
