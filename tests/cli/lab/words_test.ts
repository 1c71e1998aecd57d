import assert from "node:assert/strict";
import { changeWords } from "../../../cli/lab/change_words.ts";
import { words } from "../../../cli/lab/words.ts";
import { CHANGE_OPTIONS, parseChange } from "../../../lib/lab/mod.ts";

Deno.test("words() parts the arguments at --, and only at the first", () => {
  assert.deepEqual(words(["two-path", "sh", "-c", "x"], ["lab", "run", "two-path", "--", "sh", "-c", "x"]), {
    before: ["two-path"],
    after: ["sh", "-c", "x"],
  });
  assert.deepEqual(words(["a", "--", "b"], ["lab", "run", "--", "a", "--", "b"]), {
    before: [],
    after: ["a", "--", "b"],
  });
  assert.deepEqual(words(["two-path"], ["lab", "run", "two-path", "--"]), {
    before: ["two-path"],
    after: [],
  });
});

Deno.test("words() without -- takes the first for the lab or host and the rest for the command", () => {
  assert.deepEqual(words(["client", "ip", "link"], ["lab", "exec", "client", "ip", "link"]), {
    before: ["client"],
    after: ["ip", "link"],
  });
  assert.deepEqual(words([undefined], ["lab", "run"]), { before: [], after: [] });
});

Deno.test("changeWords() gives back every option of lab set", () => {
  const given = new Map<string, unknown>([
    ["down", true],
    ["blackhole", false],
    ["loss", "5%"],
    ["resetNewFlows", true],
    ["name", "two-path"],
    ["json", true],
  ]);
  const found = changeWords(given);
  assert.deepEqual(found, ["--down", "--no-blackhole", "--loss=5%", "--reset-new-flows"]);
  assert.deepEqual(parseChange(["path2", ...found]).change, {
    state: "down",
    blackhole: false,
    loss: 0.05,
    resetNewFlows: true,
  });
  assert.deepEqual(changeWords(new Map()), []);
  assert(CHANGE_OPTIONS.length > 10);
});
