import type { PathInfo } from "../base/path.ts";
import type { Connection } from "../io/connection.ts";
import { sleep } from "../io/deadline.ts";
import { pathManagerSummary } from "./path_manager.ts";

/** How often to look for new subflows, in milliseconds. The kernel's events need CAP_NET_ADMIN. */
const LOOK_MS = 10;

/** How often `onLook` is called, in milliseconds. */
const ON_LOOK_MS = 100;

/** With more than one path active and none on its way, this much quiet ends the wait, in milliseconds. */
const SETTLE_MS = 250;

/** What to wait for, and how long. */
export interface JoinWaitOptions {
  /** When the connection was established, in milliseconds of `performance.now()`. */
  readonly connectedAtMs: number;
  /** The longest wait in milliseconds; 0 only looks. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called for each path when it is first seen active. */
  readonly onPath?: (path: PathInfo) => void;
  /** Called every now and then during the wait. */
  readonly onLook?: () => void;
}

/** What the wait for further subflows brought. */
export interface JoinWait {
  /** The paths at its end. */
  readonly paths: readonly PathInfo[];
  /** When each path was first seen active, in milliseconds after the connect, to within 10 ms. */
  readonly activeAtMs: ReadonlyMap<number, number>;
  /** For how long each path was seen waiting before it was active, in milliseconds: at least so long. */
  readonly heldMs: ReadonlyMap<number, number>;
  /** Why there was no wait; null when there was one. */
  readonly skipped: string | null;
}

/** Waits for further subflows of an MPTCP connection, as long as some may still come. */
export async function waitForJoins(connection: Connection, options: JoinWaitOptions): Promise<JoinWait> {
  const { connectedAtMs, timeoutMs, signal } = options;
  const activeAtMs = new Map<number, number>();
  const waitingSince = new Map<number, number>();
  const heldMs = new Map<number, number>();
  const until = performance.now() + timeoutMs;
  const skipped = timeoutMs === 0 ? "the wait is 0" : noJoinsBecause();
  let changedAt = performance.now();
  let lookedAt = 0;
  for (;;) {
    const paths = connection.paths();
    const now = performance.now();
    for (const path of paths) {
      if (path.state === "validating") {
        const since = waitingSince.get(path.id) ?? now;
        waitingSince.set(path.id, since);
        heldMs.set(path.id, now - since);
      }
      if (path.state !== "active" || activeAtMs.has(path.id)) continue;
      activeAtMs.set(path.id, now - connectedAtMs);
      changedAt = now;
      options.onPath?.(path);
    }
    if (now - lookedAt >= ON_LOOK_MS) {
      lookedAt = now;
      options.onLook?.();
    }
    const settled = activeAtMs.size > 1 && now - changedAt >= SETTLE_MS &&
      !paths.some((path) => path.state === "validating");
    if (settled || skipped !== null || now >= until || signal?.aborted || !connection.isMultipath()) {
      return { paths, activeAtMs, heldMs, skipped };
    }
    await sleep(LOOK_MS, signal);
  }
}

/** Why this host will open no further subflow, or null when it may. Servers open none on Linux. */
function noJoinsBecause(): string | null {
  const manager = pathManagerSummary();
  if (manager === null || manager.userspace) return null;
  const { limits, endpoints } = manager;
  if (limits.subflows === 0) return "this host allows no further subflow (ip mptcp limits set subflows 2)";
  if (limits.addAddrAccepted === 0 && !endpoints.some((endpoint) => endpoint.subflow)) {
    return "this host opens no further subflow: it has no subflow endpoint (ip mptcp endpoint add ADDRESS dev DEV " +
      "subflow) and accepts no announced address (ip mptcp limits set add_addr_accepted 2)";
  }
  return null;
}
