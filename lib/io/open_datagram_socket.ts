import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { checkRemote } from "./datagram_remote.ts";
import type { DatagramBackend, DatagramSocket, DatagramSocketOptions } from "./datagram_socket.ts";
import { DenoDatagrams } from "./deno_datagrams.ts";
import { ffiUnavailableReason } from "./ffi_access.ts";
import { NodeDatagrams } from "./node_datagrams.ts";
import { RuntimeDatagramSocket } from "./runtime_datagram_socket.ts";
import { UdpSocket } from "./udp_socket.ts";

/** A backend, and why it is no better one. */
interface Choice {
  readonly backend: DatagramBackend;
  readonly reason: string | null;
}

/** The best datagram backend there is here, and in words why there is no better one. */
export function chooseDatagramBackend(): Choice {
  const noFfi = ffiUnavailableReason();
  if (noFfi === null) return { backend: "ffi", reason: null };
  if (hasListenDatagram()) return { backend: "deno", reason: `no batches, marks and packet info: ${noFfi}` };
  const reason = `Deno.listenDatagram needs --unstable-net; no batches, marks and packet info: ${noFfi}`;
  return { backend: "node", reason };
}

/**
 * Opens a datagram socket of the best backend that this program can use.
 *
 * @param options Where to bind, and how.
 * @returns The socket; its `backend` and `backendReason` tell which it is and why.
 * @throws {MptError} `ERR_ADDRESS_IN_USE`, `ERR_ADDRESS_NOT_LOCAL`, `ERR_NET_PERMISSION`,
 *   `ERR_OPTION_REFUSED`, `ERR_NOT_SUPPORTED` for an option that only system calls can do,
 *   `ERR_INVALID_ADDRESS` for a `remote` of another address family.
 */
export function openDatagramSocket(options: DatagramSocketOptions): Promise<DatagramSocket> {
  return new Promise((resolve) => resolve(openDatagramSocketNow(options)));
}

/** As {@linkcode openDatagramSocket}, at once: none of the backends has to wait for anything. */
export function openDatagramSocketNow(options: DatagramSocketOptions): DatagramSocket {
  const choice = choose(options);
  if (choice.backend === "ffi") return UdpSocket.open(options);
  const action = check(options, choice);
  const socket = choice.backend === "deno"
    ? DenoDatagrams.open(options, action)
    : NodeDatagrams.open(options, action);
  return new RuntimeDatagramSocket(socket, choice.reason, options.remote);
}

function choose(options: DatagramSocketOptions): Choice {
  return options.backend === undefined ? chooseDatagramBackend() : { backend: options.backend, reason: null };
}

function actionOf({ address, port = 0 }: DatagramSocketOptions): string {
  return `open a datagram socket on ${Endpoint.of(address, port).address}`;
}

/** Refuses what the runtime's sockets cannot do. @returns The action, for messages. */
function check(options: DatagramSocketOptions, { backend }: Choice): string {
  const { address, dualStack = true, remote } = options;
  const action = actionOf(options);
  refuse(action, "interface", options.interface !== undefined);
  refuse(action, "dualStack: false", backend === "deno" && address.family === 6 && !dualStack);
  if (remote !== undefined) checkRemote(remote, { family: address.family, dualStack });
  if (backend === "deno" && !hasListenDatagram()) {
    throw new MptError("ERR_NOT_SUPPORTED", `Cannot ${action}: run again with --unstable-net`, {
      fix: "--unstable-net",
    });
  }
  return action;
}

function hasListenDatagram(): boolean {
  return "listenDatagram" in Deno;
}

function refuse(action: string, option: string, wanted: boolean): void {
  if (!wanted) return;
  const reason = ffiUnavailableReason() ?? "the backend that was asked for has no such option";
  throw new MptError("ERR_NOT_SUPPORTED", `Cannot ${action} with ${option}: ${reason}`);
}
