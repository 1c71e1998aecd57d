import { Endpoint } from "../base/endpoint.ts";
import type { PathState } from "../base/path.ts";
import type { PathManagerEvent } from "../netlink/mptcp_events.ts";
import type { ResetReason, WatchEvent, WatchEventKind } from "./watch_event.ts";
import { afterWords, closingWords, resetReason, staleWords } from "./watch_words.ts";

/** One path as it was looked at. */
export interface LookedPath {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly interface: string | null;
  readonly idLocal: number | null;
  readonly idRemote: number | null;
  readonly state: PathState;
  readonly backup: boolean;
  /** Retransmissions, and probes, in a row without an answer; null when not known. */
  readonly retransmits: number | null;
  readonly probes: number | null;
}

/** How far counters of the host moved between two looks. */
export interface CounterMoves {
  readonly announced: number;
  readonly removed: number;
  readonly resets: number;
  /** Whether another connection of this host may have moved them. */
  readonly shared: boolean;
}

/** What happened, but not when. */
export type PathChange = Omit<WatchEvent, "time" | "at_ms">;

/** What is known of one path. */
interface KnownPath {
  path: LookedPath;
  /** Whether it was told that it came up. */
  up: boolean;
  staleSinceMs: number | null;
  /** Looks in a row that disagree with what the events say. */
  differs: number;
}

/** So many looks have to agree on what the kernel's events did not tell: events come a little later than looks. */
const PATIENCE = 2;

/**
 * What is known of the paths of one connection. The kernel's events and looks at the sockets both go in; what
 * is new comes out, once.
 */
export class PathBook {
  readonly #told: boolean;
  readonly #interfaceOf: (local: Endpoint) => string | null;
  readonly #paths = new Map<string, KnownPath>();
  readonly #announced = new Map<number, string>();

  /**
   * An empty book.
   *
   * @param told Whether the kernel's events are heard too.
   * @param interfaceOf Names the interface of a local address; events do not always.
   */
  constructor(told: boolean, interfaceOf: (local: Endpoint) => string | null = () => null) {
    this.#told = told;
    this.#interfaceOf = interfaceOf;
  }

