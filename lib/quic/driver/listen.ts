import { Endpoint } from "../../base/endpoint.ts";
import { MptError } from "../../base/errors.ts";
import type { DatagramSocket, DatagramSocketOptions } from "../../io/datagram_socket.ts";
import { openDatagramSocket, openDatagramSocketNow } from "../../io/open_datagram_socket.ts";
import type { QuicListener } from "./api.ts";
import { configurationOf } from "./configuration.ts";
import { identityOf } from "./credentials.ts";
import { DrivenListener } from "./listener.ts";
import type { QuicListenOptions } from "./options.ts";

/**
 * Listens for QUIC connections.
 *
 * @param endpoint The address and the port; port 0 is any free one.
 * @param options Application protocols, certificate, limits.
 * @returns The listener.
 * @throws {MptError} `ERR_ADDRESS_IN_USE`, `ERR_ADDRESS_NOT_LOCAL`, `ERR_NET_PERMISSION`, `ERR_OPTION_REFUSED`,
 *   `ERR_INVALID_VALUE` for a certificate that cannot be used, `ERR_INVALID_ENDPOINT` for a host name.
 *
 * @example A server with a certificate of its own making
 * ```ts
 * import assert from "node:assert/strict";
 * import { listen } from "@multipath/mpt/quic";
 * import { Endpoint } from "@multipath/mpt/base";
 *
 * const address = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });
 * await using listener = await listen(address, { alpn: ["hq-interop"] });
 * assert.match(listener.pin, /^sha256\//);
 * assert(listener.local.port! > 0);
 * ```
 */
export async function listen(endpoint: Endpoint, options: QuicListenOptions): Promise<QuicListener> {
  return await prepare(endpoint, options, async (socketOptions, make) => {
    try {
      return make(await openDatagramSocket(socketOptions));
    } catch (error) {
      throw listenError(error, endpoint);
    }
  });
}

/** As {@linkcode listen}, at once. */
export function listenNow(endpoint: Endpoint, options: QuicListenOptions): DrivenListener {
  return prepare(endpoint, options, (socketOptions, make) => {
    try {
      return make(openDatagramSocketNow(socketOptions));
    } catch (error) {
      throw listenError(error, endpoint);
    }
  });
}

function prepare<T>(
  endpoint: Endpoint,
  options: QuicListenOptions,
  open: (options: DatagramSocketOptions, make: (socket: DatagramSocket) => DrivenListener) => T,
): T {
  const { ip, port = 0 } = endpoint;
  if (ip === undefined) {
    throw new MptError("ERR_INVALID_ENDPOINT", `Cannot listen on ${endpoint.address}: it is not an address`);
  }
  const config = configurationOf(options);
  const identity = identityOf(options, ip.toString());
  const socketOptions: DatagramSocketOptions = {
    address: ip,
    port,
    ...(options.dualStack === undefined ? {} : { dualStack: options.dualStack }),
    ...(options.interface === undefined ? {} : { interface: options.interface }),
    ...(options.socketBackend === undefined ? {} : { backend: options.socketBackend }),
  };
  return open(socketOptions, (socket) => new DrivenListener(socket, config, identity, options));
}

/** What the socket says, in the words of whoever listens. */
function listenError(error: unknown, endpoint: Endpoint): unknown {
  if (!(error instanceof MptError)) return error;
  const address = Endpoint.of(endpoint.ip!, endpoint.port ?? 0).address;
  const message = error.message.replace(
    /^Cannot open a datagram socket on [^ ]+:/,
    `Cannot listen on ${address}:`,
  );
  if (message === error.message) return error;
  return new MptError(error.code, message, {
    cause: error,
    data: error.data,
    ...(error.fix === undefined ? {} : { fix: error.fix }),
  });
}
