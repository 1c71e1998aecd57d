import type { Core, EarlyLevel } from "./core.ts";
import { abandonSpace } from "./recovery.ts";

/** RFC 9001 4.9.1: a client lets go when it sends a Handshake packet, a server when it opens one. */
export function discardInitial(core: Core): void {
  discard(core, "initial");
}

/** RFC 9001 4.9.2: when the handshake is confirmed. */
export function discardHandshake(core: Core): void {
  discard(core, "handshake");
}

function discard(core: Core, level: EarlyLevel): void {
  const space = core.spaces[level];
  if (space === null) return;
  abandonSpace(core, space);
  core.spaces[level] = null;
  core.onSpacesChanged();
  core.keys[level]?.close();
  core.keys[level] = null;
  core.crypto[level].forget();
}
