import type { Endpoint } from "../../base/endpoint.ts";
import type { PathInfo, PathState } from "../../base/path.ts";
import type { Path } from "../connection/path.ts";

/** What is known of a path, in the terms of every transport. Bytes are those of UDP payloads. */
export function pathInfo(path: Path, local: Endpoint, remote: Endpoint): PathInfo {
  const { rtt, counters } = path;
  return {
    id: path.id,
    local,
    remote,
    state: stateOf(path),
    status: "available",
    ...(rtt.samples === 0 ? {} : { rttMs: rtt.smoothedUs / 1000, minRttMs: rtt.minUs / 1000 }),
    cwndBytes: path.congestion.windowBytes,
    mtu: path.mtu,
    bytesSent: counters.bytesSent,
    bytesReceived: counters.bytesReceived,
    // What was lost is what is sent again
    bytesRetransmitted: counters.bytesLost,
  };
}

function stateOf(path: Path): PathState {
  switch (path.network.state) {
    case "validated":
      return "active";
    case "failed":
      return "failed";
    case "unvalidated":
    case "validating":
      return "validating";
    default:
      return path.network.state satisfies never;
  }
}