  /** The first path, which came up with the connection. */
  first(path: LookedPath): PathChange {
    const known = { path, up: true, staleSinceMs: null, differs: 0 };
    this.#paths.set(keyOf(path.local, path.remote), known);
    return change("established", this.#told ? "events" : "polling", path, "the first path");
  }

  /** What one event of this connection tells that is new. */
  event(event: PathManagerEvent): readonly PathChange[] {
    switch (event.kind) {
      case "announced":
        return this.#announce(event);
      case "removed":
        return [this.#remove(event)];
      case "subflow-established":
      case "subflow-closed":
      case "subflow-priority":
        return this.#subflow(event, event.kind);
      case "lost":
        return [nothing("lost", "events", "the kernel dropped events: what they were, looking has to tell")];
      default:
        return [];
    }
  }

  /** What a look at the paths shows that is new. Moves of counters are taken where there are no events. */
  look(
    paths: readonly LookedPath[],
    nowMs: number,
    moves: CounterMoves | null = null,
  ): readonly PathChange[] {
    const changes = this.#told || moves === null ? [] : counted(moves);
    const seen = new Set<string>();
    for (const path of paths) {
      const key = keyOf(path.local, path.remote);
      seen.add(key);
      changes.push(...this.#lookAt(key, path, nowMs));
    }
    for (const [key, known] of this.#paths) {
      if (seen.has(key) || !this.#isSure(known, true)) continue;
      this.#paths.delete(key);
      const why = !known.up
        ? "it did not come up"
        : moves !== null && moves.resets > 0
        ? "it is gone, and a reset with a reason of MPTCP came: which, only the kernel's events tell"
        : "it is gone: why, only the kernel's events tell";
      changes.push(change("closed", "polling", known.path, why));
    }
    return changes;
  }

  #lookAt(key: string, path: LookedPath, nowMs: number): readonly PathChange[] {
    const known = this.#paths.get(key);
    if (known === undefined) {
      this.#paths.set(key, { path, up: false, staleSinceMs: null, differs: 0 });
      return this.#lookAt(key, path, nowMs);
    }
    const changes: PathChange[] = [];
    const before = known.path;
    const cameUp = !known.up && path.state !== "validating";
    const changedPriority = known.up && path.backup !== before.backup;
    const sure = this.#isSure(known, cameUp || changedPriority);
    if (cameUp && sure) {
      known.up = true;
      changes.push(change("established", "polling", path, joinWords(path.backup)));
    }
    if (changedPriority && sure) {
      changes.push(change("priority", "polling", path, priorityWords(path.backup)));
    }
    known.path = { ...path, backup: changedPriority && !sure ? before.backup : path.backup };
    if (known.up && path.state === "stale" && known.staleSinceMs === null) {
      known.staleSinceMs = nowMs;
      changes.push(change("stale", "polling", path, staleWords(path.retransmits, path.probes)));
    } else if (path.state === "active" && known.staleSinceMs !== null) {
      const text = afterWords(nowMs - known.staleSinceMs);
      known.staleSinceMs = null;
      changes.push(change("recovered", "polling", path, text));
    }
    return changes;
  }

  /** Whether a difference that was looked at is to be told; where events tell as well, they come first. */
  #isSure(known: KnownPath, differs: boolean): boolean {
    known.differs = differs ? known.differs + 1 : 0;
    if (known.differs < (this.#told ? PATIENCE : 1)) return false;
    known.differs = 0;
    return true;
  }

  #announce({ idRemote, remote }: PathManagerEvent): readonly PathChange[] {
    if (remote === undefined) return [];
    const address = addressOf(remote);
    // It is announced again until the echo comes.
    if (idRemote !== undefined && this.#announced.get(idRemote) === address) return [];
    if (idRemote !== undefined) this.#announced.set(idRemote, address);
    const blank = nothing("announced", "events", serverAddress(idRemote));
    return [{ ...blank, remote: address, id_remote: idRemote ?? null }];
  }

  #remove({ idRemote }: PathManagerEvent): PathChange {
    const address = idRemote === undefined ? undefined : this.#announced.get(idRemote);
    if (idRemote !== undefined) this.#announced.delete(idRemote);
    const blank = nothing("removed", "events", serverAddress(idRemote));
    return { ...blank, remote: address ?? null, id_remote: idRemote ?? null };
  }

  #subflow(
    event: PathManagerEvent,
    kind: "subflow-established" | "subflow-closed" | "subflow-priority",
  ): readonly PathChange[] {
    if (event.local === undefined || event.remote === undefined) return [];
    const key = keyOf(event.local, event.remote);
    const known = this.#paths.get(key);
    const path = {
      ...pathOf(event, event.local, event.remote, known?.path),
      interface: known?.path.interface ?? this.#interfaceOf(event.local),
    };
    switch (kind) {
      case "subflow-established": {
        if (known?.up === true) return [];
        this.#paths.set(key, { path, up: true, staleSinceMs: null, differs: 0 });
        return [change("established", "events", path, joinWords(path.backup))];
      }
      case "subflow-closed": {
        const error = event.error ?? null;
        const reset = event.resetReason === undefined
          ? null
          : resetReason(event.resetReason, event.resetFlags);
        this.#paths.delete(key);
        const words = closingWords(error, reset);
        const text = known?.up === true ? words : `it did not come up: ${words}`;
        return [{ ...change("closed", "events", path, text), error, reset }];
      }
      case "subflow-priority": {
        if (known?.path.backup === path.backup) return [];
        if (known !== undefined) known.path = path;
        return [change("priority", "events", path, priorityWords(path.backup))];
      }
    }
  }
}

/** Something that is not about a path. */
export function nothing(kind: WatchEventKind, source: PathChange["source"], text: string): PathChange {
  return {
    change: kind,
    source,
    local: null,
    remote: null,
    interface: null,
    id_local: null,
    id_remote: null,
    backup: null,
    error: null,
    reset: null,
    text,
  };
}

function change(
  kind: WatchEventKind,
  source: PathChange["source"],
  path: LookedPath,
  text: string,
  reset: ResetReason | null = null,
): PathChange {
  return {
    change: kind,
    source,
    local: path.local.address,
    remote: path.remote.address,
    interface: path.interface,
    id_local: path.idLocal,
    id_remote: path.idRemote,
    backup: path.backup,
    error: null,
    reset,
    text,
  };
}

/** Without events the counters tell that addresses came and went, and not which. */
function counted({ announced, removed, shared }: CounterMoves): PathChange[] {
  const whose = shared ? ", perhaps of another connection" : "";
  const text = (count: number): string =>
    `${count === 1 ? "an address" : `${count} addresses`}${whose}: which, only the kernel's events tell`;
  return [
    ...(announced > 0 ? [nothing("announced", "polling", text(announced))] : []),
    ...(removed > 0 ? [nothing("removed", "polling", text(removed))] : []),
  ];
}

function pathOf(
  event: PathManagerEvent,
  local: Endpoint,
  remote: Endpoint,
  known: LookedPath | undefined,
): Omit<LookedPath, "interface"> {
  return {
    local,
    remote,
    idLocal: event.idLocal ?? known?.idLocal ?? null,
    idRemote: event.idRemote ?? known?.idRemote ?? null,
    state: known?.state ?? "active",
    backup: event.backup ?? known?.backup ?? false,
    retransmits: null,
    probes: null,
  };
}

/** Events have no zones. */
function keyOf(local: Endpoint, remote: Endpoint): string {
  return [local, remote].map((end) => Endpoint.of(end.host.replace(/%.*$/, ""), end.port ?? 0).address).join(
    " ",
  );
}

function serverAddress(id: number | undefined): string {
  return id === undefined ? "an address of the server" : `address ${id} of the server`;
}

function addressOf(remote: Endpoint): string {
  return remote.port === 0 ? remote.host : remote.address;
}

function joinWords(backup: boolean): string {
  return backup ? "a further path, a backup" : "a further path";
}

function priorityWords(backup: boolean): string {
  return backup ? "a backup now" : "no backup any more";
}
