import { Ip } from "../../base/ip.ts";
import { DnsName } from "../wire/name.ts";

/** The names of `/etc/hosts` with their addresses. */
export type Hosts = ReadonlyMap<string, readonly Ip[]>;

/** RFC 6761 6.3: what the name `localhost` means wherever it is asked for. */
const LOOPBACK: readonly Ip[] = Object.freeze([Ip.parse("::1"), Ip.parse("127.0.0.1")]);

const LOCALHOST = DnsName.parse("localhost");

/**
 * Reads `/etc/hosts`, see `hosts(5)`: an address and its names on each line, `#` begins a comment. Lines that
 * make no sense are left out.
 *
 * @param text The file; an empty text where there is none.
 * @returns The addresses of each name in lower case, in the order of the file.
 */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, Ip[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = (line.split("#", 1)[0] ?? "").trim().split(/\s+/);
    const ip = Ip.tryParse(address);
    if (ip === null) continue;
    for (const name of names) {
      const key = DnsName.tryParse(name)?.key;
      if (key === undefined) continue;
      const known = hosts.get(key) ?? [];
      if (!known.some((each) => each.equals(ip))) known.push(ip);
      hosts.set(key, known);
    }
  }
  return hosts;
}

/**
 * The addresses of a name that needs no server.
 *
 * @param hosts What `/etc/hosts` says.
 * @param name The name.
 * @returns Its addresses of both families; null when a server has to be asked.
 */
export function localAddressesOf(hosts: Hosts, name: DnsName): readonly Ip[] | null {
  const found = hosts.get(name.key);
  if (found !== undefined) return found;
  // RFC 6761 6.3: localhost and every name below it, whatever a server would say
  return name.isWithin(LOCALHOST) ? LOOPBACK : null;
}
