import type { PathInfo } from "../base/path.ts";

/**
 * The paths of a connection that is ending, from two looks at them. A path that closes with its connection
 * may lose its numbers first, and its state then says nothing about the path: the earlier look tells more.
 *
 * @param before The look before.
 * @param now The latest look.
 */
export function lastLook(before: readonly PathInfo[], now: readonly PathInfo[]): readonly PathInfo[] {
  if (now.length === 0) return before;
  return now.map((path) => {
    const earlier = before.find(({ id }) => id === path.id);
    if (path.state !== "closed" || earlier === undefined) return path;
    return {
      ...earlier,
      bytesSent: Math.max(earlier.bytesSent, path.bytesSent),
      bytesReceived: Math.max(earlier.bytesReceived, path.bytesReceived),
      bytesRetransmitted: Math.max(earlier.bytesRetransmitted, path.bytesRetransmitted),
    };
  });
}
