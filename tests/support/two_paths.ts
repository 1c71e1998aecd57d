import { hold, type Namespaces } from "../../lib/lab/namespaces.ts";
import type { LabOptions, PathOptions } from "../../lib/lab/mod.ts";

/** The addresses of one host, by path. */
export interface SideAddresses {
  /** The IPv4 addresses of path 1 and 2. */
  readonly ipv4: readonly [string, string];
  /** The IPv6 addresses of path 1 and 2. */
  readonly ipv6: readonly [string, string];
}

/** The addresses of {@linkcode twoPaths}. */
export const TWO_PATH_ADDRESSES: Readonly<Record<"client" | "server", SideAddresses>> = {
  client: { ipv4: ["10.77.1.1", "10.77.2.1"], ipv6: ["fd77:0:0:1::1", "fd77:0:0:2::1"] },
  server: { ipv4: ["10.77.1.2", "10.77.2.2"], ipv6: ["fd77:0:0:1::2", "fd77:0:0:2::2"] },
};

/**
 * A client and a server with two links between them. The server announces the one address of its second
 * path, which is IPv4 unless `ipv6` says otherwise.
 */
export function twoPaths(first: PathOptions = {}, second: PathOptions = {}): LabOptions {
  return { router: false, mptcp: "signal", paths: [first, { ipv6: false, ...second }] };
}

/** One host with nothing but a loopback interface, for tests that change its settings. */
export function loneHost(): Promise<Namespaces> {
  return hold(["ip link set lo up"]);
}
