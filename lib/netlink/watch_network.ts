import { MptError } from "../base/errors.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import { NetlinkSubscription } from "../io/netlink_subscription.ts";

/**
 * Calls back when links, addresses or routes change.
 *
 * @returns Null where the kernel does not tell.
 */
export function watchNetwork(onChange: () => void): AsyncDisposable | null {
  if (ffiUnavailableReason() !== null) return null;
  let subscription: NetlinkSubscription;
  try {
    subscription = NetlinkSubscription.joinRoutes("watch the network");
  } catch (error) {
    // In a sandbox without netlink a race goes on with what it saw at its start
    if (error instanceof MptError) return null;
    throw error;
  }
  const listening = listen(subscription, onChange);
  return {
    async [Symbol.asyncDispose](): Promise<void> {
      await subscription.close();
      await listening;
    },
  };
}

async function listen(subscription: NetlinkSubscription, onChange: () => void): Promise<void> {
  try {
    while (await subscription.next() !== null) onChange();
  } catch (error) {
    if (!(error instanceof MptError)) throw error;
  }
}
