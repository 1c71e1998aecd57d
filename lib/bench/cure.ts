import { Endpoint } from "../base/endpoint.ts";
import type { PathJson } from "../base/path_json.ts";
import type { EndpointJson, PathManagerJson } from "../mptcp/path_manager_json.ts";

type PathEnds = Pick<PathJson, "local" | "remote" | "interface">;

/** A command that makes a path a backup. */
export interface Cure {
  /** Where it is to be run. */
  readonly host: "this" | "server";
  /** The endpoint on that host; null where it has to be made. */
  readonly endpoint_id: number | null;
  /** The address of that host which the path uses. */
  readonly address: string;
  /** The command. */
  readonly command: string;
  /** What takes it back; null where that takes more than one command. */
  readonly undo: string | null;
}

/**
 * Which command makes a path a backup: on this host where an endpoint of ours holds its local address, on the
 * server where it announced the remote one.
 *
 * @param path The path.
 * @param best The path that is to go on as it is: an address that both share cannot be the backup.
 * @param ours The path manager of this host; null when it is not known.
 * @param theirs The path manager of the server, as it told; null when it did not.
 * @returns Null where neither end has such an endpoint, or nobody knows.
 */
export function cureOf(
  path: PathEnds,
  best: PathEnds,
  ours: PathManagerJson | null,
  theirs: PathManagerJson | null,
): Cure | null {
  const local = Endpoint.parse(path.local);
  const remote = Endpoint.parse(path.remote);
  const [bestLocal, bestRemote] = [Endpoint.parse(best.local), Endpoint.parse(best.remote)];
  const ownsLocal = local.host !== bestLocal.host;
  const here = ownsLocal ? endpointOf(ours, local) : null;
  if (here !== null) return { host: "this", address: local.host, ...change(here, `id ${here.id}`) };
  const there = remote.host === bestRemote.host ? null : endpointOf(theirs, remote);
  // Ids may be given out anew; on another machine the address is the surer name.
  if (there !== null) return { host: "server", address: remote.host, ...change(there, remote.host) };
  // The first path needs no endpoint. With one, the kernel asks for backup as soon as it is established.
  if (!ownsLocal || ours?.kind !== "kernel" || path.interface === null) return null;
  return {
    host: "this",
    endpoint_id: null,
    address: local.host,
    command: `ip mptcp endpoint add ${local.host} dev ${path.interface} subflow backup`,
    undo: null,
  };
}

/** The endpoint with an address; not one that the kernel made for a connection, which goes with it. */
function endpointOf(manager: PathManagerJson | null, end: Endpoint): EndpointJson | null {
  if (manager === null || manager.kind !== "kernel") return null;
  const host = end.host.replace(/%.*$/, "");
  return manager.endpoints.find(({ address, port, flags }) =>
    address === host && (port === null || port === end.port) && !flags.includes("implicit")
  ) ?? null;
}

/** `ip` sets backup and fullmesh together: what is not named is switched off. */
function change(endpoint: EndpointJson, name: string): Pick<Cure, "endpoint_id" | "command" | "undo"> {
  const mesh = endpoint.flags.includes("fullmesh") ? " fullmesh" : "";
  return {
    endpoint_id: endpoint.id,
    command: `ip mptcp endpoint change ${name} backup${mesh}`,
    undo: `ip mptcp endpoint change ${name} nobackup${mesh}`,
  };
}
