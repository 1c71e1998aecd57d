import {
  AF_INET,
  AF_INET6,
  interfaceIndex,
  interfaceName,
  SOCKADDR_IN6_LAYOUT,
  SOCKADDR_IN_LAYOUT,
} from "../../ffi/mod.ts";
import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";

const V4 = SOCKADDR_IN_LAYOUT;
const V6 = SOCKADDR_IN6_LAYOUT;

/** The kernel's address family number of an address. */
export function addressFamily(ip: Ip): number {
  return ip.family === 4 ? AF_INET : AF_INET6;
}

/**
 * The `struct sockaddr_in` or `sockaddr_in6` of an address and port.
 *
 * @throws {MptError} `ERR_INVALID_ADDRESS` when the zone names no interface of this host.
 */
export function encodeSockaddr(ip: Ip, port: number): Uint8Array<ArrayBuffer> {
  const layout = ip.family === 4 ? V4 : V6;
  const bytes = new Uint8Array(layout.size);
  const view = new DataView(bytes.buffer);
  view.setUint16(layout.fields.family.offset, addressFamily(ip), true);
  view.setUint16(layout.fields.port.offset, port, false);
  bytes.set(ip.bytes, layout.fields.address.offset);
  if (ip.zone !== undefined) view.setUint32(V6.fields.scopeId.offset, zoneIndex(ip.zone), true);
  return bytes;
}

/** The endpoint in a sockaddr at `offset`, IPv4-mapped addresses as IPv4; null for any other family. */
export function decodeSockaddr(view: DataView<ArrayBuffer>, offset: number = 0): Endpoint | null {
  if (view.byteLength - offset < V4.size) return null;
  const family = view.getUint16(offset, true);
  if (family === AF_INET) {
    const port = view.getUint16(offset + V4.fields.port.offset, false);
    return Endpoint.of(Ip.fromBytes(slice(view, offset + V4.fields.address.offset, 4)), port);
  }
  if (family === AF_INET6 && view.byteLength - offset >= V6.size) {
    const port = view.getUint16(offset + V6.fields.port.offset, false);
    const scope = view.getUint32(offset + V6.fields.scopeId.offset, true);
    const zone = scope === 0 ? undefined : interfaceName(scope) ?? String(scope);
    const ip = Ip.fromBytes(slice(view, offset + V6.fields.address.offset, 16), zone);
    return Endpoint.of(ip.unmapped(), port);
  }
  return null;
}

function slice(view: DataView<ArrayBuffer>, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}

function zoneIndex(zone: string): number {
  const index = /^\d+$/.test(zone) ? Number(zone) : interfaceIndex(zone);
  if (index > 0 && index <= 0xffff_ffff) return index;
  throw new MptError("ERR_INVALID_ADDRESS", `Cannot use the zone "${zone}": no interface has that name`);
}
