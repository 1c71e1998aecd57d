import type { LinkEnd } from "./addresses.ts";
import { inHost } from "./hosts.ts";
import type { PathPlan } from "./plan.ts";

/** The default MTU of Ethernet. */
const ETHERNET_MTU = 1500;

/** The end of the link that is not the client's. */
export function farEnd(path: PathPlan): LinkEnd {
  return path.router === null ? path.server : path.router.client;
}

/** The line that makes the link of a path as a veth pair. */
export function linkLines(path: PathPlan): readonly string[] {
  return [vethLine(path.client, farEnd(path), path.mtu)];
}

/** The line that joins the router to the server of a path, with room for every packet of the link. */
export function serverLinkLines(path: PathPlan): readonly string[] {
  if (path.router === null) return [];
  return [vethLine(path.router.server, path.server, Math.max(path.mtu, ETHERNET_MTU))];
}

/**
 * The lines that switch segmentation by the interfaces off, so that what is shaped, lost or counted is a
 * packet as the link carries it and not a train of 64 KiB.
 *
 * @param path The path.
 * @param whole Whether the interfaces between router and server are meant too.
 * @param veth Whether the link of the path is a veth pair; TUN devices have nothing to switch off.
 */
export function offloadLines(path: PathPlan, whole: boolean, veth: boolean): readonly string[] {
  const ends = [
    ...(veth ? [path.client, farEnd(path)] : []),
    ...(whole && path.router !== null ? [path.router.server, path.server] : []),
  ];
  return ends.map((end) => inHost(end.host, `ethtool -K ${end.device} tso off gso off gro off >/dev/null`));
}

function vethLine(one: LinkEnd, other: LinkEnd, mtu: number): string {
  const half = (end: LinkEnd): string => `name ${end.device} netns ${end.host} address ${end.mac} mtu ${mtu}`;
  return `ip link add ${half(one)} type veth peer ${half(other)}`;
}
