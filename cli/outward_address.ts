import { Ip } from "../lib/base/ip.ts";
import { ffiUnavailableReason } from "../lib/io/ffi_access.ts";
import { sourceAddress } from "../lib/io/source_address.ts";
import { localAddresses } from "../lib/netlink/interfaces.ts";

/** RFC 5737 and RFC 3849: nobody has a route of their own to the networks of documentation. */
const FAR_AWAY: readonly Ip[] = [Ip.parse("192.0.2.1"), Ip.parse("2001:db8::1")];

/**
 * An address at which other machines most likely reach this one: the one that it would send from, else any that is
 * not of loopback.
 *
 * @param wildcard What is listened on: `0.0.0.0` or `::`, which takes both families.
 * @returns Null where there is none, or nobody can tell.
 */
export function outwardAddress(wildcard: Ip): Ip | null {
  if (ffiUnavailableReason() !== null) return null;
  const fits = ({ family }: Ip): boolean => wildcard.family === 6 || family === 4;
  try {
    for (const far of FAR_AWAY.filter(fits)) {
      const own = sourceAddress(far, null);
      if (own !== null && !own.isLoopback) return own;
    }
    return localAddresses().find(({ ip, up }) => up && !ip.isLoopback && !ip.isLinkLocal && fits(ip))?.ip ??
      null;
  } catch {
    // The reader knows the address of this machine, or finds it out
    return null;
  }
}
