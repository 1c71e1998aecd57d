import type { Certainty } from "../base/result.ts";
import { counterDeltas, type Counters, readCounters } from "../mptcp/counters.ts";

/** A cause on this host, evident without knowing the network. */
export interface LocalCause {
  readonly cause: string;
  readonly certainty: Certainty;
  readonly reason: string;
}

/** What the kernel's counters say about a fallback, from before the connect on. */
export interface FallbackEvidence {
  /** The MPTCP counters that moved, one sentence each. */
  lines(): readonly string[];
  /** Why the fallback says nothing about the server, or null when it does. */
  localCause(): LocalCause | null;
}

/** Starts to gather evidence; call before the connect. */
export function fallbackEvidence(): FallbackEvidence {
  const before = read();
  let deltas: Counters | undefined;
  const moved = (): Counters => deltas ??= counterDeltas(before, read());
  return {
    lines: () =>
      [...moved()]
        .filter(([name]) => name.startsWith("MPTcpExt"))
        .map(([name, delta]) => `${name} +${delta} (of this whole network namespace)`),
    localCause: () => {
      if ((moved().get("MPTcpExtMPCapableSYNTXDisabled") ?? 0) === 0) return null;
      return {
        cause: "blackhole-disabled",
        certainty: "likely",
        reason: "this host has switched MPTCP off for a while, because an earlier MPTCP SYN got no answer " +
          "(sysctl -w net.mptcp.blackhole_timeout=3600 resets that)",
      };
    },
  };
}

function read(): Counters {
  try {
    return readCounters();
  } catch {
    // Counters are a help; a probe without them still sees the connection.
    return new Map();
  }
}
