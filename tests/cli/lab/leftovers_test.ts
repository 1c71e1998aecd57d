import assert from "node:assert/strict";
import { findLabs } from "../../../cli/lab/leftovers.ts";
import { identify } from "../../../cli/lab/process_identity.ts";
import { claim, encodeState, type LabState, socketFile, stateFile } from "../../../cli/lab/state_file.ts";
import { start } from "../../support/command.ts";

async function state(name: string, change: Partial<LabState> = {}): Promise<LabState> {
  const owner = await identify(Deno.pid);
  assert(owner !== null);
  const token = crypto.randomUUID().replaceAll("-", "");
  return { name, token, owner, holder: null, createdAt: "2026-11-21T10:00:00.000Z", ...change };
}

Deno.test("findLabs() lists the labs whose owner runs, and removes what the others left", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using bystander = start(["sleep", "30"]);
    await using holder = start(["sleep", "30"]);
    const other = await identify(bystander.pid);
    const held = await identify(holder.pid);
    assert(other !== null && held !== null);
    const alive = await state("alive");
    // The process ids have come round again: an owner that is gone, and a holder that is somebody else now.
    const reused = { pid: other.pid, start: other.start + 1 };
    await claim(folder, alive);
    await claim(folder, await state("dead", { owner: reused, holder: reused }));
    await claim(folder, await state("held", { owner: reused, holder: held }));
    await Deno.writeTextFile(socketFile(folder, "dead"), "");
    await Deno.writeTextFile(stateFile(folder, "broken"), encodeState(alive).slice(0, 30));
    // States that were being written, by a process that runs and by one that cannot be.
    await Deno.writeTextFile(`${folder}/.now.${Deno.pid}`, "");
    await Deno.writeTextFile(`${folder}/.never.${2 ** 22 + 1}`, "");
    assert.deepEqual(await findLabs(folder), { labs: [alive], removed: ["broken", "dead", "held"] });
    assert.deepEqual((await namesIn(folder)).toSorted(), [`.now.${Deno.pid}`, "alive.json"]);
    assert.equal((await holder.finished).signal, "SIGKILL");
    assert.deepEqual(await identify(bystander.pid), other);
    assert.deepEqual(await findLabs(folder), { labs: [alive], removed: [] });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}
