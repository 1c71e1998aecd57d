import { HttpLane } from "./http_lane.ts";
import type { Lane } from "./lane.ts";
import type { BenchSettings } from "./options.ts";
import type { RunPlan } from "./plan.ts";
import { QuicLane } from "./quic_lane.ts";
import type { BenchServer } from "./bench_server.ts";

/** Connects, and asks for what is to be asked for before a download. */
export async function openLane(
  server: BenchServer,
  plan: RunPlan,
  settings: BenchSettings,
  signal: AbortSignal,
): Promise<Lane> {
  switch (plan.transport) {
    case "tcp":
    case "mptcp":
      return await HttpLane.open(plan, settings, signal);
    case "quic":
    case "mpquic":
      return await QuicLane.open(server, plan, settings, signal);
    default:
      return plan.transport satisfies never;
  }
}
