import type { MptError } from "../base/errors.ts";
import { readProc } from "../io/proc.ts";
import type {
  HostEvidence,
  KernelMptcp,
  LocalEndpoint,
  PathManagerEvidence,
  Tristate,
} from "../mptcp/diagnosis/mod.ts";
import { type EndpointJson, pathManagerJson } from "../mptcp/path_manager_json.ts";
import { type LocalAddress, localAddresses } from "../netlink/interfaces.ts";

/** What this host's kernel and settings say about MPTCP. */
export function hostEvidence(problem: MptError | null): HostEvidence {
  return {
    mptcp: kernelMptcp(problem),
    reason: problem?.message.replace(/^Cannot .*?: /, "") ?? null,
    pathManager: pathManager(),
    blackholeTimeoutS: blackholeTimeout(),
    addresses: usableAddresses(),
  };
}

function kernelMptcp(problem: MptError | null): KernelMptcp {
  switch (problem?.code) {
    case undefined:
      return "usable";
    case "ERR_MPTCP_DISABLED":
      return "disabled";
    case "ERR_MPTCP_UNSUPPORTED":
    case "ERR_NOT_LINUX":
      return "missing";
    case "ERR_PERMISSION":
    case "ERR_FFI_PERMISSION":
    case "ERR_NET_PERMISSION":
      return "forbidden";
    default:
      return "unknown";
  }
}

function pathManager(): PathManagerEvidence | "unknown" {
  const manager = pathManagerJson();
  if (manager === null) return "unknown";
  const held = addresses();
  return {
    kind: manager.kind,
    subflows: manager.subflows_max,
    addAddrAccepted: manager.add_addr_accepted_max,
    endpoints: manager.endpoints.map((endpoint) => localEndpoint(endpoint, held)),
  };
}

function localEndpoint(endpoint: EndpointJson, held: readonly LocalAddress[] | null): LocalEndpoint {
  const { address, flags } = endpoint;
  const onHost: Tristate = held === null
    ? "unknown"
    : held.some(({ ip }) => ip.toString().replace(/%.*$/, "") === address)
    ? "yes"
    : "no";
  return {
    id: endpoint.id,
    address,
    family: address.includes(":") ? 6 : 4,
    interface: endpoint.interface,
    subflow: flags.includes("subflow") || flags.includes("fullmesh"),
    signal: flags.includes("signal"),
    fullmesh: flags.includes("fullmesh"),
    backup: flags.includes("backup"),
    onHost,
  };
}

function usableAddresses(): HostEvidence["addresses"] {
  return addresses()?.filter(({ ip, up, loopback }) => up && !loopback && !ip.isLinkLocal)
    .map(({ ip, interface: name }) => ({ address: ip.toString(), family: ip.family, interface: name })) ??
    "unknown";
}

/** Whether an address is one of this host's, so that both ends count in one namespace. */
export function isOnThisHost(address: string): boolean {
  return addresses()?.some(({ ip, loopback }) => {
    const text = ip.toString().replace(/%.*$/, "");
    return text === address || (loopback && text === "127.0.0.1" && address.startsWith("127."));
  }) ?? false;
}

function addresses(): readonly LocalAddress[] | null {
  try {
    return localAddresses();
  } catch {
    return null;
  }
}

function blackholeTimeout(): number | "unknown" {
  try {
    const text = readProc("/proc/sys/net/mptcp/blackhole_timeout")?.trim();
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : "unknown";
  } catch {
    return "unknown";
  }
}
