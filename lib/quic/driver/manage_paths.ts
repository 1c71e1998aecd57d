import { Endpoint } from "../../base/endpoint.ts";
import { MptError } from "../../base/errors.ts";
import type { PathInfo } from "../../base/path.ts";
import { watchNetwork } from "../../netlink/watch_network.ts";
import { sameAddress, type SocketAddress } from "../connection/tuple.ts";
import { type AddressPair, pairText, sameLocal } from "../path_manager/pair.ts";
import { type PairInfo, PathManager, type PathManagerOptions } from "../path_manager/path_manager.ts";
import type { QuicConnection } from "./api.ts";
import { nowUs } from "./clock.ts";
import { usableAddresses } from "./local_addresses.ts";
import type { QuicPathEvent } from "./path_api.ts";

/** Refusals that are about ids, not about the addresses of a path. */
const NO_IDS: readonly unknown[] = ["no-path-id", "no-connection-id", "handshake-not-confirmed"];

/** The longest time until the path manager is asked again, in milliseconds. */
const MAX_WAIT_MS = 60_000;

/** Options of {@linkcode managePaths}. */
export interface ManagePathsOptions extends PathManagerOptions {
  /** Further addresses of the other end. @default {[]} only that of the first path */
  readonly remotes?: readonly Endpoint[];
}

/** Why a pair of addresses has no path, for those who ask. */
export interface PairFailure {
  /** The pair in words, such as `192.0.2.1 (eth0) -> 198.51.100.2:443`. */
  readonly pair: string;
  /** What was said when it was tried last. */
  readonly reason: string;
}

/** Opens and closes the paths of a client, as addresses of this host come and go. */
export class ManagedPaths implements AsyncDisposable {
  readonly #connection: QuicConnection;
  readonly #manager: PathManager;
  readonly #remotes: readonly SocketAddress[];
  readonly #explicit: readonly AddressPair[];
  readonly #binds = new Map<string, boolean>();
  readonly #why = new Map<string, string>();
  readonly #stopping = new AbortController();
  readonly #opening = new Set<Promise<void>>();
  readonly #following: Promise<void>;
  readonly #watch: AsyncDisposable | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #settled = Promise.withResolvers<void>();

  /** Use {@linkcode managePaths}. */
  constructor(connection: QuicConnection, options: ManagePathsOptions) {
    this.#connection = connection;
    this.#manager = new PathManager(options);
    this.#explicit = options.pairs ?? [];
    this.#remotes = [connection.remote, ...(options.remotes ?? [])]
      .map(({ ip, port }) => ({ ip: ip!, port: port! }));
    this.#manager.setRemoteAddresses(this.#remotes);
    this.#look();
    for (const path of connection.paths()) this.#adopt(path);
    this.#following = this.#follow();
    this.#watch = watchNetwork(() => this.#onNetwork());
    this.#work();
  }

  /** The pairs of addresses that are used or could be, and how far they are. */
  get pairs(): readonly PairInfo[] {
    return this.#manager.pairs;
  }

  /** What was said of the pairs that could not be opened. */
  get failures(): readonly PairFailure[] {
    return [...this.#why].map(([pair, reason]) => ({ pair, reason }));
  }

  /** Resolves when every path that can be opened now is open, or has failed. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** Opens no more paths, and leaves those that there are. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#watch?.[Symbol.asyncDispose]();
    await Promise.all([...this.#opening, this.#following]);
    this.#settled.resolve();
  }

  async #follow(): Promise<void> {
    for await (const event of this.#connection.pathEvents(this.#stopping.signal)) {
      this.#onEvent(event);
      this.#work();
    }
    this.#settled.resolve();
  }

  #onEvent({ change, path }: QuicPathEvent): void {
    const now = nowUs();
    switch (change) {
      case "validated":
        return this.#manager.report(now, { type: "active", pathId: path.id });
      case "recovered":
        return this.#manager.report(now, { type: "recovered", pathId: path.id });
      case "suspect":
        return this.#manager.report(now, { type: "failing", pathId: path.id });
      case "failed":
      case "abandoned":
        this.#manager.report(now, { type: "abandoned", pathId: path.id });
        return this.#manager.idsAvailable();
      case "opened":
        return this.#onOpened(path);
      case "migrated":
      case "status":
      case "stranded":
        return;
      default:
        change satisfies never;
    }
  }

  #onOpened(path: PathInfo): void {
    const pair = this.#pairOf(path);
    if (pair !== undefined) this.#manager.report(nowUs(), { type: "opened", pair, pathId: path.id });
  }

  /** A path that was there before. */
  #adopt(path: PathInfo): void {
    this.#onOpened(path);
    if (path.state === "active") this.#manager.report(nowUs(), { type: "active", pathId: path.id });
  }

