import { MptError } from "../../base/errors.ts";
import { quote } from "../../base/quote.ts";

/** IFNAMSIZ of linux/if.h without the NUL that ends the name. */
const MAX_NAME_BYTES = 15;

/** A device and the namespace of `ip netns` that it belongs in. */
export interface DevicePlace {
  /** A name of `ip netns`. */
  readonly namespace: string;
  /** The device's name there, at most 15 bytes. */
  readonly device: string;
}

/**
 * Makes sure that devices can have these names.
 *
 * @param places Where devices are to be.
 * @throws {MptError} `ERR_INVALID_VALUE` for a name that the kernel would refuse, or two of one name in a
 *   namespace.
 */
export function checkDeviceNames(places: readonly DevicePlace[]): void {
  const seen = new Set<string>();
  for (const { namespace, device } of places) {
    const reason = nameProblem(device);
    if (reason !== null) throw invalid(device, reason, "a name of 1 to 15 letters, digits, - and _");
    const key = `${namespace}/${device}`;
    if (seen.has(key)) throw invalid(device, `${namespace} has two devices of this name`, "another name");
    seen.add(key);
  }
}

/** The rules of dev_valid_name() in net/core/dev.c, and those of ip(8), which takes the name. */
function nameProblem(name: string): string | null {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes === 0) return "it is empty";
  if (bytes > MAX_NAME_BYTES) return `it has ${bytes} bytes, and the kernel allows ${MAX_NAME_BYTES}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    return "it has other characters than letters, digits, . - and _";
  }
  return null;
}

function invalid(name: string, reason: string, fix: string): MptError {
  return new MptError("ERR_INVALID_VALUE", `Cannot name a device ${quote(name)}: ${reason}`, { fix });
}
