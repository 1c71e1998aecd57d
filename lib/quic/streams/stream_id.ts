import type { StreamDirection } from "../wire/frames.ts";

/** An end of a connection. */
export type Side = "client" | "server";

/** RFC 9000 2.1: the low bits of a stream id. */
const SERVER_BIT = 0x01;
const UNIDIRECTIONAL_BIT = 0x02;

/** Stream ids of one kind are this far apart. */
const STEP = 4;

/** Who opened a stream. */
export function initiatorOf(id: number): Side {
  return id % 2 === SERVER_BIT ? "server" : "client";
}

/** Whether data goes one way only. */
export function directionOf(id: number): StreamDirection {
  return id % STEP >= UNIDIRECTIONAL_BIT ? "unidirectional" : "bidirectional";
}

/** Which stream of its kind this is, from 0. */
export function indexOf(id: number): number {
  return Math.floor(id / STEP);
}

/** The id of a stream. */
export function streamId(side: Side, direction: StreamDirection, index: number): number {
  return index * STEP + (side === "server" ? SERVER_BIT : 0) +
    (direction === "unidirectional" ? UNIDIRECTIONAL_BIT : 0);
}

/** Whether an end may send on a stream. */
export function maySend(side: Side, id: number): boolean {
  return directionOf(id) === "bidirectional" || initiatorOf(id) === side;
}

/** Whether an end may receive on a stream. */
export function mayReceive(side: Side, id: number): boolean {
  return directionOf(id) === "bidirectional" || initiatorOf(id) !== side;
}
