import type { Path } from "../connection/path.ts";
import type { QuicPathStats } from "./path_api.ts";

/** The counts of a path as they are now. */
export function pathStatsOf({ counters, blocked }: Path): QuicPathStats {
  return {
    bytesSent: counters.bytesSent,
    bytesReceived: counters.bytesReceived,
    datagramsSent: counters.datagramsSent,
    datagramsReceived: counters.datagramsReceived,
    packetsLost: counters.packetsLost,
    bytesLost: counters.bytesLost,
    spuriousLosses: counters.spuriousLosses,
    bytesReinjected: counters.bytesReinjected,
    blocked: { ...blocked },
  };
}
