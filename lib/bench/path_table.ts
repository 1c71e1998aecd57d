import type { PathInfo } from "../base/path.ts";

/**
 * Gives the paths of several connections common ids: two subflows between the same local address and the
 * same remote address and port are the same path of the network.
 */
export class PathTable {
  readonly #ids = new Map<string, number>();

  /** The id of a path. */
  idOf(path: Pick<PathInfo, "local" | "remote">): number {
    const key = `${path.local.host} ${path.remote.address}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    this.#ids.set(key, id);
    return id;
  }

  /** The paths of all connections, those of the same id added up, in the order of their ids. */
  merge(connections: readonly (readonly PathInfo[])[]): readonly PathInfo[] {
    const merged = new Map<number, PathInfo>();
    for (const path of connections.flat()) {
      const id = this.idOf(path);
      const other = merged.get(id);
      merged.set(id, other === undefined ? { ...path, id } : sum(other, path));
    }
    return [...merged.values()].sort((a, b) => a.id - b.id);
  }
}

function sum(a: PathInfo, b: PathInfo): PathInfo {
  return {
    ...a,
    state: a.state === "active" ? a.state : b.state,
    bytesSent: a.bytesSent + b.bytesSent,
    bytesReceived: a.bytesReceived + b.bytesReceived,
    bytesRetransmitted: a.bytesRetransmitted + b.bytesRetransmitted,
  };
}
