import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonFields } from "../../../lib/protocol/json_fields.ts";
import { readsOrRefuses } from "./arbitraries.ts";

function of(value: unknown): JsonFields {
  return JsonFields.parse("it", JSON.stringify(value));
}

Deno.test("JsonFields gives each member as what it should be", () => {
  const fields = of({ t: "a", n: 0, f: 1.5, b: false, l: [1, "a"], o: { t: "b" }, z: null });
  assert.equal(fields.text("t"), "a");
  assert.equal(fields.number("n"), 0);
  assert.equal(fields.number("f"), 1.5);
  assert.equal(fields.numberOrNull("z"), null);
  assert.equal(fields.numberOrNull("missing"), null);
  assert.equal(fields.boolean("b"), false);
  assert.deepEqual(fields.list("l", 2), [1, "a"]);
  assert.equal(fields.object("o").text("t"), "b");
  assert.deepEqual([fields.has("n"), fields.has("z"), fields.has("missing")], [true, false, false]);
});

Deno.test("JsonFields refuses by name what is something else: ERR_PROTOCOL", () => {
  const fields = of({ t: "a", n: 1, l: [1, 2] });
  const wrong: readonly (readonly [() => unknown, RegExp])[] = [
    [() => fields.text("n"), /^Cannot read it: "n" is not a short text$/],
    [() => fields.text("missing"), /"missing" is not a short text/],
    [() => fields.number("t"), /"t" is not a number from 0 to 2\^53 - 1/],
    [() => fields.numberOrNull("t"), /"t" is not a number/],
    [() => fields.boolean("n"), /"n" is not true or false/],
    [() => fields.list("l", 1), /"l" is not a list of fair length/],
    [() => fields.list("n", 1), /"n" is not a list/],
    [() => fields.object("l"), /^Cannot read it, l: it is not a JSON object$/],
    [() => fields.object("missing"), /it is not a JSON object/],
    [() => fields.object("toString"), /it is not a JSON object/],
  ];
  for (const [read, message] of wrong) assert.throws(read, { code: "ERR_PROTOCOL", message });
});

Deno.test("JsonFields refuses texts that would take over a terminal or fill it", () => {
  for (const t of ["\x1b[2J", "a\nb", "a\x00", "\u202e", "\x9b1m", "x".repeat(1001)]) {
    assert.throws(() => of({ t }).text("t"), { code: "ERR_PROTOCOL" }, JSON.stringify(t));
  }
  assert.equal(of({ t: "ä €" }).text("t"), "ä €");
});

Deno.test("JsonFields refuses numbers that no count or time can be", () => {
  for (const text of ["-1", "1e999", "9007199254740992", "-0.5"]) {
    assert.throws(() => JsonFields.parse("it", `{"n": ${text}}`).number("n"), { code: "ERR_PROTOCOL" }, text);
  }
});

Deno.test("JsonFields.numbers() leaves out what is no finite number, and knows no special names", () => {
  const fields = JsonFields.parse("it", '{"a": 1, "b": "2", "c": 1e999, "__proto__": 3, "constructor": 4}');
  assert.deepEqual(Object.entries(fields.numbers()), [["a", 1], ["__proto__", 3], ["constructor", 4]]);
});

Deno.test("JsonFields.parse() refuses what is not a JSON object: ERR_PROTOCOL", () => {
  for (const text of ["", "{", "[]", "1", "null", '"a"', "{}}", "\x00", "[".repeat(100_000)]) {
    assert.throws(() => JsonFields.parse("it", text), { code: "ERR_PROTOCOL" }, text.slice(0, 10));
  }
  fc.assert(fc.property(fc.string(), (text) => readsOrRefuses(() => JsonFields.parse("it", text))));
});
