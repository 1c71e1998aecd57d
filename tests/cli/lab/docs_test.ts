import assert from "node:assert/strict";
import { topology } from "../../../cli/lab/topology.ts";
import { parseTimeline, planLab } from "../../../lib/lab/mod.ts";
import { ROOT } from "../../support/command.ts";

const TEXT = Deno.readTextFileSync(`${ROOT}/docs/lab.md`);

Deno.test("the file of a lab in docs/lab.md describes a lab", async () => {
  const [, toml = ""] = /^```toml\n([^]*?)^```/m.exec(TEXT) ?? [];
  const file = await Deno.makeTempFile({ suffix: ".toml" });
  try {
    await Deno.writeTextFile(file, toml);
    const { paths, mptcp } = planLab(await topology({ lab: file }));
    assert.deepEqual([mptcp, paths.map(({ name, nat }) => [name, nat])], ["signal", [["wifi", false], [
      "lte",
      true,
    ]]]);
    assert.deepEqual([paths[1]?.up.rateMbit, paths[1]?.down.rateMbit], [10, 30]);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the timeline in docs/lab.md can be played", () => {
  const [, timeline = ""] = /^## A timeline\n[^]*?^```\n([^]*?)^```/m.exec(TEXT) ?? [];
  assert.deepEqual(parseTimeline(timeline).steps.map(({ atMs }) => atMs), [2000, 5000, 6000, 8000, 10_000]);
});
