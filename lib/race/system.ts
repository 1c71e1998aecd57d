import { setImmediate } from "node:timers";
import { MptError } from "../base/errors.ts";
import { namesToTry } from "../dns/config/search.ts";
import { type Hosts, localAddressesOf } from "../dns/config/hosts_file.ts";
import { Resolver, type ResolverOptions } from "../dns/resolver.ts";
import { resolverOptions, systemConfig } from "../dns/system_config.ts";
import type { DnsName } from "../dns/wire/name.ts";
import type { Connection } from "../io/connection.ts";
import { sleep } from "../io/deadline.ts";
import { ffiUnavailableReason } from "../io/ffi_access.ts";
import { waitUntil } from "../io/poller.ts";
import { connect } from "../transport/connect.ts";
import type { Candidate } from "./engine/values.ts";
import type { DialOptions, RaceEnvironment } from "./environment.ts";
import { watchNetwork } from "../netlink/watch_network.ts";
import { readNetwork } from "./network.ts";
import type { RacePlan } from "./plan.ts";
import { secure } from "./tls_connection.ts";

/** A dial ends with the engine's limit; its own one only has to be later, in milliseconds. */
const DIAL_SLACK_MS = 5000;

/** Longer than any race: what setTimeout() can wait for. */
const MAX_SLEEP_MS = 2 ** 31 - 1;

/** The names of a target and who knows them. */
interface Naming {
  readonly names: readonly DnsName[];
  readonly isLocal: boolean;
  readonly servers: readonly string[];
  readonly resolver: Resolver | null;
  /** What could not be understood of this host's files, a sentence each. */
  readonly warnings: readonly string[];
}

/** The environment of a race on this host, and what was odd about its files. */
export interface SystemEnvironment extends RaceEnvironment<Connection> {
  readonly warnings: readonly string[];
}

/**
 * This host as the environment of a race.
 *
 * @throws {MptError} `ERR_PERMISSION` when the files of the resolver may not be read; `ERR_INVALID_VALUE` for a
 * host that is no name.
 */
export async function systemEnvironment(plan: RacePlan): Promise<SystemEnvironment> {
  const naming = await namingOf(plan);
  const precise = ffiUnavailableReason() === null;
  return {
    names: naming.names,
    servers: naming.servers,
    isLocal: naming.isLocal,
    warnings: naming.warnings,
    now: () => performance.now(),
    async waitUntil(atMs, signal) {
      // setTimeout() is up to 2 ms late
      if (precise) await onTime(atMs, signal);
      else await sleep(Math.min(MAX_SLEEP_MS, Math.max(0, atMs - performance.now())), signal);
    },
    async query(name, type, signal) {
      if (naming.resolver === null) {
        throw new MptError("ERR_NAME_LOOKUP", `Cannot look up ${name}: it is an address`);
      }
      return await naming.resolver.query(name, type, signal);
    },
    dial: (candidate, options) => dial(plan, candidate, options),
    network: () => readNetwork(plan, naming.isLocal),
    watchNetwork,
  };
}

/** A thread of the pool and the event loop tell about a time up to this late, in milliseconds. */
const LATE_MS = 1;

/** Waits until a time, the last moments of it turn by turn of the event loop: a race is about milliseconds. */
async function onTime(atMs: number, signal: AbortSignal): Promise<void> {
  await waitUntil(atMs - LATE_MS, signal);
  while (performance.now() < atMs && !signal.aborted) await new Promise((resolve) => setImmediate(resolve));
}

async function dial(
  plan: RacePlan,
  { transport, connectTo, port, interface: name }: Candidate,
  { signal, onProgress }: DialOptions,
): Promise<Connection> {
  const connection = await connect(transport, connectTo, port, {
    signal,
    timeoutMs: Math.min(MAX_SLEEP_MS, plan.attemptTimeoutMs + DIAL_SLACK_MS),
    quic: plan.quic,
    ...(name === null ? {} : { interface: name }),
    ...(plan.congestion === undefined ? {} : { congestion: plan.congestion }),
  });
  if (plan.tls === null || transport === "quic" || transport === "mpquic") return connection;
  onProgress();
  return await secure(connection, plan.target.host, plan.tls);
}

async function namingOf(plan: RacePlan): Promise<Naming> {
  const { ip, host } = plan.target;
  if (ip !== undefined) {
    // A literal on an IPv6-only network may need the prefix of NAT64, which DNS knows
    const isLocal = ip.isLoopback || ip.isLinkLocal;
    const { resolver, servers, warnings } = isLocal
      ? { resolver: null, servers: [], warnings: [] }
      : await tryResolver(plan);
    return { names: [], isLocal, servers, resolver, warnings };
  }
  const { options, search, warnings } = await resolving(plan);
  const hosts: Hosts = options.hosts ?? new Map();
  const names = namesToTry(host, search);
  const local = names.find((name) => localAddressesOf(hosts, name) !== null);
  return {
    // What the hosts file says needs no search
    names: local === undefined ? names : [local],
    isLocal: local !== undefined,
    servers: options.servers.map(({ address }) => address),
    resolver: new Resolver(options),
    warnings,
  };
}

/** For an address alone nobody has to be asked: a host whose files may not be read can race to it. */
async function tryResolver(plan: RacePlan): Promise<Pick<Naming, "resolver" | "servers" | "warnings">> {
  try {
    const { options, warnings } = await resolving(plan);
    return {
      resolver: new Resolver(options),
      servers: options.servers.map(({ address }) => address),
      warnings,
    };
  } catch (error) {
    if (error instanceof MptError && error.code === "ERR_PERMISSION") {
      return { resolver: null, servers: [], warnings: [] };
    }
    throw error;
  }
}

async function resolving(plan: RacePlan): Promise<{
  readonly options: ResolverOptions;
  readonly search: { readonly search: readonly DnsName[]; readonly ndots: number };
  readonly warnings: readonly string[];
}> {
  // Servers that were named are asked for exactly what was asked, as dig does it
  if (plan.resolver !== null) {
    return { options: { servers: plan.resolver }, search: { search: [], ndots: 1 }, warnings: [] };
  }
  const config = await systemConfig();
  return {
    options: resolverOptions(config),
    search: config.conf,
    warnings: config.conf.warnings.map((text) => `/etc/resolv.conf: ${text}.`),
  };
}
