import { SCHED_PARAM_LAYOUT } from "./layouts/sched_param.ts";
import { libc, resultOrErrno } from "./library.ts";

/** `PR_SET_TIMERSLACK` of linux/prctl.h. */
const PR_SET_TIMERSLACK = 29;
/** `SCHED_FIFO` of linux/sched.h. */
const SCHED_FIFO = 1;
/** musl's struct has room behind its first member for what it does not use. */
const PARAM_BYTES = 64;

/**
 * How much later than asked the kernel may end a wait of this thread, to save wake-ups. It is 50 us unless
 * something else is said.
 *
 * @param nanoseconds 1 or more.
 * @returns 0, or minus an errno.
 */
export function setTimerSlack(nanoseconds: number): number {
  return resultOrErrno(libc().prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0));
}

/**
 * Lets this thread run as soon as it has something to do, before every thread of normal priority.
 *
 * @param priority From 1, which is below every other real-time thread, to 99.
 * @returns 0, or minus an errno: -EPERM without CAP_SYS_NICE, -ENOSYS with musl.
 */
export function setRealTime(priority: number): number {
  const param = new Uint8Array(PARAM_BYTES);
  new DataView(param.buffer).setInt32(SCHED_PARAM_LAYOUT.fields.priority.offset, priority, true);
  return resultOrErrno(libc().sched_setscheduler(0, SCHED_FIFO, param));
}
