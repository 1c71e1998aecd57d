import type { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import { requireNet } from "./net_permission.ts";

/** The address families that a socket can send to. */
export interface Reach {
  /** The family of the socket's own address. */
  readonly family: 4 | 6;
  /** Whether it is an IPv6 socket that also takes IPv4. */
  readonly dualStack: boolean;
}

/**
 * Makes sure that a socket may send to a peer that it has not met.
 *
 * @returns The address and port to give to the socket: an IPv4 address is mapped for a dual-stack socket.
 * @throws {MptError} `ERR_INVALID_ADDRESS`, `ERR_NET_PERMISSION`.
 */
export function checkRemote(remote: Endpoint, reach: Reach): { readonly ip: Ip; readonly port: number } {
  const { ip, port } = remote;
  if (ip === undefined || !port) {
    throw new MptError("ERR_INVALID_ADDRESS", `Cannot send to ${remote}: it has to be an address and a port`);
  }
  const fitting = fit(ip, reach);
  if (fitting === null) {
    const reason = `the socket is IPv${reach.family} only`;
    throw new MptError("ERR_INVALID_ADDRESS", `Cannot send to ${remote.address}: ${reason}`);
  }
  requireNet(remote, `send to ${remote.address}`);
  return { ip: fitting, port };
}

/** The address in the family of the socket, or null when there is none. */
export function fit(ip: Ip, { family, dualStack }: Reach): Ip | null {
  const plain = ip.unmapped();
  if (family === plain.family) return plain;
  if (family === 4 || !dualStack) return null;
  // RFC 4291 2.5.5.2
  const mapped = new Uint8Array(16);
  mapped.fill(0xff, 10, 12);
  mapped.set(plain.bytes, 12);
  return Ip.fromBytes(mapped);
}

/** Throws `ERR_INVALID_VALUE` when a send is not about bytes inside the buffer. */
export function checkRange(buffer: Uint8Array, start: number, end: number, segmentBytes: number): void {
  const whole = Number.isInteger(start) && Number.isInteger(end) && Number.isInteger(segmentBytes);
  if (whole && start >= 0 && start <= end && end <= buffer.length && segmentBytes >= 0) return;
  throw new MptError(
    "ERR_INVALID_VALUE",
    `Cannot send bytes ${start} to ${end} in segments of ${segmentBytes}: the buffer has ${buffer.length}`,
  );
}

/** The error for a send over a socket that is closed. */
export function closedError(local: Endpoint): MptError {
  return new MptError("ERR_CLOSED", `Cannot send from ${local.address}: the socket is closed`);
}

/** The error for a handler that receives. */
export function nestedError(): MptError {
  return new MptError("ERR_USAGE", "Cannot receive: a datagram of this socket is being handled");
}
