import assert from "node:assert/strict";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import { sameAddress, type SocketAddress } from "../../lib/quic/connection/tuple.ts";

interface Seen {
  /** Bytes that came from there and that went there. */
  received: number;
  sent: number;
  /** Whether anything of the server's arrived there, so that the client can show that it is there. */
  reached: boolean;
}

/** Holds a server to RFC 9000 8.1: at most three times the bytes from an address that is not validated. */
export class AmplificationGuard {
  readonly #addresses = new Map<string, Seen>();

  onServerReceived(from: SocketAddress, bytes: number): void {
    this.#at(from).received += bytes;
  }

  /** A datagram came through the NAT with this outer address. */
  onClientReceived(outer: SocketAddress["ip"]): void {
    for (const [key, seen] of this.#addresses) {
      if (seen.sent > 0 && key.startsWith(`${outer} `)) seen.reached = true;
    }
  }

  onServerSent(server: Connection, to: SocketAddress, bytes: number): void {
    const seen = this.#at(to);
    if (isValidated(server, to)) {
      assert(seen.reached, `${to.ip} ${to.port} is validated, but nothing ever arrived there`);
      // What was sent while it was validated does not count when it has to be validated once more; what came may
      // have been counted by another path that goes there as well
      seen.sent = 0;
      return;
    }
    seen.sent += bytes;
    assert(
      seen.sent <= 3 * seen.received,
      `${seen.sent} bytes to ${to.ip} ${to.port} for ${seen.received} from there`,
    );
  }

  #at({ ip, port }: SocketAddress): Seen {
    const key = `${ip} ${port}`;
    let seen = this.#addresses.get(key);
    if (seen === undefined) this.#addresses.set(key, seen = { received: 0, sent: 0, reached: false });
    return seen;
  }
}

function isValidated(server: Connection, to: SocketAddress): boolean {
  for (const { network, fallback, asides } of server.core.paths.values()) {
    for (const way of [network, fallback, ...asides]) {
      if (way !== null && way.validated && sameAddress(way.tuple.remote, to)) return true;
    }
  }
  return false;
}
