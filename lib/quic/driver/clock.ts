import { randomBytes } from "node:crypto";

/** The time as the core counts it, in microseconds. */
export function nowUs(): number {
  return performance.now() * 1000;
}

/** Random bytes from the system. */
export function random(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}
