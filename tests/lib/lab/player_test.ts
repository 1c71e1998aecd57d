import assert from "node:assert/strict";
import { MptError } from "../../../lib/base/errors.ts";
import { play, type PlayClock, type PlayedStep, type Stage } from "../../../lib/lab/player.ts";
import { formatMiddlebox } from "../../../lib/lab/plan/middlebox_text.ts";
import { parseTimeline } from "../../../lib/lab/plan/timeline.ts";

/** A clock that stands still until somebody sleeps or works. */
class Clock implements PlayClock {
  time = 1000;
  readonly slept: number[] = [];

  now(): number {
    return this.time;
  }

  sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    this.time += ms;
    return Promise.resolve();
  }
}

/** A stage that notes what was asked of it and when; each act takes so long. */
function stage(clock: Clock, takesMs: number = 0): { readonly told: string[]; readonly stage: Stage } {
  const told: string[] = [];
  const act = (what: string): Promise<void> => {
    told.push(`${clock.time - 1000} ${what}`);
    clock.time += takesMs;
    return Promise.resolve();
  };
  return {
    told,
    stage: {
      set: (path, change) => act(`set ${path} ${JSON.stringify(change)}`),
      addMiddlebox: (box) => act(`add ${formatMiddlebox(box)}`),
      removeMiddlebox: (box) => act(`remove ${formatMiddlebox(box)}`),
      clearMiddleboxes: () => act("clear"),
    },
  };
}

Deno.test("play() does each step at its time", async () => {
  const clock = new Clock();
  const { told, stage: lab } = stage(clock);
  const timeline = parseTimeline(`
    at 1s set path2 --down
    at 1s middlebox add nat,path=path1
    after 2s middlebox remove nat,path=path1
    at 5s middlebox clear
    at 6s wait
  `);
  const seen: PlayedStep[] = [];
  const { end, steps } = await play(lab, timeline, { clock, onStep: (step) => seen.push(step) });
  assert.deepEqual(told, [
    '1000 set path2 {"state":"down"}',
    "1000 add nat,path=path1",
    "3000 remove nat,path=path1",
    "5000 clear",
  ]);
  assert.equal(end, "done");
  assert.deepEqual(steps, seen);
  assert.deepEqual(steps.map(({ line, beganMs }) => [line, beganMs]), [
    [2, 1000],
    [3, 1000],
    [4, 3000],
    [5, 5000],
    [6, 6000],
  ]);
  assert.deepEqual(clock.slept, [1000, 2000, 2000, 1000]);
});

Deno.test("play() says how late a step was, and does not hold the next one back", async () => {
  const clock = new Clock();
  const { stage: lab } = stage(clock, 300);
  const { steps } = await play(
    lab,
    parseTimeline("at 0 set a --up\nat 100ms set a --down\nat 1s set a --up"),
    {
      clock,
    },
  );
  assert.deepEqual(steps.map(({ beganMs, doneMs }) => [beganMs, doneMs]), [[0, 300], [300, 600], [
    1000,
    1300,
  ]]);
});

Deno.test("play() sleeps again when a timer was early", async () => {
  const clock = new Clock();
  clock.sleep = (ms) => {
    clock.slept.push(ms);
    clock.time += Math.max(1, Math.floor(ms / 2));
    return Promise.resolve();
  };
  const { told, stage: lab } = stage(clock);
  await play(lab, parseTimeline("at 8ms set a --up"), { clock });
  assert.deepEqual(told, ['8 set a {"state":"up"}']);
  assert.deepEqual(clock.slept, [8, 4, 2, 1]);
});

Deno.test("play() ends at once when it is told to, also in the middle of a wait on the machine's clock", async () => {
  const stop = new AbortController();
  const { told, stage: lab } = stage(new Clock());
  const timeline = parseTimeline("at 0 set a --up\nat 1h set a --down");
  const result = await play(lab, timeline, { signal: stop.signal, onStep: () => stop.abort() });
  assert.deepEqual([result.end, result.steps.length, told.length], ["interrupted", 1, 1]);
  const before = await play(lab, timeline, { signal: stop.signal });
  assert.deepEqual(before, { end: "interrupted", steps: [] });

  const later = new AbortController();
  const playing = play(lab, parseTimeline("at 1h wait"), { signal: later.signal });
  queueMicrotask(() => later.abort());
  assert.deepEqual(await playing, { end: "interrupted", steps: [] });
});

Deno.test("play() ends with the first step that fails, and names its line", async () => {
  const clock = new Clock();
  const { told, stage: lab } = stage(clock);
  const broken: Stage = {
    ...lab,
    set: () => Promise.reject(new MptError("ERR_USAGE", "Cannot rebind", { fix: "add nat", data: { a: 1 } })),
  };
  await assert.rejects(
    play(broken, parseTimeline("\nat 0 set a --rebind\nat 1s middlebox clear"), { clock }),
    {
      code: "ERR_USAGE",
      message: "Cannot play line 2 of the timeline: Cannot rebind",
      fix: "add nat",
      data: { a: 1, line: 2 },
    },
  );
  assert.deepEqual(told, []);
});
