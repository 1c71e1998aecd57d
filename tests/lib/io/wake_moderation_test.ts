import assert from "node:assert/strict";
import { WakeModeration } from "../../../lib/io/wake_moderation.ts";

/** What one wait came to, in milliseconds of virtual time. */
interface Wake {
  readonly slept: boolean;
  readonly at: number;
}

/**
 * Plays a socket in virtual time: after each wake it asks, then sleeps or waits for the next datagram.
 *
 * @param arrived How many datagrams have arrived by a time, in milliseconds.
 */
function play(moderation: WakeModeration, wakes: number, arrived: (at: number) => number): readonly Wake[] {
  const log: Wake[] = [];
  let now = 0;
  let seen = 0;
  let received = 0;
  while (log.length < wakes) {
    const until = moderation.sleepUntil(received);
    const slept = until > now;
    if (slept) now = until;
    else while (arrived(now) <= seen) now += 0.01;
    moderation.woke(now);
    log.push({ slept, at: now });
    received = arrived(now) - seen;
    seen += received;
    now += 0.005;
  }
  return log;
}

Deno.test("WakeModeration sleeps through a steady stream, and never longer than its interval", () => {
  // One datagram each 54 us: 200 Mbit/s.
  const log = play(new WakeModeration(300), 200, (at) => Math.floor(at / 0.054));
  assert(log.slice(0, 16).every(({ slept }) => !slept));
  assert(log.slice(20).every(({ slept }) => slept));
  for (let i = 21; i < log.length; i++) assert(Math.abs(log[i]!.at - log[i - 1]!.at - 0.3) < 0.001);
});

Deno.test("WakeModeration does not sleep while datagrams come seldom", () => {
  const log = play(new WakeModeration(300), 200, (at) => Math.floor(at / 1));
  assert(log.every(({ slept }) => !slept));
});

Deno.test("WakeModeration does not sleep while each wake finds many datagrams", () => {
  const log = play(new WakeModeration(300), 200, (at) => Math.floor(at / 0.05) * 32);
  assert(log.every(({ slept }) => !slept));
});

Deno.test("WakeModeration hardly ever sleeps in an exchange of questions and answers", () => {
  const moderation = new WakeModeration(300);
  let now = 0;
  let received = 0;
  let slept = 0;
  for (let i = 0; i < 10_000; i++) {
    const until = moderation.sleepUntil(received);
    if (until > now) slept++;
    // The answer comes 40 us after the question, and the next question needs the answer.
    now = Math.max(until, now + 0.04);
    moderation.woke(now);
    received = 1;
  }
  assert(slept > 0 && slept < 30, String(slept));
});

Deno.test("WakeModeration stops sleeping when the stream stops", () => {
  const moderation = new WakeModeration(300);
  const log = play(moderation, 100, (at) => Math.floor(at / 0.054));
  const end = log.at(-1)!.at;
  assert(moderation.sleepUntil(5) > end);
  moderation.woke(end + 0.3);
  assert(moderation.sleepUntil(0) <= end + 0.3);
});

Deno.test("WakeModeration with an interval of 0 never sleeps", () => {
  const log = play(new WakeModeration(0), 200, (at) => Math.floor(at / 0.02));
  assert(log.every(({ slept }) => !slept));
});
