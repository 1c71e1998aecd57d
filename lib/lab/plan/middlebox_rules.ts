import {
  type Direction,
  type Middlebox,
  MPTCP_SUBTYPES,
  type MptcpOption,
  type OnSegments,
  type Segments,
} from "./middlebox.ts";

/** A path as its router knows it. */
export interface RoutedPath {
  /** The name of the path. */
  readonly name: string;
  /** The router's device towards the client: what passes it is on this path. */
  readonly device: string;
  /** How often NAT on this path has forgotten its mappings. */
  readonly rebinds: number;
}

/** A middlebox in force and the number by which its counter is known. */
export interface PlacedMiddlebox {
  readonly id: number;
  readonly box: Middlebox;
}

/** Where the TCP proxy of the router listens. */
export interface ProxyPorts {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** Everything that the router should do beside forwarding. */
export interface RouterRules {
  readonly paths: readonly RoutedPath[];
  readonly placed: readonly PlacedMiddlebox[];
  /** Middleboxes that were in force before and are not any more. */
  readonly gone: readonly number[];
  /** Must be there if one of the middleboxes is a proxy. */
  readonly proxy: ProxyPorts | null;
}

/** The one table in the namespace of the router. */
export const ROUTER_TABLE = "inet mpt_router";

/**
 * Each mapping of a NAT gets a port of the range whose turn it is, so that a flow never keeps its port by
 * chance when the mappings are forgotten.
 */
const NAT_PORTS = ["20000-39999", "40000-59999"] as const;

/** UDP payload from here on is encrypted in every packet of QUIC: 1 + 20 bytes of header at most in a short one. */
const UDP_PAYLOAD_BIT = 20 * 8;

/** `numgen` counts in millionths. */
const MILLION = 1_000_000;

/** The counter of a middlebox, which survives every change of the rules. */
export function counterName(id: number): string {
  return `mbox_${id}`;
}

/** The mark of the connections that the NAT of a path has translated. */
export function natMark(paths: readonly RoutedPath[], name: string): number {
  return paths.findIndex((path) => path.name === name) + 1;
}

/**
 * The input of `nft -f -` that puts middleboxes in force in one step, IPv4 and IPv6 alike. What was there
 * before is replaced; the counters of middleboxes that stay go on.
 *
 * @param rules The paths and middleboxes, checked; see `checkMiddlebox`.
 */
export function routerRuleset(rules: RouterRules): string {
  const { paths, placed, gone, proxy } = rules;
  const nat = placed.filter(({ box }) => box.kind === "nat");
  const proxies = placed.filter(({ box }) => box.kind === "proxy");
  return [
    `add table ${ROUTER_TABLE}`,
    `flush table ${ROUTER_TABLE}`,
    // What is not there cannot be deleted: add it first.
    ...gone.map(counterName).flatMap((name) => [
      `add counter ${ROUTER_TABLE} ${name}`,
      `delete counter ${ROUTER_TABLE} ${name}`,
    ]),
    ...placed.map(({ id }) => `add counter ${ROUTER_TABLE} ${counterName(id)}`),
    ...chain("forward", "type filter hook forward priority 0", placed.flatMap((one) => filter(one, paths))),
    // An empty NAT chain would still make the kernel track every connection.
    ...optionalChain(
      "translate",
      "type nat hook postrouting priority 100",
      nat.flatMap((one) => translate(one, paths)),
    ),
    ...optionalChain(
      "divert",
      "type nat hook prerouting priority -100",
      proxies.flatMap((one) => proxy === null ? [] : divert(one, paths, proxy)),
    ),
    "",
  ].join("\n");
}

function chain(name: string, hook: string, rules: readonly string[]): readonly string[] {
  return [
    `add chain ${ROUTER_TABLE} ${name} { ${hook}; policy accept; }`,
    ...rules.map((rule) => `add rule ${ROUTER_TABLE} ${name} ${rule}`),
  ];
}

function optionalChain(name: string, hook: string, rules: readonly string[]): readonly string[] {
  const lines = chain(name, hook, rules);
  return rules.length > 0 ? lines : [...lines, `delete chain ${ROUTER_TABLE} ${name}`];
}

function filter({ id, box }: PlacedMiddlebox, paths: readonly RoutedPath[]): readonly string[] {
  const counter = `counter name ${counterName(id)}`;
  switch (box.kind) {
    case "strip":
      return segments(box, "mptcp", "all", paths).map((match) =>
        `${match} ${counter} reset tcp option mptcp`
      );
    case "drop":
      return segments(box, "mptcp", "all", paths).map((match) => `${match} ${counter} drop`);
    case "reject": {
      const how = box.how === "icmp-admin-prohibited" ? "icmpx type admin-prohibited" : "tcp reset";
      return segments(box, "any", "syn", paths).map((match) => `${match} ${counter} reject with ${how}`);
    }
    case "drop-udp":
      return ways(box.direction ?? "both", box.port).flatMap(({ direction, port }) =>
        onPath(box.path, direction, paths).map((way) =>
          words(way, port === null ? "meta l4proto udp" : `udp ${port}`, counter, "drop")
        )
      );
    case "blackhole":
      return onPath(box.path, box.direction ?? "both", paths).map((way) => words(way, counter, "drop"));
    case "corrupt":
      return onPath(box.path, box.direction ?? "both", paths).flatMap((way) => [
        words(way, "meta l4proto tcp", chance(box.probability ?? 1), invert(0), counter),
        words(way, "meta l4proto udp", chance(box.probability ?? 1), invert(UDP_PAYLOAD_BIT), counter),
      ]);
    case "nat":
    case "proxy":
      return [];
    default:
      return box satisfies never;
  }
}

/** The rules of NAT see the first packet of each flow; the kernel does the others alike. */
function translate({ id, box }: PlacedMiddlebox, paths: readonly RoutedPath[]): readonly string[] {
  return concerned(box.path, paths).flatMap((path) => {
    const from = `iifname "${path.device}"`;
    const ports = NAT_PORTS[path.rebinds % NAT_PORTS.length];
    return [
      words(from, `ct mark set ${natMark(paths, path.name)}`, `counter name ${counterName(id)}`),
      words(from, "meta l4proto { tcp, udp }", `masquerade to :${ports} fully-random`),
      words(from, "masquerade"),
    ];
  });
}

function divert(
  { id, box }: PlacedMiddlebox,
  paths: readonly RoutedPath[],
  ports: ProxyPorts,
): readonly string[] {
  const port = box.kind === "proxy" && box.port !== undefined ? `tcp dport ${box.port}` : "";
  const counter = `counter name ${counterName(id)}`;
  return concerned(box.path, paths).flatMap((path) =>
    (["ipv4", "ipv6"] as const).map((family) =>
      words(
        `iifname "${path.device}"`,
        `meta nfproto ${family}`,
        port,
        // Not in the middle of a connection that was there before.
        FLAGS.syn,
        counter,
        `redirect to :${ports[family]}`,
      )
    )
  );
}

const FLAGS: Readonly<Record<Segments, string>> = {
  syn: "tcp flags & (syn | ack) == syn",
  synack: "tcp flags & (syn | ack) == (syn | ack)",
  "syn-and-synack": "tcp flags & syn == syn",
  "after-syn": "tcp flags & syn == 0x0",
  all: "meta l4proto tcp",
};

function segments(
  box: OnSegments,
  defaultOption: MptcpOption,
  defaultSegments: Segments,
  paths: readonly RoutedPath[],
): readonly string[] {
  const flags = FLAGS[box.packets ?? defaultSegments];
  const option = optionMatch(box.option ?? defaultOption);
  return onPath(box.path, box.direction ?? "both", paths).map((way) => words(way, flags, option));
}

function optionMatch(option: MptcpOption): string {
  if (option === "any") return "";
  if (option === "mptcp") return "tcp option mptcp exists";
  // By number: nft before 1.1.2 does not know the names.
  return `tcp option mptcp subtype ${MPTCP_SUBTYPES.indexOf(option)}`;
}

/** The ways of packets to and from a port of the server: its number stands in another field on each. */
function ways(
  direction: Direction,
  port: number | undefined,
): readonly { readonly direction: Direction; readonly port: string | null }[] {
  if (port === undefined) return [{ direction, port: null }];
  const up = { direction: "up", port: `dport ${port}` } as const;
  const down = { direction: "down", port: `sport ${port}` } as const;
  return direction === "both" ? [up, down] : [direction === "up" ? up : down];
}

/** A match for each way that packets of a path can go; everything in the router is on some path. */
function onPath(
  name: string | undefined,
  direction: Direction,
  paths: readonly RoutedPath[],
): readonly string[] {
  if (name === undefined && direction === "both") return [""];
  const devices = concerned(name, paths).map((path) => `"${path.device}"`).join(", ");
  const up = `iifname { ${devices} }`;
  const down = `oifname { ${devices} }`;
  return direction === "both" ? [up, down] : [direction === "up" ? up : down];
}

function concerned(name: string | undefined, paths: readonly RoutedPath[]): readonly RoutedPath[] {
  return name === undefined ? paths : paths.filter((path) => path.name === name);
}

function chance(probability: number): string {
  const share = Math.max(1, Math.round(probability * MILLION));
  return share >= MILLION ? "" : `numgen random mod ${MILLION} < ${share}`;
}

/** Inverts two bytes of the payload; the rule ends here where the payload is shorter. */
function invert(bit: number): string {
  const bytes = `@ih,${bit},16`;
  return `${bytes} set ${bytes} ^ 0xffff`;
}

function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
