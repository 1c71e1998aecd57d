import assert from "node:assert/strict";
import { CHANGE_OPTIONS, parseChange } from "../../../../lib/lab/plan/change_options.ts";
import type { PathChange } from "../../../../lib/lab/plan/options.ts";

Deno.test("parseChange() reads every option of mpt lab set", () => {
  const cases: readonly (readonly [string, PathChange])[] = [
    ["--down", { state: "down" }],
    ["--up", { state: "up" }],
    ["--blackhole", { blackhole: true }],
    ["--no-blackhole --direction up", { blackhole: false, direction: "up" }],
    ["--rate 5mbit", { rateMbit: 5 }],
    ["--rate=none", { rateMbit: null }],
    ["--delay 80ms --jitter 5", { delayMs: 80, jitterMs: 5 }],
    ["--delay 1.5s", { delayMs: 1500 }],
    ["--loss 5% --burst 4", { loss: 0.05, burst: 4 }],
    ["--burst none", { burst: null }],
    ["--address removed", { address: "removed" }],
    ["--address=present", { address: "present" }],
    ["--rebind", { rebind: true }],
    ["--reset-new-flows", { resetNewFlows: true }],
    ["--no-reset-new-flows", { resetNewFlows: false }],
  ];
  for (const [words, change] of cases) {
    assert.deepEqual(parseChange(["path2", ...words.split(" ")]), { path: "path2", change }, words);
  }
  const tried = new Set(cases.flatMap(([words]) => words.split(/[ =]/)));
  assert.deepEqual(CHANGE_OPTIONS.map(({ flag }) => flag).filter((flag) => !tried.has(flag)), []);
});

Deno.test("parseChange() says which option is wrong", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /the path comes first/],
    ["--down", /the path comes first/],
    ["path2", /nothing is to change; "path2" needs an option$/],
    ["path2 down", /there is no option "down"; there are --down, --up, /],
    ["path2 --down --up", /--up says something about what was said before$/],
    ["path2 --delay 1 --delay 1", /--delay says something/],
    ["path2 --down=yes", /--down takes no value$/],
    ["path2 --delay", /--delay needs <time>$/],
    ["path2 --delay soon", /Cannot use "soon" as --delay/],
    ["path2 --delay 11s", /it is not from 0 to 10000$/],
    ["path2 --loss 5", /did you mean 5%\?$/],
    ["path2 --loss -5%", /Cannot use "-5%" as --loss/],
    ["path2 --rate 5MB", /a capital B stands for bytes/],
    ["path2 --rate 1", /it is not from 0\.01 to 10000$/],
    ["path2 --burst 0", /it is not from 1 to 10000$/],
    ["path2 --direction left --down", /Cannot use "left" as --direction: it is one of up, down, both$/],
    ["path2 --direction up --down", /--direction needs one of --blackhole, /],
  ];
  for (const [words, message] of cases) {
    assert.throws(() => parseChange(words.split(" ")), { code: "ERR_INVALID_VALUE", message }, words);
  }
});
