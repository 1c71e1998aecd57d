/**
 * Lines of shell that make the hosts of a lab inside a fresh mount and network namespace: pure text, so
 * that it can be read, printed and tested without any right.
 *
 * @module
 */
import type { LabHost } from "./addresses.ts";
import type { LabPlan } from "./plan.ts";

/** The hosts of a lab, from the client to the server. */
export function hostsOf(plan: { readonly router: boolean }): readonly LabHost[] {
  return plan.router ? ["client", "router", "server"] : ["client", "server"];
}

/** The lines that make the hosts and their settings, before they have interfaces. */
export function hostLines(plan: LabPlan): readonly string[] {
  return hostsOf(plan).flatMap((host) => [
    `ip netns add ${host}`,
    `ip -n ${host} link set lo up`,
    inHost(host, settingsOf(host).map(([key, value]) => setting(key, value)).join("; ")),
  ]);
}

/** A line that runs shell commands, which may hold no single quote, on a host. */
export function inHost(host: LabHost, commands: string): string {
  return `nsenter --net=/run/netns/${host} -- sh -ec '${commands}'`;
}

/** The command that writes a setting of the network; without IPv6 in the kernel there is none to write. */
export function setting(key: string, value: number): string {
  const file = `/proc/sys/net/${key}`;
  return `${key.startsWith("ipv6/") ? `test ! -e ${file} || ` : ""}echo ${value} > ${file}`;
}

function settingsOf(host: LabHost): readonly (readonly [string, number])[] {
  return [
    // Loose or strict filtering would drop what arrives for an address over another path. Interfaces take
    // the setting of `default` when they are made; the higher of theirs and that of `all` is in force.
    ["ipv4/conf/all/rp_filter", 0],
    ["ipv4/conf/default/rp_filter", 0],
    // Addresses can be used at once, and nobody waits for a router to make itself known.
    ["ipv6/conf/all/accept_dad", 0],
    ["ipv6/conf/default/accept_dad", 0],
    ["ipv6/conf/all/accept_ra", 0],
    ["ipv6/conf/default/accept_ra", 0],
    ...host === "router"
      ? [["ipv4/ip_forward", 1], ["ipv6/conf/all/forwarding", 1], [
        "ipv4/conf/all/send_redirects",
        0,
      ]] as const
      // What one connection learned of a path must not change how the next one starts.
      : [["ipv4/tcp_no_metrics_save", 1]] as const,
  ];
}
