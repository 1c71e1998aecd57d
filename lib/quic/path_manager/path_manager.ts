import type { PathStatus } from "../../base/path.ts";
import type { SocketAddress } from "../connection/tuple.ts";
import { type Attempt, type Backoff, newAttempt, type PairState, putOff, release } from "./attempts.ts";
import { type AddressPair, type LocalAddress, samePair } from "./pair.ts";
import { allowedPairs, nextPair, type PathPolicy } from "./policy.ts";

/** Hopeless pairs are left alone for longer and longer. */
const BACKOFF: Backoff = { firstMs: 1000, mostMs: 300_000, stableMs: 10_000 };

/** When no path can be opened for want of ids, and nobody says that there are new ones. */
const RETRY_BLOCKED_MS = 1000;

/** How paths are chosen. */
export interface PathManagerOptions {
  /** Which pairs of addresses are tried. @default {"full-mesh"} */
  readonly policy?: PathPolicy;
  /** How many paths at the most, with the first one. @default {8} */
  readonly maxPaths?: number;
  /** The pairs of the policy `explicit`. */
  readonly pairs?: readonly AddressPair[];
  /** How long a pair that failed is left alone. @default {from 1 s, doubled each time, to 5 min} */
  readonly backoff?: Partial<Backoff>;
}

/** What is to be done. */
export type PathCommand =
  | { readonly type: "open"; readonly pair: AddressPair; readonly status: PathStatus }
  | { readonly type: "close"; readonly pathId: number; readonly why: "address-gone" | "too-many" };

/** What became of a path. */
export type PathReport =
  /** The path of a pair was begun, by a command or otherwise; it is not validated yet. */
  | { readonly type: "opened"; readonly pair: AddressPair; readonly pathId: number }
  /** A pair could not be opened: for want of ids, or because its addresses do not work. */
  | { readonly type: "refused"; readonly pair: AddressPair; readonly why: "no-ids" | "unusable" }
  | { readonly type: "active" | "failing" | "recovered" | "abandoned"; readonly pathId: number };

/** A pair and where it stands, for those who ask why there is no path. */
export interface PairInfo {
  /** The pair. */
  readonly pair: AddressPair;
  /** Where it stands. */
  readonly state: PairState;
  /** The path; null while there is none. */
  readonly pathId: number | null;
  /** How often in a row it came to nothing. */
  readonly failures: number;
  /** When it is tried again, in microseconds; null when it is not waiting. */
  readonly retryAtUs: number | null;
}

/**
 * Decides between which addresses a client opens paths, and when to try again. Without sockets or clock: what
 * happened goes in, commands come out of {@linkcode PathManager.poll}. Times are in microseconds.
 */
export class PathManager {
  readonly #policy: PathPolicy;
  readonly #maxPaths: number;
  readonly #explicit: readonly AddressPair[];
  readonly #backoff: Backoff;
  #locals: readonly LocalAddress[] = [];
  #remotes: readonly SocketAddress[] = [];
  #attempts: Attempt[] = [];
  /** Paths whose pair is not allowed any more. */
  readonly #closing: { readonly pathId: number; readonly why: "address-gone" | "too-many" }[] = [];
  /** No path can be opened before, for want of ids. */
  #blockedUntilUs = 0;

  constructor(options: PathManagerOptions = {}) {
    this.#policy = options.policy ?? "full-mesh";
    this.#maxPaths = options.maxPaths ?? 8;
    this.#explicit = options.pairs ?? [];
    this.#backoff = { ...BACKOFF, ...options.backoff };
  }

