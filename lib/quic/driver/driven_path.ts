import { MptError } from "../../base/errors.ts";
import type { PathInfo, PathStatus } from "../../base/path.ts";
import type { Path } from "../connection/path.ts";
import type { QuicPath, QuicPathStats } from "./path_api.ts";
import { pathStatsOf } from "./path_stats.ts";

/** What a path does through its connection. */
export interface PathHost {
  infoOf(path: Path): PathInfo;
  setStatus(id: number, status: PathStatus): boolean;
  abandon(id: number, errorCode: number): void;
}

/** A path of the core, for its user. */
export class DrivenPath implements QuicPath {
  /** Resolves when it is over. Never rejects. */
  readonly closed: Promise<void>;
  readonly #host: PathHost;
  readonly #path: Path;
  readonly #closed = Promise.withResolvers<void>();
  /** As it was at its end. */
  #last: { readonly info: PathInfo; readonly stats: QuicPathStats } | null = null;

  constructor(host: PathHost, path: Path) {
    this.#host = host;
    this.#path = path;
    this.closed = this.#closed.promise;
  }

  /** The path id. */
  get id(): number {
    return this.#path.id;
  }

  /** What is known of it now; after its end, as it was last. */
  info(): PathInfo {
    return this.#last?.info ?? this.#host.infoOf(this.#path);
  }

  /** Its counts now; after its end, as they were last. */
  stats(): QuicPathStats {
    return this.#last?.stats ?? pathStatsOf(this.#path);
  }

  /** Says what it is for; the other end is told. */
  setStatus(status: PathStatus): void {
    if (this.#last === null && this.#host.setStatus(this.id, status)) return;
    throw new MptError(
      "ERR_CLOSED",
      `Cannot make path ${this.id} ${
        status === "backup" ? "a backup" : "available"
      }: the path is over, or the only one that can be`,
    );
  }

  /** Gives it up. */
  close(errorCode: number = 0): void {
    if (this.#last === null) this.#host.abandon(this.id, errorCode);
  }

  /** It was abandoned: nothing changes any more. */
  onOver(): void {
    if (this.#last !== null) return;
    this.#last = { info: this.info(), stats: this.stats() };
    this.#closed.resolve();
  }
}
