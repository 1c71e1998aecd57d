import type { Ip } from "../base/ip.ts";
import { localAddresses } from "./interfaces.ts";

/** How long a look at the host's addresses is good, in milliseconds: they change rarely, paths are read often. */
const FRESH_MS = 1000;

let names: ReadonlyMap<string, string> = new Map();
let readAt = -Infinity;

/**
 * The interface that holds a local address, or undefined when none does (any more).
 *
 * @param ip The address; its zone does not matter.
 */
export function interfaceOf(ip: Ip | undefined): string | undefined {
  if (ip === undefined) return undefined;
  const now = performance.now();
  if (now - readAt > FRESH_MS) {
    readAt = now;
    names = readNames();
  }
  return ip.zone ?? names.get(ip.toString());
}

function readNames(): ReadonlyMap<string, string> {
  try {
    return new Map(localAddresses().map((each) => [each.ip.withZone(undefined).toString(), each.interface]));
  } catch {
    // The name is a courtesy; without rtnetlink a path is still a path.
    return new Map();
  }
}