  /** The pairs that the policy allows, and those that have a path. */
  get pairs(): readonly PairInfo[] {
    return this.#attempts.map(({ pair, state, pathId, failures, retryAtUs }) => ({
      pair,
      state,
      pathId: pathId < 0 ? null : pathId,
      failures,
      retryAtUs: state === "waiting" ? retryAtUs : null,
    }));
  }

  /** The addresses of this machine are these now. An address that comes back is tried at once. */
  setLocalAddresses(addresses: readonly LocalAddress[]): void {
    this.#locals = addresses;
    this.#refresh();
  }

  /** The peer can be reached at these addresses, the preferred ones first. */
  setRemoteAddresses(addresses: readonly SocketAddress[]): void {
    this.#remotes = addresses;
    this.#refresh();
  }

  /** The network is not what it was: whatever failed before is tried again at once. */
  networkChanged(): void {
    for (const attempt of this.#attempts) {
      attempt.failures = 0;
      if (attempt.state === "waiting") attempt.state = "idle";
    }
    this.#blockedUntilUs = 0;
  }

  /** There are ids for new paths again. */
  idsAvailable(): void {
    this.#blockedUntilUs = 0;
  }

  /** Takes what became of a path. */
  report(nowUs: number, report: PathReport): void {
    switch (report.type) {
      case "opened":
        this.#onOpened(report.pair, report.pathId);
        break;
      case "refused":
        this.#onRefused(nowUs, report.pair, report.why);
        break;
      case "active":
      case "recovered":
      case "failing":
      case "abandoned": {
        const attempt = this.#attempts.find(({ pathId }) => pathId === report.pathId);
        if (attempt !== undefined) this.#onChange(nowUs, attempt, report.type);
        break;
      }
      default:
        report satisfies never;
    }
  }

  /** What is to be done next; null for nothing now. */
  poll(nowUs: number): PathCommand | null {
    const closing = this.#closing.shift();
    if (closing !== undefined) return { type: "close", ...closing };
    if (nowUs < this.#blockedUntilUs || this.#inUse().length >= this.#maxPaths) return null;
    const free = this.#attempts.filter((attempt) => isFree(attempt, nowUs));
    // Those that never failed come first
    free.sort((a, b) => a.failures - b.failures);
    const pair = nextPair(this.#policy, this.#inUse(), free.map((attempt) => attempt.pair));
    const attempt = free.find((each) => each.pair === pair);
    if (attempt === undefined) return null;
    attempt.state = "opening";
    return { type: "open", pair: attempt.pair, status: attempt.pair.local.status ?? "available" };
  }

  /** When {@linkcode PathManager.poll} may have something to do though nothing is reported. */
  get timeoutUs(): number {
    if (this.#closing.length > 0) return -Infinity;
    const used = this.#inUse();
    if (used.length >= this.#maxPaths) return Infinity;
    let at = Infinity;
    for (const { pair, state, retryAtUs } of this.#attempts) {
      if (state !== "idle" && state !== "waiting") continue;
      const dueUs = state === "idle" ? -Infinity : retryAtUs;
      if (dueUs < at && nextPair(this.#policy, used, [pair]) !== undefined) at = dueUs;
    }
    return at === Infinity ? at : Math.max(at, this.#blockedUntilUs);
  }

  #onChange(nowUs: number, attempt: Attempt, change: "active" | "recovered" | "failing" | "abandoned"): void {
    if (change === "abandoned") {
      const queued = this.#closing.findIndex(({ pathId }) => pathId === attempt.pathId);
      if (queued >= 0) this.#closing.splice(queued, 1);
      if (attempt.state === "closing") release(attempt);
      else putOff(attempt, nowUs, this.#backoff);
      this.#refresh();
      return;
    }
    if (attempt.state === "closing") return;
    // While a path is failing another pair may take its place
    attempt.state = change === "failing" ? "failing" : "active";
    if (change === "failing") return;
    if (attempt.activeSinceUs === Infinity) attempt.activeSinceUs = nowUs;
    this.#closeSurplus();
  }

  #onOpened(pair: AddressPair, pathId: number): void {
    let attempt = this.#attempts.find((each) => samePair(each.pair, pair));
    if (attempt === undefined) {
      attempt = newAttempt(pair);
      this.#attempts.push(attempt);
    }
    attempt.state = "opening";
    attempt.pathId = pathId;
    // Its addresses may have gone while it was being opened
    this.#refresh();
  }

  #onRefused(nowUs: number, pair: AddressPair, why: "no-ids" | "unusable"): void {
    const attempt = this.#attempts.find((each) => samePair(each.pair, pair));
    if (attempt === undefined || attempt.pathId >= 0) return;
    if (why === "unusable") {
      putOff(attempt, nowUs, this.#backoff);
    } else {
      attempt.state = "idle";
      this.#blockedUntilUs = nowUs + RETRY_BLOCKED_MS * 1000;
    }
    this.#refresh();
  }

  /** The pairs that count: a path that is failing does not. */
  #inUse(): readonly AddressPair[] {
    return this.#attempts
      .filter(({ state }) => state === "opening" || state === "active")
      .map(({ pair }) => pair);
  }

  /** A path that came back has been replaced meanwhile. */
  #closeSurplus(): void {
    const active = this.#attempts.filter(({ state, pathId }) =>
      pathId >= 0 && (state === "active" || state === "opening")
    );
    // The newest was opened as a replacement
    active.sort((a, b) => a.pathId - b.pathId);
    for (const attempt of active.slice(this.#maxPaths)) this.#close(attempt, "too-many");
  }

  #close(attempt: Attempt, why: "address-gone" | "too-many"): void {
    if (attempt.state === "closing") return;
    attempt.state = "closing";
    this.#closing.push({ pathId: attempt.pathId, why });
  }

  /** Takes the pairs that are allowed now, and closes paths whose local address has gone. */
  #refresh(): void {
    const allowed = allowedPairs(this.#policy, this.#locals, this.#remotes, this.#explicit);
    const kept: Attempt[] = [];
    for (const pair of allowed) {
      const known = this.#attempts.find((each) => samePair(each.pair, pair));
      if (known !== undefined) known.pair = pair;
      kept.push(known ?? newAttempt(pair));
    }
    for (const attempt of this.#attempts) {
      if (kept.includes(attempt) || attempt.state === "idle" || attempt.state === "waiting") continue;
      // It lasts until it is abandoned, or until it is known whether it was opened
      kept.push(attempt);
      const gone = !this.#locals.some((local) => samePair({ ...attempt.pair, local }, attempt.pair));
      if (gone && attempt.pathId >= 0) this.#close(attempt, "address-gone");
    }
    this.#attempts = kept;
  }
}

function isFree({ state, retryAtUs }: Attempt, nowUs: number): boolean {
  return state === "idle" || (state === "waiting" && retryAtUs <= nowUs);
}
