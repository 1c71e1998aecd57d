import type { ConnectionId } from "../wire/connection_id.ts";
import { LOCAL_ID_BYTES } from "./config.ts";
import type { PathIds } from "./path_ids.ts";

/** An id of ours and the path that it is for. */
export interface LocalIdEntry {
  readonly connectionId: ConnectionId;
  readonly ids: PathIds;
}

/** Finds the path of a packet by its destination id, in the same time whatever the number of paths. */
export class LocalIdTable {
  /** By the first 48 bits, which is what a number holds exactly; ids are random. */
  readonly #entries = new Map<number, LocalIdEntry[]>();

  add(connectionId: ConnectionId, ids: PathIds): void {
    const key = keyOf(connectionId.toBytes(), 0);
    const entries = this.#entries.get(key);
    if (entries === undefined) this.#entries.set(key, [{ connectionId, ids }]);
    else entries.push({ connectionId, ids });
  }

  remove(connectionId: ConnectionId): void {
    const key = keyOf(connectionId.toBytes(), 0);
    const left = (this.#entries.get(key) ?? []).filter((each) => !each.connectionId.equals(connectionId));
    if (left.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, left);
  }

  /** The id that stands between `start` and `end`; undefined for none of ours. */
  find(bytes: Uint8Array, start: number, end: number): LocalIdEntry | undefined {
    if (end - start !== LOCAL_ID_BYTES) return undefined;
    const entries = this.#entries.get(keyOf(bytes, start));
    if (entries === undefined) return undefined;
    for (const entry of entries) {
      if (entry.connectionId.matches(bytes, start, end)) return entry;
    }
    return undefined;
  }

  /** All of them. */
  *[Symbol.iterator](): Generator<ConnectionId> {
    for (const entries of this.#entries.values()) {
      for (const { connectionId } of entries) yield connectionId;
    }
  }
}

function keyOf(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  const low = (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
  return high * 2 ** 24 + low;
}
