import assert from "node:assert/strict";
import fc from "fast-check";
import { painter, PLAIN } from "../../../cli/render/paint.ts";
import { pad, table, width } from "../../../cli/render/table.ts";

Deno.test("table() lines up its columns, two blanks apart, without trailing blanks", () => {
  const text = table(
    [{ title: "NAME" }, { title: "N", align: "right" }, { title: "NOTE" }],
    [["a", "1000", "x"], ["long name", "2", ""], ["b", "", "y"]],
    "  ",
  );
  assert.equal(
    text,
    [
      "  NAME          N  NOTE",
      "  a          1000  x",
      "  long name     2",
      "  b                y",
    ].join("\n"),
  );
});

Deno.test("table() without rows is its heading; a row may be short", () => {
  assert.equal(table([{ title: "A" }, { title: "B" }], []), "A  B");
  assert.equal(table([{ title: "A" }, { title: "B" }], [["x"]]), "A  B\nx");
});

Deno.test("width() counts what a terminal shows: colours nothing, an accented letter one", () => {
  const { ok, bold } = painter(true);
  assert.equal(width(ok("yes")), 3);
  assert.equal(width(bold(ok("yes"))), 3);
  assert.equal(width("e\u0301"), 1);
  assert.equal(width("▁▂▃"), 3);
  assert.equal(width(""), 0);
});

Deno.test("pad() fills up to a width and cuts nothing", () => {
  assert.equal(pad("a", 3), "a  ");
  assert.equal(pad("a", 3, "right"), "  a");
  assert.equal(pad("abcd", 3), "abcd");
  assert.equal(pad(painter(true).fail("no"), 4), "\x1b[31mno\x1b[39m  ");
});

Deno.test("colours change nothing but colours: the columns of a table stay", () => {
  const cells = fc.array(
    fc.array(fc.string({ unit: "grapheme", maxLength: 6 }), { minLength: 2, maxLength: 2 }),
    {
      maxLength: 5,
    },
  );
  const columns = [{ title: "A" }, { title: "B", align: "right" as const }];
  fc.assert(fc.property(cells, (rows) => {
    const paint = painter(true);
    const coloured = table(columns, rows.map(([a = "", b = ""]) => [paint.ok(a), paint.warn(b)]));
    // deno-lint-ignore no-control-regex
    const stripped = coloured.replaceAll(/\x1b\[[0-9;]*m/g, "").replaceAll(/[^\S\n]+$/gm, "");
    assert.equal(stripped, table(columns, rows).replaceAll(/[^\S\n]+$/gm, ""));
  }));
});

Deno.test("PLAIN gives back what it gets", () => {
  for (const paint of [PLAIN.ok, PLAIN.warn, PLAIN.fail, PLAIN.dim, PLAIN.bold]) {
    assert.equal(paint("x"), "x");
  }
});
