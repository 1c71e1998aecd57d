import type { LocalAddress } from "../../netlink/interfaces.ts";
import type { Link } from "../../netlink/link.ts";
import type { PathManagerEndpoint, PathManagerLimits } from "../../netlink/mptcp_pm.ts";
import { interfacesOf, uplinks } from "../addresses.ts";
import { count, fail, list, ok, shellWord, unknown, warn } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../result.ts";
import { isUserspaceManaged } from "./sysctls.ts";

/** Who opens further subflows, how many, and from where. */
export function pathManagerChecks(facts: Facts): readonly Check[] {
  const { pathManager } = facts;
  if (!pathManager.known) return [unknown("path-manager", "What the path manager is set to", pathManager)];
  if (isUserspaceManaged(facts)) {
    return [
      ok(
        "path-manager",
        "A program such as mptcpd decides about subflows: the kernel's limits and endpoints do not apply.",
        "userspace",
      ),
    ];
  }
  const { limits, endpoints } = pathManager.value;
  return [
    ok("path-manager", "The kernel decides about subflows, by its limits and endpoints.", "kernel"),
    subflowLimit(limits, endpoints),
    acceptedLimit(limits),
    endpointCount(facts, endpoints),
    ...endpoints.flatMap((endpoint) => endpointChecks(facts, endpoint)),
  ];
}

/** Whether subflows are opened from an endpoint. */
export function opensSubflows(endpoint: PathManagerEndpoint): boolean {
  return endpoint.subflow || endpoint.fullmesh || endpoint.laminar;
}

function subflowLimit(limits: PathManagerLimits, endpoints: readonly PathManagerEndpoint[]): Check {
  const code = "limit-subflows";
  const { subflows } = limits;
  const wanted = endpoints.filter(opensSubflows).length;
  if (subflows === 0) {
    return warn(
      code,
      "No connection may have a second subflow, whoever opens it: the limit is 0.",
      subflows,
      "ip mptcp limits set subflows 2",
    );
  }
  if (wanted > subflows) {
    return warn(
      code,
      `A connection may have ${
        count(subflows, "subflow")
      } beside the first, fewer than the ${wanted} endpoints.`,
      subflows,
      `ip mptcp limits set subflows ${Math.min(wanted, 8)}`,
    );
  }
  return ok(code, `A connection may have ${count(subflows, "subflow")} beside the first.`, subflows);
}

function acceptedLimit({ addAddrAccepted }: PathManagerLimits): Check {
  const code = "limit-add-addr-accepted";
  if (addAddrAccepted > 0) {
    return ok(
      code,
      `Up to ${count(addAddrAccepted, "address", "addresses")} that the other end announces are used.`,
      addAddrAccepted,
    );
  }
  return warn(
    code,
    "Addresses that a server announces are not used: the limit is 0, as it is by default.",
    addAddrAccepted,
    "ip mptcp limits set add_addr_accepted 2",
  );
}

function endpointCount(facts: Facts, endpoints: readonly PathManagerEndpoint[]): Check {
  const code = "endpoints";
  if (endpoints.length > 0) {
    const opening = endpoints.filter(opensSubflows).length;
    const announced = endpoints.filter((endpoint) => endpoint.signal).length;
    const text = `Subflows are opened from ${count(opening, "endpoint")}, and ${announced} announced.`;
    return ok(code, text, endpoints.map((endpoint) => describe(endpoint, facts)).join(", "));
  }
  const further = furtherUplinks(facts);
  if (further.length === 0) {
    return ok(
      code,
      "There are no endpoints: this host opens no further subflows by itself, and has one interface to open " +
        "them from.",
      0,
    );
  }
  return warn(
    code,
    `There are no endpoints: this host opens no further subflows by itself, though ${
      list(interfacesOf(uplinks(facts)))
    } have addresses for them.`,
    0,
    further.map(({ ip, interface: name }) => `ip mptcp endpoint add ${ip} dev ${shellWord(name)} subflow`)
      .join("\n"),
  );
}

/** One address of each interface that connections do not leave by anyway. */
function furtherUplinks(facts: Facts): readonly LocalAddress[] {
  const sources = uplinks(facts);
  const names = interfacesOf(sources);
  if (names.length < 2 || !facts.routing.known) return [];
  const { defaultInterface } = facts.routing.value;
  const first = defaultInterface[4] ?? defaultInterface[6] ?? sources[0]?.address.index;
  return names
    .map((name) => sources.find(({ address }) => address.interface === name)!.address)
    .filter((address) => address.index !== first);
}

function endpointChecks(facts: Facts, endpoint: PathManagerEndpoint): readonly Check[] {
  const { addresses, links } = facts;
  if (!addresses.known || !links.known) return [];
  const { ip, id } = endpoint;
  const found = describe(endpoint, facts);
  const holder = addresses.value.find((each) => each.ip.withZone(undefined).equals(ip));
  if (holder === undefined) return [absentAddress(endpoint, found)];
  const link = linkOf(endpoint, holder, links.value);
  if (link === undefined) {
    return [
      fail(
        "endpoint-interface",
        `The interface of the endpoint ${ip} (id ${id}) does not exist any more: its subflows cannot be opened.`,
        found,
        `ip mptcp endpoint delete id ${id}`,
      ),
    ];
  }
  if (link.index !== holder.index) {
    return [
      fail(
        "endpoint-interface",
        `The endpoint ${ip} (id ${id}) is bound to ${link.name}, but the address is on ${holder.interface}.`,
        found,
        `ip mptcp endpoint delete id ${id}\nip mptcp endpoint add ${ip} dev ${shellWord(holder.interface)} ${
          flagsOf(endpoint)
        }`,
      ),
    ];
  }
  if (!link.up || !link.lowerUp) {
    return [
      warn(
        "endpoint-interface",
        `The interface ${link.name} of the endpoint ${ip} (id ${id}) ${link.up ? "has no link" : "is down"}.`,
        found,
        link.up ? null : `ip link set ${shellWord(link.name)} up`,
      ),
    ];
  }
  return [];
}

function absentAddress(endpoint: PathManagerEndpoint, found: string): Check {
  const { ip, id } = endpoint;
  const fix = `ip mptcp endpoint delete id ${id}`;
  if (opensSubflows(endpoint) || endpoint.port !== undefined) {
    return fail(
      "endpoint-address",
      `The address of the endpoint ${ip} (id ${id}) is not on this host: its subflows cannot be opened.`,
      found,
      fix,
    );
  }
  return warn(
    "endpoint-address",
    `The announced address ${ip} (id ${id}) is not on this host: right only if a NAT leads it here.`,
    found,
    fix,
  );
}

function linkOf(
  endpoint: PathManagerEndpoint,
  holder: LocalAddress,
  links: readonly Link[],
): Link | undefined {
  const index = endpoint.interfaceIndex ?? holder.index;
  return links.find((link) => link.index === index);
}

function describe(endpoint: PathManagerEndpoint, { links }: Facts): string {
  const { id, ip, port, interfaceIndex } = endpoint;
  const name = links.known ? links.value.find(({ index }) => index === interfaceIndex)?.name : undefined;
  return [
    `id ${id}`,
    ip.toString(),
    ...(port === undefined ? [] : [`port ${port}`]),
    ...(interfaceIndex === undefined ? [] : [`dev ${name ?? interfaceIndex}`]),
    flagsOf(endpoint),
  ].join(" ").trimEnd();
}

function flagsOf(endpoint: PathManagerEndpoint): string {
  return (["signal", "subflow", "backup", "fullmesh", "implicit", "laminar"] as const)
    .filter((flag) => endpoint[flag]).join(" ");
}
