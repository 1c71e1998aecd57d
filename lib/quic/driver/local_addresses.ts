import { MptError } from "../../base/errors.ts";
import { Ip } from "../../base/ip.ts";
import { ffiUnavailableReason } from "../../io/ffi_access.ts";
import { type LocalAddress as HostAddress, localAddresses } from "../../netlink/interfaces.ts";
import { routeTo } from "../../netlink/routing.ts";
import type { SocketAddress } from "../connection/tuple.ts";
import type { LocalAddress } from "../path_manager/pair.ts";

/** An address that paths can start from. */
export interface UsableAddress extends LocalAddress {
  /** Whether the socket has to be bound to the interface, since the routes lead elsewhere. */
  readonly bind: boolean;
}

/**
 * The addresses of this host from which the peer can be reached, as far as its routes tell. Where the kernel
 * cannot be asked they are those of every interface.
 */
export function usableAddresses(remotes: readonly SocketAddress[]): readonly UsableAddress[] {
  if (ffiUnavailableReason() !== null) return denoAddresses();
  const usable: UsableAddress[] = [];
  for (const address of localAddresses()) {
    if (!address.up || address.tentative) continue;
    for (const { ip } of remotes) {
      const bind = waysOut(address, ip);
      if (bind === null) continue;
      usable.push({ ip: address.ip, interface: address.interface, bind });
      break;
    }
  }
  return usable;
}

/** Whether the interface has to be named to get out by it; null if there is no way. */
function waysOut(address: HostAddress, to: Ip): boolean | null {
  const from = address.ip.withZone(undefined);
  if (from.family !== to.family || address.loopback !== to.isLoopback) return null;
  const target = to.withZone(undefined);
  const route = routeTo({ to: target, from });
  if (route?.interfaceIndex === address.index || address.loopback) return false;
  const bound = routeTo({ to: target, from, interfaceIndex: address.index });
  // Without a gateway the kernel only supposes that the peer is on the link
  const known = bound?.gateway !== undefined || inPrefix(to, from, address.prefixLength);
  return bound !== null && known ? true : null;
}

function inPrefix(a: Ip, b: Ip, bits: number): boolean {
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = (0xff << Math.max(0, 8 - (bits - bit))) & 0xff;
    if (((a.bytes[bit / 8]! ^ b.bytes[bit / 8]!) & mask) !== 0) return false;
  }
  return true;
}

function denoAddresses(): readonly UsableAddress[] {
  return interfacesOfDeno().map(({ name, address }) => ({
    ip: Ip.parse(address),
    interface: name,
    bind: false,
  }));
}

function interfacesOfDeno(): readonly Deno.NetworkInterfaceInfo[] {
  try {
    return Deno.networkInterfaces();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new MptError(
      "ERR_PERMISSION",
      "Cannot read the addresses of this host: run again with --allow-sys=networkInterfaces",
      { cause: error, fix: "--allow-sys=networkInterfaces" },
    );
  }
}
