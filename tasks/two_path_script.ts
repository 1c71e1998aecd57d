/**
 * The commands that make a network of two paths inside a fresh mount and network namespace: pure
 * text, so that it can be read, printed and tested without any right.
 *
 * ```
 *  client                               server
 *  10.0.1.1, fd00:1::1  path1 ===== path1  10.0.1.2, fd00:1::2
 *  10.0.2.1, fd00:2::1  path2 ===== path2  10.0.2.2, fd00:2::2
 * ```
 *
 * @module
 */

/** The two ends of the network. */
export type Side = "client" | "server";

/** How the network should be. */
export interface TwoPathOptions {
  /** Rate of each path in Mbit/s, both ways. @default {undefined} as fast as the machine */
  readonly rateMbit?: readonly [number, number];
  /** The server announces its second address, so that clients join over it. @default {true} */
  readonly signal?: boolean;
  /** The second path is a backup path. @default {false} */
  readonly backup?: boolean;
  /** Both ends permit additional subflows. @default {true} */
  readonly joins?: boolean;
}

/** The addresses of one end, by path. */
export interface SideAddresses {
  /** The IPv4 addresses of path 1 and 2. */
  readonly ipv4: readonly [string, string];
  /** The IPv6 addresses of path 1 and 2. */
  readonly ipv6: readonly [string, string];
}

/** The addresses of both ends: private ranges of RFC 1918 and RFC 4193. */
export const TWO_PATH_ADDRESSES: Readonly<Record<Side, SideAddresses>> = {
  client: { ipv4: ["10.0.1.1", "10.0.2.1"], ipv6: ["fd00:1::1", "fd00:2::1"] },
  server: { ipv4: ["10.0.1.2", "10.0.2.2"], ipv6: ["fd00:1::2", "fd00:2::2"] },
};

const SIDES: readonly Side[] = ["client", "server"];
const PATHS = [0, 1] as const;

/** The kernel's highest value for the MPTCP limits is 8; 4 is enough for every pairing of two addresses. */
const LIMIT = 4;

/** The bucket holds what 50 Mbit/s sends in 5 ms; the queue behind it holds 50 ms. */
const TBF = "burst 32k latency 50ms";

/**
 * The lines of a shell script that makes the network.
 *
 * @param options Rates and MPTCP settings.
 * @returns One command a line; `/run/netns` must be writable and private.
 */
export function twoPathScript(options: TwoPathOptions = {}): readonly string[] {
  const { rateMbit, signal = true, backup = false, joins = true } = options;
  const limits = joins ? `subflows ${LIMIT} add_addr_accepted ${LIMIT}` : "subflows 0 add_addr_accepted 0";
  const second = TWO_PATH_ADDRESSES.server.ipv4[1];
  return [
    ...SIDES.flatMap((side) => [`ip netns add ${side}`, `ip -n ${side} link set lo up`]),
    ...PATHS.map((path) =>
      `ip link add ${device(path)} netns client type veth peer name ${device(path)} netns server`
    ),
    ...SIDES.flatMap((side) => PATHS.flatMap((path) => deviceLines(side, path, rateMbit?.[path]))),
    ...SIDES.map((side) => inNamespace(side, NO_REVERSE_PATH_FILTER)),
    ...SIDES.map((side) => `ip -n ${side} mptcp limits set ${limits}`),
    ...(signal
      ? [`ip -n server mptcp endpoint add ${second} dev ${device(1)} signal${backup ? " backup" : ""}`]
      : []),
  ];
}

/**
 * The lines of a shell script that makes one namespace with nothing but a loopback interface.
 *
 * @returns One command a line.
 */
export function loopbackScript(): readonly string[] {
  return ["ip link set lo up"];
}

/** The name of the interface of a path, on both ends. */
export function device(path: 0 | 1): string {
  return `path${path + 1}`;
}

/** Loose or strict filtering would drop what arrives for an address over the other path. */
const NO_REVERSE_PATH_FILTER = 'for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > "$file"; done';

function deviceLines(side: Side, path: 0 | 1, rate: number | undefined): readonly string[] {
  const name = device(path);
  const { ipv4, ipv6 } = TWO_PATH_ADDRESSES[side];
  return [
    `ip -n ${side} addr add ${ipv4[path]}/24 dev ${name}`,
    // Without nodad the address would be unusable for the first second.
    `ip -n ${side} addr add ${ipv6[path]}/64 dev ${name} nodad`,
    `ip -n ${side} link set ${name} up`,
    ...(rate === undefined ? [] : [`tc -n ${side} qdisc add dev ${name} root tbf rate ${rate}mbit ${TBF}`]),
  ];
}

function inNamespace(side: Side, command: string): string {
  return `nsenter --net=/run/netns/${side} -- sh -c '${command}'`;
}
