import { setImmediate } from "node:timers";

/** A writer may keep the event loop this long for itself, in milliseconds. */
const SLICE_MS = 5;

let turnedAt = -Infinity;

/**
 * Lets the event loop turn, if it is a while since it was last asked to. A write that the kernel takes at once
 * waits for nothing: in a loop of such writes no timer would ever fire.
 */
export function turnIfDue(): Promise<void> | undefined {
  if (performance.now() - turnedAt < SLICE_MS) return undefined;
  return new Promise((resolve) =>
    setImmediate(() => {
      turnedAt = performance.now();
      resolve();
    })
  );
}
