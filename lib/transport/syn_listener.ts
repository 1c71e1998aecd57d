import { IPPROTO_TCP } from "../../ffi/mod.ts";
import type { Endpoint } from "../base/endpoint.ts";
import type { Ip } from "../base/ip.ts";
import type { Connection } from "../io/connection.ts";
import { ListeningSocket } from "../io/kernel_socket.ts";
import { savedSyn } from "../io/saved_syn.ts";
import { systemError } from "../io/system_error.ts";
import { tcpConnection } from "./tcp.ts";

/** A connection whose client shows how its SYN arrived. */
export interface SynConnection {
  readonly connection: Connection;
  /** The SYN from its IP header to the end of its TCP header; null when the kernel kept none. */
  readonly syn: Uint8Array | null;
}

/** Clients that may wait to be looked at. */
const BACKLOG = 64;

/** Nothing but a little noise is read from a client of the mirror. */
const READ_BUFFER_BYTES = 1024;

/**
 * A plain TCP listener that keeps the SYN of each connection. MPTCP sockets cannot do that: a client that
 * speaks MPTCP falls back here, and its SYN still shows that it asked.
 */
export class SynListener {
  readonly #socket: ListeningSocket;

  private constructor(socket: ListeningSocket) {
    this.#socket = socket;
  }

  /**
   * Listens.
   *
   * @throws {MptError} As `listenTcp`; also without system calls, and on kernels without TCP_SAVE_SYN.
   */
  static open(ip: Ip, port: number, dualStack: boolean): SynListener {
    const options = { protocol: IPPROTO_TCP, backlog: BACKLOG, dualStack, saveSyn: true };
    return new SynListener(
      ListeningSocket.open(ip, port, options, (errno) => systemError(errno, "open a TCP socket")),
    );
  }

  /** The address and the port. */
  get local(): Endpoint {
    return this.#socket.local;
  }

  /** The next connection, or null once the listener is closed. */
  async accept(): Promise<SynConnection | null> {
    const accepted = await this.#socket.accept();
    if (accepted === null) return null;
    const syn = savedSyn(accepted.fd);
    return { syn, connection: tcpConnection(accepted, { readBufferBytes: READ_BUFFER_BYTES }) };
  }

  /** Stops listening. */
  close(): Promise<void> {
    return this.#socket.close();
  }
}
