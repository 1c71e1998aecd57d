import { quickest } from "../scheduler/estimate.ts";
import { bestRank } from "../scheduler/rank.ts";
import { isCopyWorthIt } from "../scheduler/reinjection.ts";
import type { StreamFrame } from "../streams/send_stream.ts";
import type { Core } from "./core.ts";
import type { Sent } from "./packet_space.ts";
import type { Path } from "./path.ts";
import type { PathView } from "./path_view.ts";

/** Packets that are copied at a time: meanwhile more may have arrived. */
const MAX_COPIES = 10;

/**
 * Nothing new can be sent, but a good path has room: it sends copies of what others deliver later. Call it after the
 * pace of the paths was set.
 *
 * @returns The path that has copies to send; null if there are none.
 */
export function copyLate(core: Core, views: readonly PathView<Path>[], nowUs: number): Path | null {
  const best = quickest(views, bestRank(views), nowUs);
  const target = views.find((view) => view === best)?.path;
  if (target === undefined) return null;
  let left = MAX_COPIES - target.copies.length;
  for (const { path } of views) {
    if (path !== target && left > 0) left -= copyFrom(core, path, target, left, nowUs);
  }
  return target.copies.length > 0 ? target : null;
}

/** @returns How many packets were copied to the target. */
function copyFrom(
  core: Core,
  path: Path,
  { view: target, copies }: Path,
  most: number,
  nowUs: number,
): number {
  const { view } = path;
  const { sent } = path.space.detector;
  path.copiedUpTo = Math.max(path.copiedUpTo, sent.first);
  while (path.copiedUpTo < sent.end && !isCopyable(core, path, sent.get(path.copiedUpTo))) path.copiedUpTo++;
  const oldest = sent.get(path.copiedUpTo);
  // The oldest is the first to be late, and the newest has the longest way before it
  const isAnyWorthIt = oldest !== undefined && (isCopyWorthIt(view, target, oldest.sentAtUs, nowUs) ||
    isCopyWorthIt(view, target, path.lastSentUs, nowUs));
  if (!isAnyWorthIt) return 0;
  let count = 0;
  for (let number = path.copiedUpTo; number < sent.end && count < most; number++) {
    const packet = sent.get(number);
    if (!isCopyable(core, path, packet) || !isCopyWorthIt(view, target, packet.sentAtUs, nowUs)) continue;
    packet.content.copied = true;
    for (const frame of packet.content.streams) {
      if (isBound(core, path, frame)) continue;
      path.counters.bytesReinjected += frame.length;
      copies.push(frame);
    }
    count++;
  }
  return count;
}

function isCopyable(core: Core, path: Path, packet: Sent | undefined): packet is Sent {
  if (packet === undefined) return false;
  const { repeated, copied, streams } = packet.content;
  return !repeated && !copied && streams.some((frame) => !isBound(core, path, frame));
}

/** Whether a stream was bound to this path: no other one carries it while this one works. */
function isBound(core: Core, path: Path, { stream }: StreamFrame): boolean {
  return stream.pathId === path.id && core.streams.isHeld(path.id);
}
