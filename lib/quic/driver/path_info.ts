import type { Endpoint } from "../../base/endpoint.ts";
import type { PathInfo, PathState } from "../../base/path.ts";
import type { Path } from "../connection/path.ts";

/** What is known of a path, in the terms of every transport. Bytes are those of UDP payloads. */
export function pathInfo(path: Path, local: Endpoint, remote: Endpoint): PathInfo {
  const { rtt, counters, deliveryRate } = path;
  return {
    id: path.id,
    local,
    remote,
    state: stateOf(path),
    status: path.status,
    ...(rtt.samples === 0 ? {} : { rttMs: rtt.smoothedUs / 1000, minRttMs: rtt.minUs / 1000 }),
    cwndBytes: path.congestion.windowBytes,
    mtu: path.mtu,
    bytesSent: counters.bytesSent,
    bytesAcknowledged: counters.bytesAcknowledged,
    bytesReceived: counters.bytesReceived,
    // What was lost is what is sent again
    bytesRetransmitted: counters.bytesLost,
    ...(deliveryRate.bitsPerSecond === 0 ? {} : { deliveryRateBps: deliveryRate.bitsPerSecond }),
  };
}

function stateOf({ phase }: Path): PathState {
  switch (phase) {
    case "suspect":
      return "stale";
    case "abandoned":
      return "closed";
    case "validating":
    case "active":
    case "failed":
      return phase;
    default:
      return phase satisfies never;
  }
}
