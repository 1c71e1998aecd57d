import assert from "node:assert/strict";
import fc from "fast-check";
import { painter, PLAIN } from "../../../cli/render/paint.ts";
import { type Column, pad, table, width } from "../../../cli/render/table.ts";
import { wrap } from "../../../cli/render/wrap.ts";

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

const WIDE: readonly Column[] = [
  { title: "PATH", key: true },
  { title: "LINK" },
  { title: "WAY", key: true },
  { title: "BYTES", align: "right" },
  { title: "NOTE" },
];

Deno.test("a table that is wider than its terminal comes in parts, each with the keys", () => {
  const rows = [["1", "tbf", "up", "1000", "a remark"], ["", "", "down", "9", ""]];
  assert.equal(
    table(WIDE, rows, " ", 24),
    [
      " PATH  LINK  WAY   BYTES",
      " 1     tbf   up     1000",
      "             down      9",
      " PATH  WAY   NOTE",
      " 1     up    a remark",
      "       down",
    ].join("\n"),
  );
  assert.equal(table(WIDE, rows, "", 36).split("\n").length, 3);
  assert.equal(table(WIDE, rows, "", 1).split("\n").length, 9, "a column a part at least");
});

Deno.test("whatever its width, a table loses no cell, and no line with two columns beside the keys is too long", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 12 });
  const rows = fc.array(fc.array(cell, { minLength: 5, maxLength: 5 }), { maxLength: 4 });
  fc.assert(fc.property(rows, fc.integer({ min: 1, max: 80 }), (rows, most) => {
    const lines = table(WIDE, rows, "", most).split("\n");
    for (const line of lines) assert.ok(line.length <= most || line.split(/ +/).length <= 3, line);
    const others = (cells: readonly string[]): readonly string[] => [cells[1]!, cells[3]!, cells[4]!];
    const got = lines.filter((line) => !line.startsWith("PATH")).flatMap((line) => line.split(/ +/));
    for (const word of rows.flatMap(others)) {
      const at = got.indexOf(word);
      assert.ok(at >= 0, word);
      got.splice(at, 1);
    }
  }));
});

Deno.test("wrap() breaks between words, indents what follows and colours line by line", () => {
  const { bold } = painter(true);
  assert.equal(wrap("one two three", 9), "one two\nthree");
  assert.equal(wrap("one two three", 9, 2), "one two\n  three");
  assert.equal(wrap("one two three", 8, 2, bold), `${bold("one")}\n  ${bold("two")}\n  ${bold("three")}`);
  assert.equal(wrap("mptcp@[2001:db8::1]:4433 is long", 10), "mptcp@[2001:db8::1]:4433\nis long");
  assert.equal(wrap("one two three", Infinity, 2), "one two three");
  assert.equal(wrap("", 10), "");
});

Deno.test("wrap() keeps every word and never has a line too long that could be broken", () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 15 }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 40 }), fc.nat({ max: 6 }), (words, columns, indent) => {
      const lines = wrap(words.join(" "), columns, indent).split("\n");
      assert.deepEqual(lines.flatMap((line) => line.trim().split(" ")), words);
      for (const [at, line] of lines.entries()) {
        const all = (at === 0 ? indent : 0) + line.length;
        assert.ok(all <= columns || !line.trim().includes(" "), line);
      }
    }),
  );
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
