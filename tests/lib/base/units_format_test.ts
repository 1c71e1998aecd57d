import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
} from "../../../lib/base/units_format.ts";

Deno.test("formatBytes() has three significant digits and no four-digit numbers", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0 B"],
    [999, "999 B"],
    [0.5, "0.50 B"],
    [1000, "1.00 kB"],
    [9994, "9.99 kB"],
    [9996, "10.0 kB"],
    [99_960, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [12_345_678, "12.3 MB"],
    [2e9, "2.00 GB"],
    [2 ** 53, "9.01 PB"],
    [-1500, "-1.50 kB"],
    [NaN, "unknown"],
    [Infinity, "unknown"],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

Deno.test("formatRate() uses decimal units of bits per second", () => {
  assert.equal(formatRate(94_123_456), "94.1 Mbit/s");
  assert.equal(formatRate(0), "0 bit/s");
  assert.equal(formatRate(1.5e9), "1.50 Gbit/s");
});

Deno.test("a formatted quantity is never wider than its unit and four digits", () => {
  fc.assert(fc.property(fc.double({ min: 0, max: 9e17, noNaN: true }), (value) => {
    assert.match(formatBytes(value), /^(\d{1,3}|\d\.\d\d|\d\d\.\d) [kMGTP]?B$/);
    assert.match(formatRate(value), /^(\d{1,3}|\d\.\d\d|\d\d\.\d) [kMGTP]?bit\/s$/);
  }));
});

Deno.test("formatDuration() goes from microseconds to hours", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0 ms"],
    [0.001, "<0.01 ms"],
    [0.31, "0.31 ms"],
    [12.4, "12.4 ms"],
    [812, "812 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [3050, "3.05 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min 0 s"],
    [125_000, "2 min 5 s"],
    [3_599_400, "59 min 59 s"],
    [3_599_600, "1 h 0 min"],
    [5_400_000, "1 h 30 min"],
    [-12.4, "-12.4 ms"],
    [NaN, "unknown"],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text);
});

Deno.test("formatPercent() shows one digit, and never 0% for more than nothing", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0%"],
    [0.0002, "<0.1%"],
    [0.9412, "94.1%"],
    [1, "100%"],
    [1.5, "150%"],
    [-0.032, "-3.2%"],
    [NaN, "unknown"],
  ];
  for (const [ratio, text] of cases) assert.equal(formatPercent(ratio), text);
});

Deno.test("formatCount() separates thousands and knows the singular", () => {
  assert.equal(formatCount(0), "0");
  assert.equal(formatCount(999), "999");
  assert.equal(formatCount(1000), "1,000");
  assert.equal(formatCount(1234567), "1,234,567");
  assert.equal(formatCount(-1234), "-1,234");
  assert.equal(formatCount(-0.2), "0");
  assert.equal(formatCount(1, "path"), "1 path");
  assert.equal(formatCount(0, "path"), "0 paths");
  assert.equal(formatCount(2, "address", "addresses"), "2 addresses");
  assert.equal(formatCount(NaN, "path"), "unknown paths");
});

Deno.test("formatCount() has the digits of the number", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (count) => {
    assert.equal(Number(formatCount(count).replaceAll(",", "")), count);
    assert.match(formatCount(count), /^-?\d{1,3}(,\d{3})*$/);
  }));
});
