import assert from "node:assert/strict";
import fc from "fast-check";
import { quote } from "../../../lib/base/quote.ts";

Deno.test("quote() gives printable text that JSON reads back, whatever comes in", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
    const quoted = quote(text);
    assert.match(quoted, /^"[^\p{Cc}\u2028\u2029]*"$/u);
    assert.ok(quoted.length <= 82);
    const cut = quoted.endsWith('..."') && !text.endsWith("...");
    if (!cut) assert.equal(JSON.parse(quoted), text);
  }));
});

Deno.test("quote() cuts a long text between characters, never inside an escape", () => {
  assert.equal(quote("x".repeat(80)), `"${"x".repeat(80)}"`);
  assert.equal(quote("x".repeat(81)), `"${"x".repeat(77)}..."`);
  assert.equal(quote("\0".repeat(100)), `"${"\\u0000".repeat(12)}..."`);
});

Deno.test("quote() escapes what a terminal would obey or hide", () => {
  assert.equal(quote("\x1b[31m"), '"\\u001b[31m"');
  assert.equal(quote("\x9b31m"), '"\\u009b31m"');
  assert.equal(quote("a\u202eb\u200b"), '"a\\u202eb\\u200b"');
  assert.equal(quote('say "hi"'), '"say \\"hi\\""');
});
