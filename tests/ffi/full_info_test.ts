import assert from "node:assert/strict";
import { output } from "../support/command.ts";
import { requires } from "../support/requires.ts";

Deno.test({
  // The struct holds addresses that the garbage collector does not see; see ffi/mptcp.ts.
  name: "fullInfo() keeps its memory through garbage collections",
  ...requires("mptcp"),
  fn: async () => {
    const script = new URL("./full_info_stress.ts", import.meta.url).pathname;
    const argv = [Deno.execPath(), "run", "--quiet", "--allow-all", "--v8-flags=--expose-gc", script];
    assert.equal(await output(argv, { deadlineMs: 60_000 }), "5000 right answers\n");
  },
});
