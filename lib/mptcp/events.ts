import { MptError } from "../base/errors.ts";
import { genericRequest } from "../io/netlink.ts";
import { NetlinkSubscription } from "../io/netlink_subscription.ts";
import { decodeFamily, decodeGroups, encodeFamilyLookup } from "../netlink/generic.ts";
import { decodeEvents, MPTCP_EVENTS_GROUP, type PathManagerEvent } from "../netlink/mptcp_events.ts";
import { MPTCP_PM_NAME } from "../netlink/mptcp_pm.ts";

const ACTION = "watch the events of the MPTCP path manager";

/** The path manager's events from a moment on, in order. Iterate over it once, and dispose of it. */
export class EventWatch implements AsyncIterable<PathManagerEvent>, AsyncDisposable {
  readonly #subscription: NetlinkSubscription;
  readonly #family: number;
  readonly #signal: AbortSignal | undefined;
  readonly #stop = (): void => void this.#subscription.close();

  /** Use {@linkcode watchEvents}. */
  constructor(subscription: NetlinkSubscription, family: number, signal: AbortSignal | undefined) {
    this.#subscription = subscription;
    this.#family = family;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#stop, { once: true });
    if (signal?.aborted) this.#stop();
  }

  /** Ends the watch; an iteration that waits ends too. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#stop);
    await this.#subscription.close();
  }

  /** As {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The events as they come. Leaving the loop ends the watch. */
  async *[Symbol.asyncIterator](): AsyncIterator<PathManagerEvent> {
    try {
      for (;;) {
        const next = await this.#subscription.next();
        if (next === null) return;
        if (next === "lost") yield { kind: "lost", command: 0, unknown: [] };
        else yield* decodeEvents([next], this.#family);
      }
    } finally {
      await this.close();
    }
  }
}

/**
 * Watches what the kernel's MPTCP path manager tells of every connection in this network namespace: subflows
 * that come and go, addresses, priorities. A fallback, a stale path and a limit that was hit are not among it.
 *
 * @param options What ends the watch.
 * @returns The events from now on.
 * @throws {MptError} `ERR_PERMISSION` without CAP_NET_ADMIN; `ERR_MPTCP_UNSUPPORTED` when the kernel has no
 *   MPTCP path manager, or one before Linux 5.12; `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION` or
 *   `ERR_FFI_UNAVAILABLE`.
 *
 * @example Print subflows as they come up
 * ```ts no-run
 * import { watchEvents } from "@multipath/mpt/mptcp";
 *
 * await using events = watchEvents();
 * for await (const event of events) {
 *   if (event.kind === "subflow-established") console.log(event.local?.address, event.remote?.address);
 * }
 * ```
 */
export function watchEvents(options: { readonly signal?: AbortSignal } = {}): EventWatch {
  const answer = genericRequest(encodeFamilyLookup(MPTCP_PM_NAME));
  const family = decodeFamily(answer);
  const group = decodeGroups(answer).get(MPTCP_EVENTS_GROUP);
  if (family === null || group === undefined) {
    throw new MptError("ERR_MPTCP_UNSUPPORTED", `Cannot ${ACTION}: this kernel does not have them`);
  }
  try {
    return new EventWatch(NetlinkSubscription.join(group, ACTION), family, options.signal);
  } catch (error) {
    if (!(error instanceof MptError) || error.code !== "ERR_PERMISSION") throw error;
    throw new MptError("ERR_PERMISSION", `Cannot ${ACTION}: it needs CAP_NET_ADMIN`, {
      cause: error,
      fix: "run it with sudo",
    });
  }
}
