import assert from "node:assert/strict";
import { POLLIN, POLLNVAL, POLLOUT } from "../../ffi/constants.ts";
import { clearWake, eventDescriptor, PollSet, wake } from "../../ffi/poll.ts";
import { close } from "../../ffi/socket.ts";
import { requires } from "../support/requires.ts";
import "../support/open_libc.ts";

function withEvents(count: number, work: (fds: readonly number[]) => void | Promise<void>): Promise<void> {
  const fds = Array.from({ length: count }, eventDescriptor);
  assert(fds.every((fd) => fd >= 0));
  return Promise.resolve(work(fds)).finally(() => fds.forEach(close));
}

Deno.test({
  name: "an event descriptor is readable after wake() until clearWake(), however often it was woken",
  ...requires("ffi"),
  fn: () =>
    withEvents(1, ([fd = -1]) => {
      const set = new PollSet();
      const look = (): number => {
        set.fill([{ fd, events: POLLIN }]);
        return set.look();
      };
      assert.equal(look(), 0);
      wake(fd);
      wake(fd);
      assert.equal(look(), 1);
      assert.equal(set.ready(0), POLLIN);
      clearWake(fd);
      assert.equal(look(), 0);
      clearWake(fd);
      assert.equal(look(), 0);
    }),
});

Deno.test({
  name: "PollSet grows with its entries and tells them apart",
  ...requires("ffi"),
  fn: () =>
    withEvents(300, (fds) => {
      const set = new PollSet();
      for (const [index, fd] of fds.entries()) if (index % 7 === 0) wake(fd);
      set.fill(fds.map((fd) => ({ fd, events: POLLIN })));
      assert.equal(set.look(), Math.ceil(300 / 7));
      for (const index of fds.keys()) assert.equal(set.ready(index), index % 7 === 0 ? POLLIN : 0);
    }),
});

Deno.test({
  name: "PollSet reports only the events that were asked for, and a descriptor that is closed",
  ...requires("ffi"),
  fn: () =>
    withEvents(1, ([fd = -1]) => {
      const set = new PollSet();
      wake(fd);
      set.fill([{ fd, events: POLLOUT }, { fd: 1_000_000, events: POLLIN }]);
      assert.equal(set.look(), 2);
      assert.equal(set.ready(0), POLLOUT);
      assert.equal(set.ready(1), POLLNVAL);
    }),
});

Deno.test({
  name: "PollSet.wait() ends when another turn of the event loop wakes it",
  ...requires("ffi"),
  fn: () =>
    withEvents(1, async ([fd = -1]) => {
      const set = new PollSet();
      set.fill([{ fd, events: POLLIN }]);
      const waiting = set.wait(60_000);
      setTimeout(() => wake(fd), 1);
      assert.equal(await waiting, 1);
      assert.equal(set.ready(0), POLLIN);
    }),
});

Deno.test({
  name: "PollSet.wait() ends by itself when nothing comes",
  ...requires("ffi"),
  fn: () =>
    withEvents(1, async ([fd = -1]) => {
      const set = new PollSet();
      set.fill([{ fd, events: POLLIN }]);
      assert.equal(await set.wait(1), 0);
    }),
});
