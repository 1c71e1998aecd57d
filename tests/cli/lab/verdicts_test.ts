import assert from "node:assert/strict";
import { labVerdicts } from "../../../cli/lab/verdicts.ts";
import { MptError } from "../../../lib/base/errors.ts";
import { LAB } from "./lab_json.ts";

const late = (p99: number): typeof LAB => ({
  ...LAB,
  paths: LAB.paths.map((path) => ({ ...path, up: { ...path.up, lateness_ms: { p50: 0.02, p99, max: 9 } } })),
});

Deno.test("labVerdicts() says first which faults are in force", () => {
  assert.deepEqual(labVerdicts([LAB]).map(({ code, level, text }) => [code, level, text]), [
    [
      "lab-faults",
      "warn",
      "The lab two-path has 2 paths and 1 middlebox, with 2 faults: path2: black hole (up); path2: loss of 5%.",
    ],
    [
      "lab-on-time",
      "ok",
      "The links keep their times: 99% of packets leave the emulator at most 0.15 ms late; it takes 8.3% of a processor.",
    ],
  ]);
  const healthy = { ...LAB, middleboxes: [], paths: LAB.paths.map((path) => ({ ...path, faults: [] })) };
  assert.deepEqual(labVerdicts([healthy])[0]?.text, "The lab two-path has 2 paths, and no faults.");
  assert.equal(labVerdicts([healthy])[0]?.level, "ok");
});

Deno.test("labVerdicts() warns of an emulator that lags by more than a millisecond", () => {
  assert.equal(labVerdicts([late(1)])[1]?.code, "lab-on-time");
  const [, warning] = labVerdicts([late(1.2)]);
  assert.deepEqual([warning?.code, warning?.level], ["lab-late", "warn"]);
  assert.match(warning!.text, /1% of packets leave the emulator more than 1\.20 ms late; it takes 8\.3%/);
});

Deno.test("labVerdicts() says nothing about lateness where no link can tell it", () => {
  const silent = {
    ...LAB,
    paths: LAB.paths.map((path) => ({
      ...path,
      up: { ...path.up, lateness_ms: null },
      down: { ...path.down, lateness_ms: null },
    })),
  };
  assert.deepEqual(labVerdicts([silent]).map(({ code }) => code), ["lab-faults"]);
});

Deno.test("labVerdicts() tells of a server that ended, and of no lab at all", () => {
  const ended = { ...LAB, servers: [{ command: "mpt serve", ended: "it ended with 3" }] };
  assert.equal(labVerdicts([ended]).at(-1)?.text, "mpt serve on the server: it ended with 3.");
  assert.deepEqual(labVerdicts([]).map(({ code, level }) => [code, level]), [["lab-none", "info"]]);
});

Deno.test("labVerdicts() tells of packets that the emulator lost though nobody asked it to", () => {
  const [path] = LAB.paths;
  const lost = { ...LAB, paths: [{ ...path!, up: { ...path!.up, dropped_by_overload: 550 } }] };
  const found = labVerdicts([lost]).find(({ code }) => code === "lab-overload");
  assert.equal(found?.level, "warn");
  assert.match(found!.text, /^The emulator has lost 550 packets that nobody asked it to lose: /);
  assert.equal(labVerdicts([LAB]).some(({ code }) => code === "lab-overload"), false);
});

Deno.test("labVerdicts() names a lab that does not answer, and does not say that none is running", () => {
  const silent = new MptError("ERR_PROGRAM", "Cannot reach the lab a: it is still being made");
  assert.deepEqual(labVerdicts([], [silent]).map(({ code, text }) => [code, text]), [
    ["lab-silent", "Cannot reach the lab a: it is still being made."],
  ]);
  assert.deepEqual(labVerdicts([LAB], [silent])[1]?.code, "lab-faults");
});
