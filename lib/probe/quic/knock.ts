import type { Endpoint } from "../../base/endpoint.ts";
import { Ip } from "../../base/ip.ts";
import { ffiUnavailableReason } from "../../io/ffi_access.ts";
import { UdpSocket } from "../../io/udp_socket.ts";
import { reservedVersion } from "../../quic/wire/versions.ts";
import type { ProbePlan } from "../options.ts";

/** RFC 9000 14.1: a server answers no smaller one with its versions. */
const DATAGRAM_BYTES = 1200;

/** RFC 9000 7.2: a client's first destination id has eight bytes at the least. */
const ID_BYTES = 8;

/**
 * Whether ICMP says at once that nothing listens on a UDP port, as on this machine: then no handshake has to be
 * tried, for which several hundred modules would have to be loaded. What is sent is a packet of a version that nobody
 * has (RFC 9000 6.3); a server of QUIC answers with its versions, which nobody waits for.
 *
 * @returns False also for whatever keeps it from being known: the handshake tells.
 */
export async function isRefused(
  remote: Endpoint,
  { localAddress, interface: name }: Pick<ProbePlan, "localAddress" | "interface">,
): Promise<boolean> {
  if (ffiUnavailableReason() !== null) return false;
  let socket: UdpSocket;
  try {
    const address = localAddress ?? Ip.parse(remote.ip!.family === 4 ? "0.0.0.0" : "::");
    socket = UdpSocket.open({ address, remote, ...(name === undefined ? {} : { interface: name }) });
  } catch {
    return false;
  }
  try {
    socket.send(packet(), 0, DATAGRAM_BYTES, remote);
    socket.receive(() => {});
    return socket.takeReport() === "refused";
  } catch {
    return false;
  } finally {
    await socket.close();
  }
}

/** A long header (RFC 8999 5.1) and nothing that anybody could read. */
function packet(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(DATAGRAM_BYTES);
  const random = crypto.getRandomValues(new Uint8Array(4 + ID_BYTES));
  bytes[0] = 0xc0;
  new DataView(bytes.buffer).setUint32(1, reservedVersion(random));
  bytes[5] = ID_BYTES;
  bytes.set(random.subarray(4), 6);
  return bytes;
}
