import { hold, type Namespaces } from "../../lib/lab/namespaces.ts";

/**
 * Two hosts with two paths through a router, each path over IPv4 and IPv6:
 *
 * ```
 *  client                    router                     server
 *  10.1.1.2 fd01:1::2  p1 == c1  s1 == p1  10.2.1.2 fd02:1::2
 *  10.1.2.2 fd01:2::2  p2 == c2  s2 == p2  10.2.2.2 fd02:2::2
 * ```
 *
 * The client opens subflows from its second address, and both take up what is announced.
 */
export async function routerNetwork(): Promise<Namespaces> {
  return await hold([
    ...["client", "router", "server"].flatMap((
      name,
    ) => [`ip netns add ${name}`, `ip -n ${name} link set lo up`]),
    ...[1, 2].flatMap((path) => [...side("client", "c", 1, path), ...side("server", "s", 2, path)]),
    'nsenter --net=/run/netns/router -- sh -c "echo 1 > /proc/sys/net/ipv4/ip_forward"',
    'nsenter --net=/run/netns/router -- sh -c "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"',
    ...["client", "server"].map((name) => `ip -n ${name} mptcp limits set subflows 4 add_addr_accepted 4`),
    "ip -n client mptcp endpoint add 10.1.2.2 dev p2 subflow",
    "ip -n client mptcp endpoint add fd01:2::2 dev p2 subflow",
  ]);
}

/** Replaces the rules of the router; the body is that of a chain in the forward hook, for both families. */
export async function middlebox(network: Namespaces, ...rules: readonly string[]): Promise<void> {
  const chain = `type filter hook forward priority 0; policy accept; ${rules.join("; ")}`;
  await ruleset(network, `table inet mb {\nchain f { ${chain}; }\n}`);
}

/** Replaces all tables of the router. */
export async function ruleset(network: Namespaces, tables: string): Promise<void> {
  await network.output("router", ["nft", `flush ruleset\n${tables}\n`]);
}

function side(name: string, letter: string, net: number, path: number): readonly string[] {
  const near = `p${path}`;
  const far = `${letter}${path}`;
  const table = 100 + path;
  const networks = [
    { family: "-4", prefix: `10.${net}.${path}.`, length: 24 },
    { family: "-6", prefix: `fd0${net}:${path}::`, length: 64 },
  ];
  return [
    `ip link add ${near} netns ${name} type veth peer name ${far} netns router`,
    ...networks.flatMap(({ family, prefix, length }) => {
      const nodad = family === "-6" ? " nodad" : "";
      return [
        `ip -n ${name} addr add ${prefix}2/${length} dev ${near}${nodad}`,
        `ip -n router addr add ${prefix}1/${length} dev ${far}${nodad}`,
      ];
    }),
    `ip -n ${name} link set ${near} up`,
    `ip -n router link set ${far} up`,
    ...networks.flatMap(({ family, prefix, length }) => [
      // Each address leaves by its own path; what has no address yet takes the first.
      `ip ${family} -n ${name} rule add from ${prefix}2 table ${table}`,
      `ip ${family} -n ${name} route add ${prefix}${
        family === "-4" ? "0" : ""
      }/${length} dev ${near} table ${table}`,
      `ip ${family} -n ${name} route add default via ${prefix}1 dev ${near} table ${table}`,
      ...(path === 1 ? [`ip ${family} -n ${name} route add default via ${prefix}1 dev ${near}`] : []),
    ]),
    `nsenter --net=/run/netns/${name} -- sh -c "echo 0 > /proc/sys/net/ipv4/conf/${near}/rp_filter"`,
    `nsenter --net=/run/netns/router -- sh -c "echo 0 > /proc/sys/net/ipv4/conf/${far}/rp_filter"`,
  ];
}
