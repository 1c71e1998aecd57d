import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import type { ConnectionConfig } from "../../../../lib/quic/connection/config.ts";
import type { PathEvent } from "../../../../lib/quic/connection/events.ts";
import type { Path } from "../../../../lib/quic/connection/path.ts";
import type { SocketAddress, Tuple } from "../../../../lib/quic/connection/tuple.ts";
import type { Side } from "../../../../lib/quic/streams/stream_id.ts";
import type { ControlFrame } from "../../../../lib/quic/wire/frames.ts";
import { type Flying, Pair, type PairOptions, SERVER } from "./pair.ts";

/** The client's further addresses: the one of path n is the n-th from 1. */
export const LOCALS: readonly SocketAddress[] = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({
  ip: Ip.parse(`198.51.100.${n}`),
  port: 51_000 + n,
}));

/** The way from a further address of the client to the server. */
export function wayFrom(index: number): Tuple {
  return { local: LOCALS[index]!, remote: SERVER };
}

/** Both ends with several paths, before the handshake. */
export function multipathPair(options: PairOptions = {}): Pair {
  const several: Partial<ConnectionConfig> = { initialMaxPathId: 4 };
  return new Pair({
    ...options,
    client: { ...several, ...options.client },
    server: { ...several, ...options.server },
  });
}

/** Connected, and with so many further paths open at both ends. */
export function openedPair(further: number = 1, options: PairOptions = {}): Pair {
  const pair = multipathPair(options).connect();
  settle(pair);
  for (let index = 0; index < further; index++) open(pair, index);
  settle(pair);
  return pair;
}

/** Opens a further path and waits until both ends have validated it. */
export function open(pair: Pair, index: number): number {
  const id = pair.client.openPath(pair.nowUs, wayFrom(index));
  assert.equal(typeof id, "number", String(id));
  const ready = (side: Side): boolean => pair.end(side).core.paths.get(id as number)?.ready === true;
  assert(pair.run(() => ready("client") && ready("server"), 5_000_000), "the path was not validated");
  return id as number;
}

/** Lets what is under way arrive. */
export function settle(pair: Pair, forUs: number = 300_000): void {
  pair.run(() => false, forUs);
}

/** A path of an end. */
export function pathOf(pair: Pair, side: Side, id: number): Path {
  return pair.end(side).core.path(id);
}

/** What became of the paths of an end, as `id change`. */
export function changes(pair: Pair, side: Side): readonly string[] {
  return pathEvents(pair, side).map(({ pathId, change }) => `${pathId} ${change}`);
}

/** The events about paths of an end. */
export function pathEvents(pair: Pair, side: Side): readonly PathEvent[] {
  return pair.events[side].flatMap((event) => event.type === "path" ? [event] : []);
}

/** Whether a datagram travels on the path from this further address, either way. */
export function isOn(datagram: Flying, index: number): boolean {
  const local = LOCALS[index]!;
  return datagram.source.ip.equals(local.ip) || datagram.destination.ip.equals(local.ip);
}

/** Whether a datagram travels on the first path. */
export function isOnFirst(datagram: Flying): boolean {
  return !LOCALS.some((_, index) => isOn(datagram, index));
}

/** Has an end say something that its peer may not like; the transport error that the peer closes with, or null. */
export function errorAfter(pair: Pair, from: Side, ...frames: readonly ControlFrame[]): number | null {
  pair.end(from).core.control.push(...frames);
  const closed = pair.run(() => pair.end(from).closeReason !== null, 2_000_000);
  if (!closed) return null;
  const reason = pair.end(from).closeReason;
  assert.equal(reason?.by, "peer");
  assert.equal(reason.layer, "transport");
  return reason.errorCode;
}
