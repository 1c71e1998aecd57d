/** The hosts of a lab. */
export type LabHost = "client" | "router" | "server";

/** One end of a link: an interface of a host, with its addresses. */
export interface LinkEnd {
  /** The host. */
  readonly host: LabHost;
  /** The name of its interface. */
  readonly device: string;
  /** The link-layer address of the interface; TUN devices have none. */
  readonly mac: string;
  /** IPv4 address; null on a path without IPv4. */
  readonly ipv4: string | null;
  /** IPv6 address; null on a path without IPv6. */
  readonly ipv6: string | null;
}

/** All interfaces of one path. */
export interface PathEnds {
  /** The interface of the client. */
  readonly client: LinkEnd;
  /** The interfaces of the router, towards the client and towards the server; null without a router. */
  readonly router: { readonly client: LinkEnd; readonly server: LinkEnd } | null;
  /** The interface of the server. */
  readonly server: LinkEnd;
}

/** The length of the IPv4 prefix of every link. */
export const IPV4_PREFIX = 24;
/** The length of the IPv6 prefix of every link: RFC 4291 2.5.4. */
export const IPV6_PREFIX = 64;

/** The side of the clients, RFC 1918 and RFC 4193. */
const CLIENT_NET = { ipv4: "10.77", ipv6: "fd77:0:0" } as const;
/** The side of the servers, behind the router. */
const SERVER_NET = { ipv4: "10.78", ipv6: "fd78:0:0" } as const;

/** Which address families a path has, and what its interfaces are called. */
export interface PathNaming {
  readonly index: number;
  readonly name: string;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

/**
 * The interfaces and addresses of a path.
 *
 * ```
 * client 10.77.i.1 == link == 10.77.i.254 router 10.78.i.254 ===== 10.78.i.2 server
 * client 10.77.i.1 == link == 10.77.i.2 server
 * ```
 *
 * @param path Its number from 1, name and families.
 * @param router Whether there is a router.
 */
export function pathEnds(path: PathNaming, router: boolean): PathEnds {
  const end = (host: LabHost, device: string, net: typeof CLIENT_NET | typeof SERVER_NET, part: Part) => ({
    host,
    device,
    mac: macOf(net === CLIENT_NET ? 0x77 : 0x78, path.index, part.mac),
    ipv4: path.ipv4 ? `${net.ipv4}.${path.index}.${part.ipv4}` : null,
    ipv6: path.ipv6 ? `${net.ipv6}:${path.index}::${part.ipv6}` : null,
  });
  const client = end("client", path.name, CLIENT_NET, { ipv4: "1", ipv6: "1", mac: 1 });
  if (!router) {
    return {
      client,
      router: null,
      server: end("server", path.name, CLIENT_NET, { ipv4: "2", ipv6: "2", mac: 2 }),
    };
  }
  const middle: Part = { ipv4: "254", ipv6: "fe", mac: 0xfe };
  return {
    client,
    router: {
      client: end("router", `c${path.index}`, CLIENT_NET, middle),
      server: end("router", `s${path.index}`, SERVER_NET, middle),
    },
    server: end("server", path.name, SERVER_NET, { ipv4: "2", ipv6: "2", mac: 2 }),
  };
}

/** The networks that a path's interfaces are in, such as `10.77.1.0/24`. */
export function networkOf(address: string): string {
  return address.includes(":")
    ? `${address.slice(0, address.lastIndexOf("::"))}::/${IPV6_PREFIX}`
    : `${address.slice(0, address.lastIndexOf("."))}.0/${IPV4_PREFIX}`;
}

interface Part {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly mac: number;
}

/** A locally administered unicast address: IEEE 802 8.4. */
function macOf(net: number, index: number, host: number): string {
  return [0x02, 0, net, 0, index, host].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
