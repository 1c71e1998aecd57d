import assert from "node:assert/strict";
import { POLLIN, POLLNVAL, POLLOUT } from "../../../ffi/constants.ts";
import { clearWake, close, eventDescriptor, wake } from "../../../ffi/mod.ts";
import { waitReady, waitUntil } from "../../../lib/io/poller.ts";
import { requires } from "../../support/requires.ts";
import "../../support/open_libc.ts";

/** Descriptors that a test makes readable when it likes. */
class Events implements Disposable {
  readonly fds: readonly number[];

  constructor(count: number) {
    this.fds = Array.from({ length: count }, eventDescriptor);
    assert(this.fds.every((fd) => fd >= 0));
  }

  [Symbol.dispose](): void {
    this.fds.forEach(close);
  }
}

/** Lets the event loop turn a few times. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test({
  name: "waitReady() tells each of many waiters about its own descriptor",
  ...requires("ffi"),
  fn: async () => {
    using events = new Events(500);
    const woken: number[] = [];
    const waits = events.fds.map(async (fd, index) => {
      assert.equal(await waitReady(fd, POLLIN), POLLIN);
      woken.push(index);
    });
    for (const index of [499, 0, 250]) {
      wake(events.fds[index]!);
      await waits[index];
    }
    assert.deepEqual(woken, [499, 0, 250]);
    events.fds.forEach(wake);
    await Promise.all(waits);
  },
});

Deno.test({
  name: "waitReady() gives at once what is there already",
  ...requires("ffi"),
  fn: async () => {
    using events = new Events(1);
    const [fd = -1] = events.fds;
    wake(fd);
    assert.equal(await waitReady(fd, POLLIN), POLLIN);
    assert.equal(await waitReady(fd, POLLOUT), POLLOUT);
  },
});

Deno.test({
  name: "waitReady() tells all waiters of the same descriptor",
  ...requires("ffi"),
  fn: async () => {
    using events = new Events(1);
    const [fd = -1] = events.fds;
    const waits = [waitReady(fd, POLLIN), waitReady(fd, POLLIN)];
    await turns();
    wake(fd);
    assert.deepEqual(await Promise.all(waits), [POLLIN, POLLIN]);
  },
});

Deno.test({
  name: "waitReady() gives 0 after an abort, and the others go on waiting",
  ...requires("ffi"),
  fn: async () => {
    using events = new Events(2);
    const [first = -1, second = -1] = events.fds;
    const stop = new AbortController();
    const cancelled = waitReady(first, POLLIN, stop.signal);
    const waiting = waitReady(second, POLLIN);
    await turns();
    stop.abort();
    assert.equal(await cancelled, 0);
    wake(second);
    assert.equal(await waiting, POLLIN);
    assert.equal(await waitReady(first, POLLIN, AbortSignal.abort()), 0);
  },
});

Deno.test({
  name: "waitReady() leaves no wait behind when its last waiter is cancelled",
  ...requires("ffi"),
  fn: async () => {
    using events = new Events(1);
    for (let round = 0; round < 20; round++) {
      const stop = new AbortController();
      const waiting = waitReady(events.fds[0]!, POLLIN, stop.signal);
      if (round % 2 === 0) await turns();
      stop.abort();
      assert.equal(await waiting, 0);
    }
    // The sanitizer finds a call that is still under way.
  },
});

Deno.test({
  name: "waitReady() does not wake those who wait for a new descriptor with the number of an old one",
  ...requires("ffi"),
  fn: async () => {
    using other = new Events(1);
    const stop = new AbortController();
    const background = waitReady(other.fds[0]!, POLLIN, stop.signal);
    for (let round = 0; round < 20; round++) {
      const old = eventDescriptor();
      const gone = new AbortController();
      const cancelled = waitReady(old, POLLIN, gone.signal);
      if (round % 2 === 0) await turns();
      wake(old);
      gone.abort();
      close(old);
      const fresh = eventDescriptor();
      let woken = false;
      const waiting = waitReady(fresh, POLLIN).then((ready) => (woken = true, ready));
      await turns();
      // Either the old one was ready before the abort, or it was cancelled.
      assert([0, POLLIN].includes(await cancelled));
      assert.equal(woken, false, `round ${round}: the number was ${old}, then ${fresh}`);
      wake(fresh);
      assert.equal(await waiting, POLLIN);
      clearWake(fresh);
      close(fresh);
    }
    stop.abort();
    assert.equal(await background, 0);
  },
});

Deno.test({
  name: "waitReady() does not wait for a descriptor that is closed",
  ...requires("ffi"),
  fn: async () => {
    assert.equal(await waitReady(1_000_000, POLLIN), POLLNVAL);
  },
});

Deno.test({
  name: "waitReady() leaves the threads of the pool to others",
  ...requires("ffi"),
  fn: async () => {
    // The pool has 32.
    using events = new Events(100);
    const stop = new AbortController();
    const waits = events.fds.map((fd) => waitReady(fd, POLLIN, stop.signal));
    await turns();
    assert.match(await Deno.readTextFile(new URL(import.meta.url)), /leaves the threads/);
    stop.abort();
    assert((await Promise.all(waits)).every((ready) => ready === 0));
  },
});

Deno.test({
  name: "waitUntil() ends at its time and not before, whoever else waits",
  ...requires("ffi"),
  fn: async () => {
    using events = new Events(1);
    const stop = new AbortController();
    const other = waitReady(events.fds[0]!, POLLIN, stop.signal);
    let begunMs: number;
    const ended: number[] = [];
    do {
      ended.length = 0;
      const start = performance.now();
      const waits = [30, 10, 10.3, -1].map(async (ms) => {
        await waitUntil(start + ms);
        assert(performance.now() >= start + ms);
        ended.push(ms);
      });
      begunMs = performance.now() - start;
      await Promise.all(waits);
      // A machine that was busy for so long began to wait for what was over already.
    } while (begunMs > 10);
    assert.deepEqual(ended, [-1, 10, 10.3, 30]);
    stop.abort();
    assert.equal(await other, 0);
  },
});

Deno.test({
  name: "waitUntil() ends when its signal aborts",
  ...requires("ffi"),
  fn: async () => {
    const stop = new AbortController();
    const waiting = waitUntil(performance.now() + 1e9, stop.signal);
    await turns();
    stop.abort();
    await waiting;
    await waitUntil(Infinity, stop.signal);
  },
});

Deno.test({
  name: "waitUntil() that is cancelled ends although another wait has begun meanwhile",
  ...requires("ffi"),
  fn: async () => {
    const first = new AbortController();
    const second = new AbortController();
    const cancelled = waitUntil(Infinity, first.signal);
    await turns();
    first.abort();
    const other = waitUntil(Infinity, second.signal);
    // It would never end if it waited for the other one
    await cancelled;
    second.abort();
    await other;
  },
});
