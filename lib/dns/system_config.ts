import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { type Hosts, parseHosts } from "./config/hosts_file.ts";
import { parseResolvConf, type ResolvConf, serversInOrder } from "./config/resolv_conf.ts";
import type { ResolverOptions } from "./resolver.ts";

/** The most that is read of a file; what is behind it is left out. */
const MAX_FILE_BYTES = 4_194_304;

/** How this host resolves names. */
export interface SystemConfig {
  readonly conf: ResolvConf;
  readonly hosts: Hosts;
}

/**
 * Reads `/etc/resolv.conf` and `/etc/hosts`. A file that is not there counts as empty.
 *
 * @throws {MptError} `ERR_PERMISSION` without `--allow-read`, or when this user may not read a file.
 */
export async function systemConfig(): Promise<SystemConfig> {
  const [conf, hosts] = await Promise.all([readIfThere("/etc/resolv.conf"), readIfThere("/etc/hosts")]);
  return { conf: parseResolvConf(conf), hosts: parseHosts(hosts) };
}

/** RFC 1035 4.2. */
const DNS_PORT = 53;

/** How a resolver asks that follows the files of this host; servers that are reached over IPv6 come first. */
export function resolverOptions({ conf, hosts }: SystemConfig): ResolverOptions {
  return {
    servers: serversInOrder(conf.servers).map((ip) => Endpoint.of(ip, DNS_PORT)),
    hosts,
    timeoutMs: conf.timeoutSeconds * 1000,
    attempts: conf.attempts,
    useTcp: conf.useTcp,
    rotate: conf.rotate,
  };
}

async function readIfThere(path: string): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).slice(0, MAX_FILE_BYTES);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
      const fix = `--allow-read=${path}`;
      throw new MptError("ERR_PERMISSION", `Cannot read ${path}: run again with ${fix}`, {
        cause: error,
        fix,
      });
    }
    throw new MptError("ERR_SYSTEM", `Cannot read ${path}: ${String(error)}`, { cause: error });
  }
}
