import assert from "node:assert/strict";
import { defined, Fields } from "../../../lib/base/fields.ts";

Deno.test("Fields reads members of the right type, and names the key of any other", () => {
  const fields = new Fields({ count: 3, on: true, word: "a", text: "x", gone: undefined }, "list[0]");
  assert.equal(fields.number("count", { min: 1, max: 3, whole: true }), 3);
  assert.equal(fields.boolean("on"), true);
  assert.equal(fields.word("word", ["a", "b"]), "a");
  assert.equal(fields.text("text"), "x");
  assert.equal(fields.number("absent", { min: 0, max: 1 }), undefined);
  fields.end();
  for (
    const [read, key] of [
      [(): unknown => fields.number("text", { min: 0, max: 1 }), "list[0].text"],
      [(): unknown => fields.number("count", { min: 0, max: 2 }), "list[0].count"],
      [(): unknown => fields.boolean("count"), "list[0].count"],
      [(): unknown => fields.word("word", ["b"]), "list[0].word"],
      [(): unknown => fields.text("on"), "list[0].on"],
    ] as const
  ) assert.throws(read, { code: "ERR_INVALID_VALUE", data: { key } });
});

Deno.test("Fields.end() names what nobody asked for, and what there is", () => {
  const fields = new Fields({ one: 1, "two\n": 2 }, "");
  fields.number("one", { min: 0, max: 9 });
  assert.throws(() => fields.end(), /^MptError: Cannot use "two\\n": no such setting; there are one$/);
});

Deno.test("Fields refuses what is not a table, by the name of the whole", () => {
  for (const value of [null, [], "text", 1, undefined]) {
    assert.throws(() => new Fields(value, "", "a policy"), /as a policy: it is not a table of settings/);
  }
});

Deno.test("defined() leaves out what is undefined, and nothing else", () => {
  assert.deepEqual(defined("key", undefined), {});
  assert.deepEqual(defined("key", null), { key: null });
});
