import assert from "node:assert/strict";
import fc from "fast-check";
import { parseShare } from "../../../../lib/lab/plan/share.ts";

Deno.test("parseShare() reads percentages and numbers from 0 to 1", () => {
  const cases = [["0", 0], ["1", 1], ["0.05", 0.05], ["5%", 0.05], ["7%", 0.07], ["0.5%", 0.005], [
    "100%",
    1,
  ]];
  for (const [text, share] of cases) assert.equal(parseShare(String(text)), share);
});

Deno.test("parseShare() refuses what is more than everything, and what is no number", () => {
  assert.throws(() => parseShare("5", "--loss"), {
    code: "ERR_INVALID_VALUE",
    message: 'Cannot use "5" as --loss: did you mean 5%?',
  });
  assert.throws(() => parseShare("101%"), /it is more than 100%/);
  for (const text of ["", "%", "-1%", "+1", "1e-3", ".5", "5 %", "5%%", "NaN", "0x1", "٥%"]) {
    assert.throws(() => parseShare(text), { code: "ERR_INVALID_VALUE" }, text);
  }
});

Deno.test("parseShare() reads what a number from 0.000001 to 1 prints as", () => {
  fc.assert(fc.property(fc.double({ min: 1e-6, max: 1, noNaN: true }), (share) => {
    assert.equal(parseShare(String(share)), share);
  }));
});
