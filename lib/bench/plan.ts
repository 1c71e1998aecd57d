import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import type { Transport } from "../base/transport.ts";
import type { BenchPath, BenchSettings, Direction } from "./options.ts";
import type { BenchCost } from "./result.ts";
import { type BenchServer, limitsOf } from "./bench_server.ts";
import { ANSWER_MS } from "./timing.ts";

/** One run before it is made. */
export interface RunPlan {
  readonly transport: Transport;
  readonly direction: Direction;
  readonly remote: Endpoint;
  /** Ties the run to one path; undefined where the transport chooses. */
  readonly local: Ip | undefined;
  readonly interface: string | undefined;
  /** True for a run of TCP or QUIC on one path of the multipath run. */
  readonly single: boolean;
  /** The paths that mpquic opens; none leaves them to the path manager. */
  readonly paths: readonly BenchPath[];
}

/** More single paths than this are not measured: they are the sum's terms, not the question. */
const MAX_SINGLES = 8;

/** What a run mostly costs beyond its transfer: connecting, draining queues, the report. In milliseconds. */
const RUN_OVERHEAD_MS = 1000;

interface SinglePath {
  readonly local: Ip | undefined;
  readonly remote: Endpoint;
  readonly interface: string | undefined;
}

/**
 * The runs in their order: for each direction TCP on every single path, then the multipath transports.
 *
 * @throws {MptError} `ERR_LIMIT` when the server does not allow that much, `ERR_PERMISSION` without its token.
 */
export function planRuns(server: BenchServer, settings: BenchSettings): readonly RunPlan[] {
  respectLimits(server, settings);
  const singles = singlePaths(server, settings);
  const [first] = singles;
  return settings.directions.flatMap((direction) =>
    settings.transports.flatMap((transport): readonly RunPlan[] => {
      // QUIC on each path alone is what mpquic is compared with
      if (transport === "tcp" || (transport === "quic" && settings.transports.includes("mpquic"))) {
        return singles.map((path) => ({ ...path, transport, direction, single: true, paths: [] }));
      }
      const remote = first?.remote ?? Endpoint.of(server.ip, server.port);
      const paths = transport === "mpquic" ? severalPaths(singles, settings) : [];
      const local = settings.paths[0]?.local ?? paths[0]?.local;
      return [{
        transport,
        direction,
        remote,
        local,
        interface: settings.paths[0]?.interface,
        single: false,
        paths,
      }];
    })
  );
}

/** What mpquic uses: the paths that were named, else those that are measured alone, if they are several. */
function severalPaths(singles: readonly SinglePath[], settings: BenchSettings): readonly BenchPath[] {
  if (settings.paths.length > 0) return settings.paths;
  return singles.length < 2
    ? []
    : singles.flatMap(({ local, remote }) => local === undefined ? [] : { local, remote });
}

/** The paths that TCP is measured on: those that were named, else those that the subflows took. */
function singlePaths(server: BenchServer, settings: BenchSettings): readonly SinglePath[] {
  const target = Endpoint.of(server.ip, server.port);
  if (settings.paths.length > 0) {
    return settings.paths.map((path) => ({
      local: path.local,
      remote: path.remote === undefined ? target : path.remote.withPort(path.remote.port ?? server.port),
      interface: path.interface,
    }));
  }
  // With one path there is no need to tie TCP to it: it is the one that the kernel chooses.
  const several = settings.transports.includes("mptcp") || settings.transports.includes("mpquic");
  if (!several || server.paths.length < 2) {
    return [{ local: undefined, remote: target, interface: undefined }];
  }
  const seen = new Set<string>();
  const singles: SinglePath[] = [];
  for (const path of server.paths) {
    const key = `${path.local.host} ${path.remote.address}`;
    if (seen.has(key) || singles.length >= MAX_SINGLES) continue;
    seen.add(key);
    singles.push({ local: path.local.ip, remote: path.remote, interface: undefined });
  }
  return singles;
}

function respectLimits(server: BenchServer, settings: BenchSettings): void {
  // Another server than ours says nothing about its limits
  if (server.check === null) return;
  const { limits } = server.check;
  if (limits.token_required && settings.token === undefined) {
    throw new MptError("ERR_PERMISSION", "Cannot measure: the server wants its token", {
      fix: "--token TEXT",
    });
  }
  if (settings.durationMs !== null && settings.durationMs > limits.max_duration_ms) {
    throw new MptError(
      "ERR_LIMIT",
      `Cannot measure for ${settings.durationMs / 1000} s: the server allows ${
        limits.max_duration_ms / 1000
      } s`,
      { fix: instead("--duration", limits.max_duration_ms / 1000, "--max-duration") },
    );
  }
  if (settings.bytes !== null && settings.bytes > limits.max_bytes) {
    throw new MptError(
      "ERR_LIMIT",
      `Cannot transfer ${settings.bytes} bytes: the server allows ${limits.max_bytes}`,
      { fix: instead("--bytes", limits.max_bytes, "--max-bytes") },
    );
  }
}

/** What the runs may cost at the most. */
export function costOf(runs: readonly RunPlan[], server: BenchServer, settings: BenchSettings): BenchCost {
  const { durationMs, drainMs } = settings;
  const longest = (durationMs ?? limitsOf(server).max_duration_ms) + drainMs + ANSWER_MS;
  return {
    runs: runs.length,
    duration_ms: durationMs === null ? null : runs.length * (durationMs + RUN_OVERHEAD_MS),
    max_duration_ms: runs.length * longest,
    bytes: settings.bytes === null ? null : settings.bytes * runs.length,
  };
}

/** What can be asked for in place of too much, if it is anything. */
function instead(option: string, most: number, ofServer: string): string {
  return `${most > 0 ? `${option} ${most}, or ` : ""}mpt serve ${ofServer} with more on that machine`;
}
