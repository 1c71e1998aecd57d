import type { Ip } from "../base/ip.ts";
import type { PathInfo } from "../base/path.ts";
import type { CheckAnswer, CheckLimits } from "../protocol/check.ts";

/** The server as the benchmark will use it. */
export interface BenchServer {
  readonly ip: Ip;
  readonly port: number;
  /** What it tells about itself; null for a perf server of somebody else. */
  readonly check: CheckAnswer | null;
  /** The paths that the multipath transport found; just one without it. */
  readonly paths: readonly PathInfo[];
}

/** What to assume of a server that does not tell: more than any transfer, and as long as ours allows. */
const UNKNOWN_LIMITS: CheckLimits = {
  max_bytes: 1_000_000_000_000,
  max_duration_ms: 120_000,
  token_required: false,
};

/** What the server allows. */
export function limitsOf({ check }: Pick<BenchServer, "check">): CheckLimits {
  return check?.limits ?? UNKNOWN_LIMITS;
}
