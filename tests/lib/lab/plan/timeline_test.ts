import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../../lib/base/errors.ts";
import { checkTimeline, parseTimeline } from "../../../../lib/lab/plan/timeline.ts";

Deno.test("parseTimeline() reads absolute and relative times, changes, middleboxes and comments", () => {
  const { steps } = parseTimeline([
    "# the second path fails",
    "",
    "at 2s set path2 --down   # pulled out",
    "  after 500ms\tset path2 --up\r",
    "after 0 middlebox add strip,option=mp-join,path=path2",
    "at 1m middlebox remove strip,option=mp-join,path=path2",
    "at 1m middlebox clear",
    "at 61 wait",
  ].join("\n"));
  assert.deepEqual(steps, [
    {
      line: 3,
      atMs: 2000,
      text: "at 2s set path2 --down",
      action: { kind: "set", path: "path2", change: { state: "down" } },
    },
    {
      line: 4,
      atMs: 2500,
      text: "after 500ms set path2 --up",
      action: { kind: "set", path: "path2", change: { state: "up" } },
    },
    {
      line: 5,
      atMs: 2500,
      text: "after 0 middlebox add strip,option=mp-join,path=path2",
      action: { kind: "add-middlebox", box: { kind: "strip", option: "mp-join", path: "path2" } },
    },
    {
      line: 6,
      atMs: 60_000,
      text: "at 1m middlebox remove strip,option=mp-join,path=path2",
      action: { kind: "remove-middlebox", box: { kind: "strip", option: "mp-join", path: "path2" } },
    },
    { line: 7, atMs: 60_000, text: "at 1m middlebox clear", action: { kind: "clear-middleboxes" } },
    { line: 8, atMs: 61_000, text: "at 61 wait", action: { kind: "wait" } },
  ]);
  assert.deepEqual(parseTimeline("").steps, []);
});

Deno.test("parseTimeline() names the line that it cannot read", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["in 2s set path2 --down", /"in" is neither at nor after/],
    ["at", /Cannot use "" as the time behind at/],
    ["at noon set path2 --down", /Cannot use "noon" as the time behind at/],
    ["at 25h wait", /Cannot use "25h" as the time behind at: it is more than/],
    ["at 2s", /nothing is to happen then/],
    ["at 2s unset path2", /"unset" is none of set, middlebox, wait$/],
    ["at 2s set path2 --dwon", /there is no option "--dwon"/],
    ["at 2s wait a bit", /wait is followed by "a bit"/],
    ["at 2s middlebox", /middlebox is followed by ""/],
    ["at 2s middlebox add", /Cannot use "" as a middlebox/],
    ["at 2s middlebox add strip nat", /"nat" is too much/],
    ["at 2s middlebox clear strip", /it clears all$/],
    ["at 1s wait\nat 500ms wait", /500ms lies before the time of the line before, 1 s$/],
    ["at 20h wait\nafter 5h wait", /more than 24 h after the start$/],
  ];
  for (const [text, message] of cases) {
    const line = text.split("\n").length + 1;
    assert.throws(
      () => parseTimeline(`# a comment\n${text}`),
      (error) =>
        error instanceof MptError && error.code === "ERR_INVALID_VALUE" && message.test(error.message) &&
        error.message.startsWith(`Cannot read line ${line} of the timeline: `) && error.data["line"] === line,
      text,
    );
  }
});

Deno.test("parseTimeline() has limits", () => {
  assert.equal(parseTimeline("at 0 wait\n".repeat(10_000)).steps.length, 10_000);
  assert.throws(() => parseTimeline("at 0 wait\n".repeat(10_001)), /more than 10000 steps$/);
  assert.throws(() => parseTimeline("#".repeat(1_048_577)), /more than 1048576 characters$/);
});

Deno.test("parseTimeline() refuses or reads any text; what it reads is in order", () => {
  const word = fc.constantFrom(
    "at",
    "after",
    "2s",
    "1",
    "set",
    "path2",
    "--up",
    "wait",
    "\n",
    "#",
    "middlebox",
    "clear",
  );
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(word).map((words) => words.join(" "))), (text) => {
    try {
      const times = parseTimeline(text).steps.map(({ atMs }) => atMs);
      assert.deepEqual(times, times.toSorted((a, b) => a - b));
    } catch (error) {
      assert(error instanceof MptError && error.code === "ERR_INVALID_VALUE", String(error));
    }
  }));
});

Deno.test("checkTimeline() finds a path that the lab has not, before anything is played", () => {
  const check = (text: string) => checkTimeline(parseTimeline(text), ["path1", "lte"]);
  check("at 0 set path1 --down\nat 1s middlebox add nat,path=lte\nat 2s middlebox add proxy\nat 3s wait");
  assert.throws(() => check("at 0 set path1 --down\n\nat 1s set path2 --up"), {
    code: "ERR_INVALID_VALUE",
    message: 'Cannot play line 3 of the timeline: Cannot use "path2" as a path: there are path1, lte',
  });
  assert.throws(() => check("at 1s middlebox add nat,path=path2"), /line 1 .*there is no path "path2"/);
});
