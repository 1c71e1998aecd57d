import assert from "node:assert/strict";
import { blest } from "../../../../lib/quic/scheduler/blest.ts";
import { earliest } from "../../../../lib/quic/scheduler/earliest.ts";
import { ecf } from "../../../../lib/quic/scheduler/ecf.ts";
import { isCopyWorthIt } from "../../../../lib/quic/scheduler/reinjection.ts";
import { context, full, NOW_US, path, said } from "./snapshots.ts";

/** 20 ms and 1.2 bytes per microsecond; full. */
const fast = full(path(0));
/** 300 ms and 0.2 bytes per microsecond. */
const slow = path(1, { smoothedRttUs: 300_000, windowBytes: 60_000 });

Deno.test("earliest leaves a slow path alone once the fast one would be through before it has delivered", () => {
  // There it takes 150 ms; the fast one has room in 1 ms, and is 10 ms under way
  const scheduler = earliest();
  assert.equal(said(scheduler([fast, slow], context({ queuedBytes: 168_000 }))), "1 overflow");
  assert.equal(said(scheduler([fast, slow], context({ queuedBytes: 165_000 }))), "-1 wait-for-better");
});

Deno.test("earliest counts all quicker paths together", () => {
  const other = full(path(2));
  const choose = (queuedBytes: number): string =>
    said(earliest()([fast, slow, other], context({ queuedBytes })));
  assert.equal(choose(335_000), "1 overflow");
  assert.equal(choose(332_000), "-1 wait-for-better");
});

Deno.test("earliest adds the queue that it has seen to the way of a path", () => {
  const bloated = path(1, { smoothedRttUs: 300_000, minRttUs: 10_000, windowBytes: 60_000 });
  // 290 ms in the queue and 5 ms on the way
  assert.equal(said(earliest()([fast, bloated], context({ queuedBytes: 339_000 }))), "-1 wait-for-better");
  assert.equal(said(earliest()([fast, bloated], context({ queuedBytes: 342_000 }))), "1 overflow");
});

Deno.test("earliest reckons with a window that doubles every round trip in slow start", () => {
  const young = { ...fast, inSlowStart: true };
  // 139 ms are 7 round trips: 127 windows
  assert.equal(said(earliest()([young, slow], context({ queuedBytes: 3_100_000 }))), "1 overflow");
  assert.equal(said(earliest()([young, slow], context({ queuedBytes: 2_800_000 }))), "-1 wait-for-better");
});

Deno.test("earliest takes an open stream to go on as long as it has been held up", () => {
  const scheduler = earliest();
  const ask = (afterUs: number): string =>
    said(scheduler([fast, slow], context({ queuedBytes: 10_000, openEnded: true, nowUs: NOW_US + afterUs })));
  assert.equal(ask(0), "-1 wait-for-better");
  assert.equal(ask(100_000), "-1 wait-for-better");
  assert.equal(ask(150_000), "1 overflow");
});

Deno.test("earliest begins to wonder again when the fast path has taken everything in between", () => {
  const scheduler = earliest();
  const held = (nowUs: number): string =>
    said(scheduler([fast, slow], context({ queuedBytes: 10_000, openEnded: true, nowUs })));
  held(NOW_US);
  assert.equal(held(NOW_US + 200_000), "1 overflow");
  scheduler([path(0), slow], context({ queuedBytes: 10_000, openEnded: true, nowUs: NOW_US + 300_000 }));
  assert.equal(held(NOW_US + 300_001), "-1 wait-for-better");
});

Deno.test("earliest and BLEST keep data off a slow path that would fill the receiver's window", () => {
  const tight = context({ flowControlBytes: 140_000 });
  const wide = context({ flowControlBytes: 1_000_000 });
  for (const make of [earliest, blest]) {
    assert.equal(said(make()([fast, slow], tight)), "-1 wait-for-better", make.name);
    assert.equal(said(make()([fast, slow], wide)), "1 overflow", make.name);
  }
});

Deno.test("BLEST: what the fast path sends meanwhile grows with its window, and doubles in slow start", () => {
  // RTT ratio 3: 3 windows of 24,000 and 3 packets, times 1.188; in slow start 7 windows
  const near = path(1, { smoothedRttUs: 60_000, windowBytes: 60_000 });
  const choose = (inSlowStart: boolean, windowBytes: number): string =>
    said(blest()([{ ...fast, inSlowStart }, near], context({ flowControlBytes: windowBytes })));
  assert.equal(choose(false, 89_000), "-1 wait-for-better");
  assert.equal(choose(false, 92_000), "1 overflow");
  assert.equal(choose(true, 195_000), "-1 wait-for-better");
  assert.equal(choose(true, 205_000), "1 overflow");
});

Deno.test("ECF waits for the fast path if that is done first with what is queued, and does not waver", () => {
  // 1 + 300,000 / 24,000 rounds of 20 ms are 270 ms
  const scheduler = ecf();
  const ask = (queuedBytes: number): string => said(scheduler([fast, slow], context({ queuedBytes })));
  assert.equal(ask(340_000), "1 overflow", "303 ms are more than 300");
  assert.equal(ask(300_000), "-1 wait-for-better");
  assert.equal(ask(340_000), "-1 wait-for-better", "303 ms are less than 5 / 4 of 300");
  assert.equal(ask(440_000), "1 overflow");
  assert.equal(ask(340_000), "1 overflow");
});

Deno.test("ECF does not wait when the slow path is done within two round trips of the fast one", () => {
  const near = path(1, { smoothedRttUs: 35_000, windowBytes: 60_000 });
  assert.equal(said(ecf()([fast, near], context({ queuedBytes: 10_000 }))), "1 overflow");
});

Deno.test("copies are made of what arrives clearly later from another path, or may be lost, and of nothing else", () => {
  const free = path(0);
  const is = (sentUs: number, changes: Parameters<typeof path>[1] = {}): boolean =>
    isCopyWorthIt(path(1, { smoothedRttUs: 32_000, ...changes }), free, sentUs, NOW_US);
  assert(is(NOW_US), "it arrives in 16 ms, a copy in 10 ms");
  assert(!is(NOW_US - 4_000), "it arrives in 12 ms");
  assert(!is(NOW_US - 20_000), "it should have arrived");
  assert(is(NOW_US - 33_000), "its acknowledgment is late");
  assert(!is(NOW_US - 33_000, { rttVariationUs: 1_000 }), "it varies that much");
  assert(is(NOW_US - 20_000, { suspect: true }));
  assert(is(NOW_US - 20_000, { smoothedRttUs: 82_000 }), "a path that is so slow holds up the rest");
  assert(is(NOW_US, { status: "backup" }));
  const backup = path(2, { status: "backup" });
  const other = path(1, { smoothedRttUs: 300_000 });
  assert(!isCopyWorthIt(other, backup, NOW_US, NOW_US), "backups help no healthy path");
});
