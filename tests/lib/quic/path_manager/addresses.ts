import { Ip } from "../../../../lib/base/ip.ts";
import type { SocketAddress } from "../../../../lib/quic/connection/tuple.ts";
import type { LocalAddress } from "../../../../lib/quic/path_manager/pair.ts";

export function local(name: string, ip: string): LocalAddress {
  return { interface: name, ip: Ip.parse(ip) };
}

export function remote(ip: string, port: number = 443): SocketAddress {
  return { ip: Ip.parse(ip), port };
}

export const WIFI: LocalAddress = local("wlan0", "192.0.2.10");
export const WIFI6: LocalAddress = local("wlan0", "2001:db8::10");
export const CELL: LocalAddress = local("wwan0", "198.51.100.10");
export const ALPHA: SocketAddress = remote("203.0.113.1");
export const BETA: SocketAddress = remote("203.0.113.2");
export const ALPHA6: SocketAddress = remote("2001:db8:1::1");
