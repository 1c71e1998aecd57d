import assert from "node:assert/strict";
import type { LabUpResult } from "../../../cli/lab/up.ts";
import { labVerdicts } from "../../../cli/lab/verdicts.ts";
import {
  renderChange,
  renderLabDown,
  renderPresets,
  renderScript,
  renderStep,
} from "../../../cli/render/lab_changes.ts";
import { renderLabs } from "../../../cli/render/lab_status.ts";
import { renderLabUp } from "../../../cli/render/lab_up.ts";
import { PLAIN } from "../../../cli/render/paint.ts";
import { type Envelope, envelope } from "../../../lib/base/result.ts";
import { LAB } from "../lab/lab_json.ts";

function result<S extends string>(schema: S): Envelope<S> {
  const host = { os: "linux", kernel: "6.18.44", deno: "2.9.6", cpus: 2 };
  return envelope({ schema, host, startedAtMs: 0, durationMs: 1 });
}

Deno.test("renderLabs() shows what holds in words, then each path in both directions", () => {
  assert.equal(
    renderLabs([LAB], labVerdicts([LAB]), PLAIN, true),
    `! The lab two-path has 2 paths and 1 middlebox, with 2 faults: path2: black hole (up); path2: loss of 5%.
✓ The links keep their times: 99% of packets leave the emulator at most 0.15 ms late; it takes 8.3% of a processor.

PATH   LINK      STATE       WAY    ASKED RATE     DELAY     LOSS  MEASURED RATE      DELAY p50/p99        RTT         LOST       LATE p50/p99
path1  emulated  up          up    20.0 Mbit/s     10 ms       0%    19.8 Mbit/s  10.1 ms / 12.5 ms    20.4 ms   0 of 4,910  0.03 ms / 0.15 ms
                             down  20.0 Mbit/s     10 ms       0%    19.8 Mbit/s  10.1 ms / 12.5 ms             84 of 8,490  0.03 ms / 0.15 ms
path2  veth      black hole  up            any  10 ±2 ms  5% by 3              -                  -  no answer            -                  -
                             down          any  10 ±2 ms  5% by 3              -                  -                       -                  -

PATH   WAY   PACKETS    BYTES  DROPPED BY QUEUE  BY LOSS  BY BLACK HOLE  BY OVERLOAD
path1  up      4,910   390 kB                 0        0              0            0
path1  down    8,406  12.5 MB                12       84              0            0
path2  up          0      0 B                 -        -              -            -
path2  down        0      0 B                 -        -              -            -

MIDDLEBOX                        PACKETS   BYTES
strip,option=mp-join,path=path2    1,234  101 kB

on the server: mpt serve

made 2026-11-21T10:00:00.000Z, owner is process 4242`,
  );
});

Deno.test("renderLabs() without detail leaves the counters out, and names each of several labs", () => {
  const text = renderLabs([LAB, { ...LAB, name: "other", paths: [] }], [], PLAIN, false);
  assert.doesNotMatch(text, /BY QUEUE|owner is process/);
  assert.match(text, /^two-path:\nPATH /m);
  assert.match(text, /^other:\n/m);
});

Deno.test("renderLabs() tells a path that is down from one without address", () => {
  const [path] = LAB.paths;
  const states = [{ state: "down" }, { address: "removed" }, { backup: true }].map((change) =>
    /^path1 +emulated +(.+?) +up /m.exec(
      renderLabs([{ ...LAB, paths: [{ ...path!, ...change } as typeof path & object] }], [], PLAIN, false),
    )?.[1]
  );
  assert.deepEqual(states, ["down", "no address", "up, backup"]);
});

Deno.test("renderLabUp() says what was made and what to type", () => {
  const lab: LabUpResult["lab"] = {
    name: "two-path",
    seed: 7,
    paths: [
      { name: "path1", client: ["10.77.1.1"], server: ["10.78.1.2"] },
      { name: "lte", client: ["10.77.2.1", "fd77:0:0:2::1"], server: ["10.78.2.2", "fd78:0:0:2::2"] },
    ],
    // What --serve starts
    servers: ["mpt serve --listen mptcp@[::]:4433 --listen mpquic@[::]:4433"],
    env: {},
  };
  assert.equal(
    renderLabUp({ ...result("mpt.lab-up/1"), lab }),
    `The lab two-path is up: 2 paths, seed 7.
  PATH   CLIENT                   SERVER
  path1  10.77.1.1                10.78.1.2
  lte    10.77.2.1 fd77:0:0:2::1  10.78.2.2 fd78:0:0:2::2

  mpt lab exec client -- mpt probe server:4433
  mpt lab set lte --down
  mpt lab status
  mpt lab down`,
  );
  const alone = renderLabUp({ ...result("mpt.lab-up/1"), lab: { ...lab, servers: [] } });
  assert.match(alone, /^ {2}mpt lab exec server -- mpt serve\n {2}mpt lab exec client -- /m);
});

Deno.test("renderLabDown() names what ended and what was found dead", () => {
  const down = result("mpt.lab-down/1");
  assert.equal(renderLabDown({ ...down, ended: [], removed: [] }), "No lab is running.");
  assert.equal(
    renderLabDown({ ...down, ended: ["a", "b"], removed: ["c"] }),
    `The lab a is down.
The lab b is down.
The owner of the lab c had died; what it left was removed.`,
  );
});

Deno.test("renderChange() shows the middleboxes, and nothing for a path", () => {
  const change = { ...result("mpt.lab-change/1"), lab: "a", change: null };
  assert.equal(renderChange({ ...change, middleboxes: null }), "");
  assert.equal(renderChange({ ...change, middleboxes: [] }), "No middlebox is in force.");
  assert.equal(
    renderChange({ ...change, middleboxes: LAB.middleboxes }),
    `MIDDLEBOX                        PACKETS   BYTES
strip,option=mp-join,path=path2    1,234  101 kB`,
  );
});

Deno.test("renderStep() says when a step was played, and how late where it matters", () => {
  const step = { line: 1, text: "at 2s set path2 --down", at_ms: 2000, late_ms: 0.4, took_ms: 5 };
  assert.equal(renderStep(step), "2.00 s: at 2s set path2 --down");
  assert.equal(renderStep({ ...step, late_ms: 120 }), "2.00 s, 120 ms late: at 2s set path2 --down");
  const script = { ...result("mpt.lab-script/1"), lab: "a", step_count: 1, steps: [step] };
  assert.equal(renderScript(script), "1 step played on the lab a.");
  assert.equal(
    renderScript({ ...script, step_count: 3, end: { reason: "timeout" } }),
    "1 of 3 steps played on the lab a.",
  );
});

Deno.test("renderPresets() has a line for each", () => {
  const presets = [{ name: "two-path", summary: "Two paths that differ", options: {} }];
  assert.equal(
    renderPresets({ ...result("mpt.lab-presets/1"), presets }),
    "PRESET    WHAT IT IS\ntwo-path  Two paths that differ",
  );
});