  /** The pair that a path belongs to. */
  #pairOf({ local, remote }: PathInfo): AddressPair | undefined {
    const to = { ip: remote.ip!, port: remote.port! };
    return this.#manager.pairs.find(({ pair }) =>
      pair.local.ip.withZone(undefined).equals(local.ip!.withZone(undefined)) && sameAddress(pair.remote, to)
    )?.pair;
  }

  #look(): void {
    const addresses = usableAddresses([...this.#remotes, ...this.#explicit.map(({ remote }) => remote)]);
    this.#binds.clear();
    for (const { ip, interface: name, bind } of addresses) this.#binds.set(`${ip}%${name}`, bind);
    // What was asked for is tried even when nothing shows that it can work: what the system says is told
    const asked = this.#explicit.map(({ local }) => local);
    const others = asked.filter((local) => !addresses.some((known) => sameLocal(known, local)));
    this.#manager.setLocalAddresses([...addresses, ...others]);
  }

  #onNetwork(): void {
    if (this.#stopping.signal.aborted) return;
    try {
      this.#look();
    } catch (error) {
      // What is known goes on to be used; the next change is looked at again
      if (!(error instanceof MptError)) throw error;
    }
    this.#manager.networkChanged();
    this.#work();
  }

  /** Does what the path manager wants now, and comes back when it wants more. */
  #work(): void {
    if (this.#stopping.signal.aborted) return;
    clearTimeout(this.#timer);
    for (let next = this.#manager.poll(nowUs()); next !== null; next = this.#manager.poll(nowUs())) {
      if (next.type === "close") {
        this.#connection.path(next.pathId)?.close();
        continue;
      }
      const opening = this.#open(next.pair).finally(() => {
        this.#opening.delete(opening);
        this.#work();
      });
      this.#opening.add(opening);
    }
    if (this.#opening.size === 0) this.#settled.resolve();
    const waitMs = (this.#manager.timeoutUs - nowUs()) / 1000;
    if (waitMs < Infinity) {
      this.#timer = setTimeout(() => this.#work(), Math.min(MAX_WAIT_MS, Math.max(1, waitMs)));
    }
  }

  async #open(pair: AddressPair): Promise<void> {
    const { local, remote } = pair;
    const name = pairText(pair);
    try {
      await this.#connection.openPath({
        local: local.ip,
        remote: Endpoint.of(remote.ip, remote.port),
        ...(this.#binds.get(`${local.ip}%${local.interface}`) === true ? { interface: local.interface } : {}),
        ...(local.status === undefined ? {} : { status: local.status }),
        signal: this.#stopping.signal,
      });
      this.#why.delete(name);
    } catch (error) {
      if (!(error instanceof MptError)) throw error;
      this.#why.set(name, error.message);
      const why = NO_IDS.includes(error.data["refusal"]) ? "no-ids" : "unusable";
      this.#manager.report(nowUs(), { type: "refused", pair, why });
    }
  }
}

/**
 * Opens every path of a client that is worth it, and keeps doing so as addresses of this host come and go.
 *
 * @param connection A connection that agreed on several paths.
 * @param options Which pairs of addresses, how many paths, further addresses of the other end.
 * @returns What opens them; disposing of it leaves the paths as they are.
 * @throws {MptError} `ERR_NOT_SUPPORTED` for a connection without multipath.
 */
export function managePaths(connection: QuicConnection, options: ManagePathsOptions = {}): ManagedPaths {
  if (connection.multipath) return new ManagedPaths(connection, options);
  throw new MptError(
    "ERR_NOT_SUPPORTED",
    `Cannot open further paths to ${connection.remote.address}: the ends did not agree on multipath QUIC`,
  );
}
