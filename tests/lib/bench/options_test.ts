import assert from "node:assert/strict";
import { benchSettings } from "../../../lib/bench/options.ts";

Deno.test("benchSettings() has the documented defaults", () => {
  assert.deepEqual(benchSettings({}), {
    transports: ["tcp", "mptcp"],
    directions: ["download"],
    durationMs: 5000,
    bytes: null,
    streams: 1,
    intervalMs: 500,
    congestion: undefined,
    paths: [],
    scheduler: undefined,
    fail: undefined,
    token: undefined,
    quic: {},
    connectTimeoutMs: 5000,
    tryFix: false,
    drainMs: 15_000,
  });
});

Deno.test("benchSettings() with bytes has no duration", () => {
  const { durationMs, bytes } = benchSettings({ bytes: 10, durationMs: 1000 });
  assert.deepEqual([durationMs, bytes], [null, 10]);
});

Deno.test("benchSettings() refuses what cannot be measured: ERR_INVALID_VALUE", () => {
  const wrong: readonly (readonly [Parameters<typeof benchSettings>[0], RegExp])[] = [
    [{ durationMs: 99 }, /^Cannot measure with a duration below 100 ms$/],
    [{ durationMs: NaN }, /a duration below 100 ms/],
    [{ bytes: 0 }, /^Cannot measure with a size below 1 bytes$/],
    [{ bytes: 1.5 }, /^Cannot measure with 1\.5 bytes: it is not a whole number$/],
    [{ bytes: 2 ** 53 }, /not a whole number/],
    [{ streams: 0 }, /a number of streams below 1$/],
    [{ streams: 2.5 }, /2\.5 streams: it is not a whole number/],
    [{ streams: 129 }, /more than 128 streams/],
    [{ intervalMs: 49 }, /an interval below 50 ms/],
    [
      { durationMs: 2000, fail: { path: 0, afterMs: 2000 } },
      /a path that breaks after 2 s: a run is over after 2 s/,
    ],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => benchSettings(options), { code: "ERR_INVALID_VALUE", message });
  }
});
