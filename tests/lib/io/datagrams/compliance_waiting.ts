import assert from "node:assert/strict";
import { type BackendUnderTest, type Case, fails, pair, pattern, sendAll, take } from "./support.ts";

/** Waiting and closing. */
export function waitingCases(under: BackendUnderTest): readonly Case[] {
  return [
    {
      claim: "ends its waits when it is closed, and does nothing afterwards",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        const waits = [near.readable(), near.readable(new AbortController().signal), near.readable()];
        await turns();
        await near.close();
        assert.deepEqual(await Promise.all(waits), [false, false, false]);
        assert.equal(await near.readable(), false);
        assert.equal(await near.writable(), false);
        assert.equal(near.receive(() => {}), 0);
        await fails(() => near.send(pattern(1), 0, 1, far.local), "ERR_CLOSED");
        await near.close();
      },
    },
    {
      claim: "can be closed by its handler, which then gets no more",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        await sendAll(far, pattern(100), near.local, { segmentBytes: 10 });
        assert(await near.readable());
        let closing: Promise<void> | undefined;
        const count = near.receive(() => {
          assert.equal(closing, undefined);
          closing = near.close();
        });
        assert.equal(count, 1);
        await closing;
      },
    },
    {
      claim: "ends a wait when its signal aborts, and no other",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        const stop = new AbortController();
        const stopped = near.readable(stop.signal);
        const going = near.readable();
        await turns();
        stop.abort();
        assert.equal(await stopped, false);
        assert.equal(await near.readable(stop.signal), false);
        assert.equal(await near.writable(stop.signal), false);
        await sendAll(far, pattern(1), near.local);
        assert.equal(await going, true);
        assert.equal((await take(near, 1)).length, 1);
      },
    },
    {
      claim: "waits for datagrams that come later, and finds those that came before",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        for (let round = 0; round < 20; round++) {
          const later = take(near, 1);
          if (round % 2 === 0) await turns();
          await sendAll(far, pattern(round), near.local);
          assert.equal((await later)[0]!.bytes.length, round);
        }
      },
    },
    {
      claim: "says when it has no room, and when it has room again",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        const batch = pattern(60_000);
        let outcome = near.send(batch, 0, batch.length, far.local, { segmentBytes: 1200 });
        for (let i = 0; i < 100 && outcome === "sent"; i++) {
          outcome = near.send(batch, 0, batch.length, far.local, { segmentBytes: 1200 });
        }
        // The kernel takes everything for this very host; the runtime sends when it has its turn.
        assert.equal(outcome, under.backend === "ffi" ? "sent" : "blocked");
        assert.equal(near.sentBytes % 1200, 0);
        assert(await near.writable());
        assert.equal(near.send(batch, 0, 1200, far.local), "sent");
      },
    },
    {
      claim: "lets the rest of the program run under a flood",
      run: async () => {
        await using ends = await pair(under);
        const { near, far } = ends;
        let timers = 0;
        const timer = setInterval(() => timers++, 1);
        const batch = pattern(1200 * 20);
        try {
          while (timers < 3) {
            await sendAll(far, batch, near.local, { segmentBytes: 1200 });
            assert(await near.readable());
            near.receive(() => {});
          }
        } finally {
          clearInterval(timer);
        }
      },
    },
  ];
}

/** Lets the event loop turn a few times. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
