import type { Ip } from "../base/ip.ts";
// placeholder until the rtnetlink codec lands
export interface LocalAddress {
  readonly ip: Ip;
  readonly prefixLength: number;
  readonly interface: string;
  readonly index: number;
  readonly up: boolean;
  readonly mtu: number;
}
export function localAddresses(): readonly LocalAddress[] {
  return [];
}
