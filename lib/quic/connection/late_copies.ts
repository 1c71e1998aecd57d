import { quickest } from "../scheduler/estimate.ts";
import { bestRank } from "../scheduler/rank.ts";
import { isCopyWorthIt } from "../scheduler/reinjection.ts";
import type { PathSnapshot } from "../scheduler/scheduler.ts";
import { onContentLost } from "./content_fate.ts";
import type { Core } from "./core.ts";
import type { Sent } from "./packet_space.ts";
import type { Path } from "./path.ts";
import type { PathView } from "./path_view.ts";

/** Packets that are copied at a time: meanwhile more may have arrived. */
const MAX_COPIES = 10;

/**
 * Nothing new can be sent, but a good path has room: it sends what others deliver later. Call it after the pace
 * of the paths was set.
 *
 * @returns Whether there is something to send now.
 */
export function copyLate(core: Core, views: readonly PathView<Path>[], nowUs: number): boolean {
  const target = quickest(views, bestRank(views), nowUs);
  if (target === null) return false;
  let copies = 0;
  for (const { path } of views) {
    if (path.view !== target) copies += copyFrom(core, path, target, MAX_COPIES - copies, nowUs);
  }
  return copies > 0 && core.streams.hasData;
}

/** @returns How many packets were given up to the target. */
function copyFrom(core: Core, path: Path, target: PathSnapshot, most: number, nowUs: number): number {
  const { view } = path;
  const { sent } = path.space.detector;
  path.copiedUpTo = Math.max(path.copiedUpTo, sent.first);
  while (path.copiedUpTo < sent.end && !isCopyable(sent.get(path.copiedUpTo))) path.copiedUpTo++;
  const oldest = sent.get(path.copiedUpTo);
  // The oldest is the first to be late, and the newest has the longest way before it
  const isAnyWorthIt = oldest !== undefined && (isCopyWorthIt(view, target, oldest.sentAtUs, nowUs) ||
    isCopyWorthIt(view, target, path.lastSentUs, nowUs));
  if (!isAnyWorthIt) return 0;
  let copies = 0;
  for (let number = path.copiedUpTo; number < sent.end && copies < most; number++) {
    const packet = sent.get(number);
    if (!isCopyable(packet) || !isCopyWorthIt(view, target, packet.sentAtUs, nowUs)) continue;
    for (const { length } of packet.content.streams) path.counters.bytesReinjected += length;
    onContentLost(core, path.space, packet);
    copies++;
  }
  return copies;
}

function isCopyable(packet: Sent | undefined): packet is Sent {
  return packet !== undefined && !packet.content.repeated && packet.content.streams.length > 0;
}
