import { closeForError, forgetConnection, releaseKeys } from "./close_connection.ts";
import type { Core } from "./core.ts";
import { onValidationTimeout } from "./migration.ts";
import type { PacketSpace } from "./packet_space.ts";
import { onPathTimeout, pathTimeoutUs } from "./path_health.ts";
import { lossTimeoutUs, onLossTimeout } from "./recovery.ts";

/** When {@linkcode onTimeout} has something to do, in microseconds; Infinity for never. */
export function nextTimeoutUs(core: Core): number {
  const { closing } = core;
  if (closing.state === "closed") return Infinity;
  if (closing.state !== "open") return closing.timeoutUs;
  let at = Math.min(
    core.idle.deadlineUs(core.longestProbeTimeoutUs),
    core.idle.keepAliveAtUs,
    core.keys.application?.phases.timeoutUs ?? Infinity,
  );
  at = Math.min(at, lossTimeoutUs(core), pathTimeoutUs(core), core.scheduleAtUs);
  const { initial, handshake } = core.spaces;
  for (const path of core.openPaths) {
    const { network, fallback, mtuSearch } = path;
    at = Math.min(at, network.timeoutUs, fallback?.timeoutUs ?? Infinity);
    // RFC 9002 A.8: as long as nothing may be sent there is no use in waking up for it
    if (path.isMute) continue;
    at = Math.min(at, path.pacedUntilUs, mtuSearch.timeoutUs);
    for (const { space } of path.carries) at = Math.min(at, ackTimeUs(space));
    if (path.id === 0) at = Math.min(at, ackTimeUs(initial), ackTimeUs(handshake));
  }
  return at;
}

/** When an acknowledgment is due later; what is due now goes with the next packets. */
function ackTimeUs(space: PacketSpace | null): number {
  const at = space?.received.ackAtUs ?? Infinity;
  return at > -Infinity ? at : Infinity;
}

/** Does what is due by time alone. What is to be sent because of it comes out of the transmission. */
export function onTimeout(core: Core, nowUs: number): void {
  const { closing, idle } = core;
  if (closing.state === "closed") return;
  if (closing.state !== "open") {
    if (closing.handleTimeout(nowUs)) releaseKeys(core);
    return;
  }
  if (nowUs >= idle.deadlineUs(core.longestProbeTimeoutUs)) {
    const text = core.handshakeComplete
      ? "Cannot go on: the peer has been silent for too long"
      : "Cannot connect: the peer does not answer";
    forgetConnection(core, nowUs, "idle-timeout", text);
    return;
  }
  try {
    if (nowUs >= idle.keepAliveAtUs) core.control.push({ kind: "ping" });
    if (nowUs >= idle.keepAliveAtUs) idle.onElicitingSent(nowUs);
    core.keys.application?.phases.handleTimeout(nowUs);
    onValidationTimeout(core, nowUs);
    onPathTimeout(core, nowUs);
    if (nowUs >= core.scheduleAtUs) core.scheduleAtUs = Infinity;
    if (lossTimeoutUs(core) <= nowUs) onLossTimeout(core, nowUs);
  } catch (error) {
    closeForError(core, nowUs, error);
  }
}
