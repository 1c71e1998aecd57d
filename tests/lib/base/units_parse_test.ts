import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import { formatBytes, formatDuration, formatRate } from "../../../lib/base/units_format.ts";
import { parseDuration, parseInteger, parseRate, parseSize } from "../../../lib/base/units_parse.ts";

function refuses(parse: () => number, reason: RegExp): void {
  assert.throws(parse, (error) => {
    assert.ok(error instanceof MptError);
    assert.equal(error.code, "ERR_INVALID_VALUE");
    assert.match(error.message, /^Cannot use ".*" as /);
    assert.match(error.message, reason);
    return true;
  });
}

/** Whether two numbers differ by no more than the rounding of three significant digits. */
function close(actual: number, expected: number, slack: number): void {
  assert.ok(Math.abs(actual - expected) <= slack, `${actual} is not close to ${expected}`);
}

Deno.test("parseDuration() reads what formatDuration() wrote, to its precision", () => {
  fc.assert(fc.property(fc.double({ min: 0.01, max: 1e9, noNaN: true }), (ms) => {
    const slack = ms < 59_950 ? Math.max(0.005, ms * 0.0051) : ms < 3_599_500 ? 500 : 30_000;
    close(parseDuration(formatDuration(ms)), ms, slack + 1e-6);
  }));
});

Deno.test("parseSize() and parseRate() read what the formatters wrote, to three digits", () => {
  fc.assert(fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (value) => {
    fc.pre(value < 9e15);
    close(parseSize(formatBytes(value)), value, value * 0.0051);
    close(parseRate(formatRate(value)), value, value * 0.0051);
  }));
});

Deno.test("the parsers give a number in range or ERR_INVALID_VALUE, whatever the text", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.stringMatching(/^[0-9.+e-]{0,6} ?[kmgtpibsuh/BMG]{0,5}$/),
  );
  fc.assert(
    fc.property(texts, fc.constantFrom(parseDuration, parseSize, parseRate, parseInteger), (text, parse) => {
      try {
        const value = parse(text);
        assert.ok(Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER);
        assert.ok(parse === parseInteger || value >= 0);
      } catch (error) {
        assert.ok(error instanceof MptError, String(error));
        assert.equal(error.code, "ERR_INVALID_VALUE");
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("parseDuration() knows its units and its default", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["5", 5000],
    ["0", 0],
    ["5s", 5000],
    ["5S", 5000],
    ["1.1s", 1100],
    ["250ms", 250],
    ["100us", 0.1],
    ["100\u00b5s", 0.1],
    ["100\u03bcs", 0.1],
    ["2m", 120_000],
    ["2min", 120_000],
    ["1h", 3_600_000],
    ["1h30m", 5_400_000],
    ["2 min 5 s", 125_000],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
  assert.equal(parseDuration("500", { unit: "ms" }), 500);
  assert.equal(parseDuration("2", { unit: "m" }), 120_000);
});

Deno.test("parseDuration() refuses what is no duration", () => {
  for (
    const text of ["", " ", "s", "5 ", " 5", "-5", "+5", "5x", "5d", "5ss", "5,5", "1e3", "0x5", ".5", "5."]
  ) refuses(() => parseDuration(text), /give a number and us, ms, s, m or h/);
  for (const text of ["NaN", "Infinity", "5s5h", "1m1m", "5s 5", "5s,3ms"]) {
    refuses(() => parseDuration(text), /give a number/);
  }
  refuses(() => parseDuration(`${"9".repeat(400)}s`), /beyond 2\^53/);
  refuses(() => parseDuration("9".repeat(17)), /beyond 2\^53/);
});

Deno.test("parseDuration() names the option and the range in milliseconds", () => {
  const options = { name: "--timeout", min: 100, max: 60_000 };
  refuses(() => parseDuration("5q", options), /Cannot use "5q" as --timeout: give/);
  refuses(() => parseDuration("1ms", options), /as --timeout: it is less than 100 ms/);
  refuses(() => parseDuration("2m", options), /it is more than 60000 ms/);
  assert.equal(parseDuration("100ms", options), 100);
  assert.equal(parseDuration("1m", options), 60_000);
});

Deno.test("parseSize() tells decimal from binary prefixes", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["100", 100],
    ["100B", 100],
    ["10k", 10_000],
    ["10kB", 10_000],
    ["10K", 10_000],
    ["1KiB", 1024],
    ["1Ki", 1024],
    ["1MiB", 1_048_576],
    ["1GB", 1e9],
    ["2g", 2e9],
    ["2.5 GB", 2.5e9],
    ["1.3MiB", 1_363_149],
    ["8P", 8e15],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, text);
});

Deno.test("parseSize() refuses what is no size", () => {
  for (
    const text of ["", "B", "k", "-1", "1x", "1kk", "1 k B", "1iB", "1mbit", "1e3", "NaN", "1  k", "1k "]
  ) {
    refuses(() => parseSize(text), /give a number of bytes/);
  }
  refuses(() => parseSize("1.5"), /not a whole number of bytes/);
  refuses(() => parseSize("9007199254740992"), /beyond 2\^53/);
  refuses(() => parseSize("10P"), /beyond 2\^53/);
  refuses(() => parseSize("2k", { name: "--bytes", max: 1000 }), /as --bytes: it is more than 1000 bytes/);
  assert.equal(parseSize("9007199254740991"), Number.MAX_SAFE_INTEGER);
});

Deno.test("parseRate() reads bits per second and refuses bytes", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["1000", 1000],
    ["50mbit", 50e6],
    ["50M", 50e6],
    ["1.5Gbit/s", 1.5e9],
    ["1.5 gbit/s", 1.5e9],
    ["100Mbps", 100e6],
    ["64kbit", 64_000],
  ];
  for (const [text, bps] of cases) assert.equal(parseRate(text), bps, text);
  refuses(() => parseRate("10MB/s"), /capital B stands for bytes/);
  refuses(() => parseRate("10MBps"), /capital B stands for bytes/);
  for (const text of ["", "mbit", "-1", "1mibit", "1mbit/h", "1 0", "Infinity"]) {
    refuses(() => parseRate(text), /give a number of bits per second/);
  }
  refuses(() => parseRate("10pbit"), /beyond 2\^53/);
  refuses(() => parseRate("1k", { min: 8000 }), /less than 8000 bit\/s/);
});

Deno.test("parseInteger() reads every safe integer and nothing else", () => {
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => {
    assert.equal(parseInteger(String(value)), value);
  }));
  for (const text of ["", " 1", "1 ", "+1", "-0", "01", "1.0", "1e3", "0x10", "1_000", "NaN", "\u0661"]) {
    refuses(() => parseInteger(text), /not a whole number in decimal digits/);
  }
  refuses(() => parseInteger("9007199254740993"), /beyond 2\^53/);
  refuses(() => parseInteger("0", { name: "--streams", min: 1 }), /as --streams: it is less than 1$/);
  refuses(() => parseInteger("9", { max: 8 }), /as a whole number: it is more than 8$/);
});
