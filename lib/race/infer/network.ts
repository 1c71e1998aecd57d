import { hold, type Namespaces } from "../../lab/namespaces.ts";
import { requirePrograms } from "../../lab/programs.ts";
import { allAddresses } from "./scenario.ts";

/** Where the name server listens. */
export const DNS_ADDRESS = "10.98.0.2";

/** Where connections to the addresses that accept end up. */
export const ACCEPT_PORT = 40_000;

/** Addresses of the link layer, administered locally. */
const MAC = { client: "02:00:00:00:98:01", server: "02:00:00:00:98:02" } as const;

/** The name of the server's namespace. */
export const SERVER = "server";

/**
 * Makes a client and a server that are joined by a link. Everything the client sends goes to the server, which
 * has addresses that accept, refuse and say nothing. The client asks the server for names and nobody else.
 *
 * @returns The network; its own namespace is the client's.
 * @throws {MptError} `ERR_NOT_SUPPORTED` where it cannot be made.
 */
export async function makeNetwork(): Promise<Namespaces> {
  await requirePrograms(["ip", "nft", "unshare", "nsenter", "setpriv", "mount"]);
  const local = (["accepts", "silent", "refuses"] as const).flatMap((kind) => [
    ...allAddresses(kind, 4).map((address) => `ip -n ${SERVER} address add ${address}/32 dev lo`),
    ...allAddresses(kind, 6).map((address) => `ip -n ${SERVER} address add ${address}/128 dev lo nodad`),
  ]);
  return await hold([
    `ip netns add ${SERVER}`,
    "ip link set lo up",
    `ip -n ${SERVER} link set lo up`,
    `ip link add eth0 address ${MAC.client} type veth peer name eth0 address ${MAC.server} netns ${SERVER}`,
    "ip address add 10.98.0.1/24 dev eth0",
    "ip address add 2001:db8:98::1/64 dev eth0 nodad",
    `ip -n ${SERVER} address add ${DNS_ADDRESS}/24 dev eth0`,
    `ip -n ${SERVER} address add 2001:db8:98::2/64 dev eth0 nodad`,
    "ip link set eth0 up",
    `ip -n ${SERVER} link set eth0 up`,
    // Without these the first packet to each address would wait until the neighbour is found
    `ip neighbour replace ${DNS_ADDRESS} lladdr ${MAC.server} dev eth0 nud permanent`,
    `ip neighbour replace 2001:db8:98::2 lladdr ${MAC.server} dev eth0 nud permanent`,
    `ip -n ${SERVER} neighbour replace 10.98.0.1 lladdr ${MAC.client} dev eth0 nud permanent`,
    `ip -n ${SERVER} neighbour replace 2001:db8:98::1 lladdr ${MAC.client} dev eth0 nud permanent`,
    `ip route add default via ${DNS_ADDRESS}`,
    "ip route add default via 2001:db8:98::2",
    ...local,
    `ip netns exec ${SERVER} nft -f - <<'RULES'\n${rules()}\nRULES`,
    ...file("/etc/resolv.conf", `nameserver ${DNS_ADDRESS}\noptions timeout:5 attempts:1`),
    ...file("/etc/hosts", "127.0.0.1 localhost\n::1 localhost"),
    ...file("/etc/nsswitch.conf", "hosts: files dns"),
  ]);
}

/** Puts a file of our own in the place of one of the system's, for those who live in this namespace. */
function file(path: string, text: string): readonly string[] {
  const own = `/run/${path.slice("/etc/".length)}`;
  return [`printf '%s\\n' '${text}' > ${own}`, `[ ! -e ${path} ] || mount --no-mtab --bind ${own} ${path}`];
}

function rules(): string {
  const set = (kind: "accepts" | "silent", family: 4 | 6): string =>
    `{ ${allAddresses(kind, family).join(", ")} }`;
  return `
table inet infer {
  chain accepts {
    type nat hook prerouting priority dstnat
    ip daddr ${set("accepts", 4)} meta l4proto tcp redirect to :${ACCEPT_PORT}
    ip6 daddr ${set("accepts", 6)} meta l4proto tcp redirect to :${ACCEPT_PORT}
  }
  chain silent {
    type filter hook input priority filter
    ip daddr ${set("silent", 4)} drop
    ip6 daddr ${set("silent", 6)} drop
    iifname "eth0" udp dport != 53 drop
  }
}`;
}
