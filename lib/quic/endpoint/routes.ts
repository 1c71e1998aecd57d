import type { SocketAddress } from "../connection/tuple.ts";
import { LOCAL_ID_BYTES } from "../connection/config.ts";
import { ConnectionId } from "../wire/connection_id.ts";
import type { PacketHeader } from "../wire/packet_header.ts";

/** Which connection a packet belongs to, by its destination connection id. */
export class Routes<Entry> {
  /** Ids that we issued, by their first six bytes as a number: no string is made for a packet. */
  readonly #issued = new Map<number, { readonly id: ConnectionId; readonly entry: Entry }>();
  /** Ids that clients made up for their first packets. */
  readonly #original = new Map<string, Entry>();
  /** Connections by the address of the peer, for stateless resets. */
  readonly #byAddress = new Map<string, Set<Entry>>();

  /** How many ids were issued and are in use. */
  get size(): number {
    return this.#issued.size;
  }

  /** Whether an id could be taken for one in use. */
  isTaken(id: ConnectionId): boolean {
    return this.#issued.has(keyOf(id.toBytes(), 0));
  }

  /** Adds an id that we issued. */
  add(id: ConnectionId, entry: Entry): void {
    this.#issued.set(keyOf(id.toBytes(), 0), { id, entry });
  }

  /** Forgets an id that was retired. */
  remove(id: ConnectionId): void {
    this.#issued.delete(keyOf(id.toBytes(), 0));
  }

  /** Adds the id that a client sends its first packets to. */
  addOriginal(id: ConnectionId, entry: Entry): void {
    this.#original.set(id.toString(), entry);
  }

  removeOriginal(id: ConnectionId): void {
    this.#original.delete(id.toString());
  }

  /** Adds the address of a peer. */
  addAddress(remote: SocketAddress, entry: Entry): void {
    const key = addressKey(remote);
    const entries = this.#byAddress.get(key);
    if (entries === undefined) this.#byAddress.set(key, new Set([entry]));
    else entries.add(entry);
  }

  removeAddress(remote: SocketAddress, entry: Entry): void {
    const key = addressKey(remote);
    const entries = this.#byAddress.get(key);
    entries?.delete(entry);
    if (entries?.size === 0) this.#byAddress.delete(key);
  }

  /** The connection of a packet; undefined for none. */
  find(bytes: Uint8Array, header: PacketHeader): Entry | undefined {
    const { destinationStart, destinationEnd } = header;
    if (destinationEnd - destinationStart === LOCAL_ID_BYTES) {
      const found = this.#issued.get(keyOf(bytes, destinationStart));
      if (found?.id.matches(bytes, destinationStart, destinationEnd) === true) return found.entry;
    }
    if (header.type === "1-rtt" || this.#original.size === 0) return undefined;
    if (destinationEnd - destinationStart > 20) return undefined;
    return this.#original.get(ConnectionId.from(bytes, destinationStart, destinationEnd).toString());
  }

  /** The connections with a peer at this address. */
  at(remote: SocketAddress): Iterable<Entry> {
    return this.#byAddress.get(addressKey(remote)) ?? [];
  }
}

function keyOf(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  const low = (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
  return high * 2 ** 24 + low;
}

function addressKey({ ip, port }: SocketAddress): string {
  return `${ip} ${port}`;
}
