import assert from "node:assert/strict";
import { basename } from "node:path";
import { ERRNO } from "../../ffi/errno.ts";
import { clearWake, eventDescriptor, PollSet, wake } from "../../ffi/poll.ts";
import { POLLIN } from "../../ffi/constants.ts";
import { setRealTime, setTimerSlack } from "../../ffi/scheduling.ts";
import { close } from "../../ffi/socket.ts";
import { makeTun, PacketMemory, readDescriptor } from "../../ffi/tun.ts";
import { requires } from "../support/requires.ts";
import "../support/open_libc.ts";

/** Lends a descriptor that gives back the eight bytes that it was written. */
function withEvent(work: (fd: number) => void): void {
  const fd = eventDescriptor();
  assert(fd >= 0);
  try {
    work(fd);
  } finally {
    close(fd);
  }
}

Deno.test({
  name: "PacketMemory reads and writes at any offset, and leaves the bytes around alone",
  ...requires("ffi"),
  fn: () =>
    withEvent((fd) => {
      const memory = new PacketMemory(64);
      memory.bytes.fill(0xee);
      memory.bytes.set([1, 2, 3, 4, 5, 6, 7, 0], 13);
      assert.equal(memory.write(fd, 13, 8), 8);
      assert.equal(memory.read(fd, 40, 24), 8);
      assert.deepEqual([...memory.bytes.subarray(39, 49)], [0xee, 1, 2, 3, 4, 5, 6, 7, 0, 0xee]);
    }),
});

Deno.test({
  name: "PacketMemory never hands the kernel what is outside it",
  ...requires("ffi"),
  fn: () =>
    withEvent((fd) => {
      const memory = new PacketMemory(16);
      wake(fd);
      for (const [offset, length] of [[-1, 8], [9, 8], [0, 17], [0, -1], [NaN, 8], [0, NaN]] as const) {
        assert.equal(memory.read(fd, offset, length), 0);
        assert.equal(memory.write(fd, offset, length), 0);
      }
      assert.deepEqual(memory.bytes, new Uint8Array(16));
      assert.equal(memory.read(fd, 8, 8), 8);
    }),
});

Deno.test({
  name: "PacketMemory and readDescriptor() give minus an errno",
  ...requires("ffi"),
  fn: () =>
    withEvent((fd) => {
      const memory = new PacketMemory(16);
      assert.equal(memory.read(fd, 0, 8), -ERRNO.EAGAIN);
      assert.equal(memory.write(fd, 0, 4), -ERRNO.EINVAL);
      assert.equal(memory.read(1_000_000, 0, 8), -ERRNO.EBADF);
      assert.equal(readDescriptor(1_000_000, memory.bytes), -ERRNO.EBADF);
      wake(fd);
      assert.equal(readDescriptor(fd, memory.bytes), 8);
      assert.deepEqual([...memory.bytes.subarray(0, 8)], [1, 0, 0, 0, 0, 0, 0, 0]);
    }),
});

Deno.test({
  name: "makeTun() closes a descriptor that makes no device, and gives minus an errno",
  ...requires("ffi"),
  fn: () => {
    const fd = eventDescriptor();
    // ENOTTY: the descriptor does not know the question.
    assert.equal(makeTun(fd, "x"), -25);
    assert.equal(close(fd), -ERRNO.EBADF);
  },
});

Deno.test({
  name: "PollSet.block() waits for the first entries only, or until its time is over",
  ...requires("ffi"),
  fn: () =>
    withEvent((fd) => {
      const quiet = eventDescriptor();
      const set = new PollSet();
      set.fill([{ fd: quiet, events: POLLIN }, { fd, events: POLLIN }]);
      wake(fd);
      assert.equal(set.block(0, 1), 0);
      assert.equal(set.block(Infinity), 1);
      assert.equal(set.ready(0), 0);
      assert.equal(set.ready(1), POLLIN);
      clearWake(fd);
      const before = performance.now();
      assert.equal(set.block(2500.7), 0);
      assert(performance.now() - before >= 2.5);
      assert.equal(set.block(-5), 0);
      assert.equal(set.ready(1), 0);
      close(quiet);
    }),
});

Deno.test({
  name: "setTimerSlack() is what the kernel then has for this thread",
  ...requires("ffi"),
  fn: () => {
    const thread = basename(Deno.readLinkSync("/proc/thread-self"));
    const slack = (): number => Number(Deno.readTextFileSync(`/proc/${thread}/timerslack_ns`));
    const before = slack();
    assert.equal(setTimerSlack(1234), 0);
    assert.equal(slack(), 1234);
    assert.equal(setTimerSlack(before), 0);
  },
});

Deno.test({
  name: "setRealTime() gives minus an errno for a priority that is none",
  ...requires("ffi"),
  fn: () => assert.equal(setRealTime(1000), -ERRNO.EINVAL),
});
