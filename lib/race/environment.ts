import type { Transport } from "../base/transport.ts";
import type { DnsResult } from "../dns/resolver.ts";
import type { DnsName } from "../dns/wire/name.ts";
import type { PathInfo } from "../base/path.ts";
import type { Endpoint } from "../base/endpoint.ts";
import type { Candidate, QueryType } from "./engine/values.ts";
import type { NetworkSnapshot } from "./network.ts";

/** What a race needs of a connection. */
export interface RacedConnection {
  /** This end of the first path. */
  readonly local: Endpoint;
  /** How long the handshake took, in milliseconds, where that is measured. */
  readonly connectMs: number | null;
  /** The transport in force: `tcp` for MPTCP that fell back. */
  transportInForce(): Transport;
  /** The paths as they are now. */
  paths(): readonly PathInfo[];
  /** Closes in order. */
  close(): Promise<void>;
  /** Ends at once. */
  abort(): void;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;
}

/** How an attempt is made. */
export interface DialOptions {
  /** Gives the attempt up; later it resets the connection. */
  readonly signal: AbortSignal;
  /** The transport's handshake is done, another one goes on. */
  readonly onProgress: () => void;
}

/** Everything around a race: clock, names, network and connections. */
export interface RaceEnvironment<C extends RacedConnection> {
  /** The names to look up, one after the other until one has addresses; empty for a literal address. */
  readonly names: readonly DnsName[];
  /** The DNS servers, for the result. */
  readonly servers: readonly string[];
  /** Whether the target is on this host: then no server is asked for service records. */
  readonly isLocal: boolean;
  /** Milliseconds of a clock that does not go back. */
  now(): number;
  /** Resolves at a time of `now()`, or when the signal aborts. Never rejects. */
  waitUntil(atMs: number, signal: AbortSignal): Promise<void>;
  /** Asks for records. */
  query(name: DnsName, type: QueryType, signal: AbortSignal): Promise<DnsResult>;
  /** Connects. */
  dial(candidate: Candidate, options: DialOptions): Promise<C>;
  /** Looks at the network. */
  network(): NetworkSnapshot;
  /** Calls back when the network changes; null where nobody tells. */
  watchNetwork(onChange: () => void): AsyncDisposable | null;
}
