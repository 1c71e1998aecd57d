import { MptError } from "../base/errors.ts";
import type { AddressFamily, Ip } from "../base/ip.ts";
import { lookup, type LookupRecord } from "../io/lookup.ts";
import type { ProbePlan } from "./options.ts";
import type { DnsJson } from "./result.ts";

/** At most this many addresses of a name are probed. */
const MAX_ADDRESSES = 32;

/** The addresses of a target, and how they were found. */
export interface Resolved {
  readonly ips: readonly Ip[];
  readonly dns: readonly DnsJson[] | null;
  readonly warnings: readonly string[];
}

/**
 * Every address of the target: the literal itself, or what the resolver says for the families asked for.
 *
 * @throws {MptError} `ERR_NAME_NOT_FOUND`, `ERR_NAME_LOOKUP`, `ERR_ABORTED`.
 */
export async function resolveTarget(plan: ProbePlan, signal: AbortSignal | undefined): Promise<Resolved> {
  const { target } = plan;
  if (target.ip !== undefined) return { ips: [target.ip], dns: null, warnings: [] };
  const families: readonly AddressFamily[] = target.family === undefined ? [6, 4] : [target.family];
  const records = await Promise.all(families.map((family) => lookup(target.host, family, signal)));
  const ips = records.flatMap((record) => record.answers);
  if (ips.length === 0) throw nothingFound(target.host, records);
  const warnings = records.filter((record) => record.status === "error").map((record) =>
    `The ${record.type} query for ${target.host} failed (${record.error}): addresses may be missing.`
  );
  if (ips.length > MAX_ADDRESSES) {
    warnings.push(`${target.host} has ${ips.length} addresses; only the first ${MAX_ADDRESSES} are probed.`);
  }
  return { ips: ips.slice(0, MAX_ADDRESSES), dns: records.map(dnsJson), warnings };
}

function nothingFound(host: string, records: readonly LookupRecord[]): MptError {
  const failed = records.find((record) => record.status === "error");
  if (failed !== undefined) {
    return new MptError("ERR_NAME_LOOKUP", `Cannot look up ${host}: the resolver failed (${failed.error})`, {
      data: { host },
    });
  }
  const family = records.length === 1 ? ` for IPv${records[0]!.type === "A" ? 4 : 6}` : "";
  return new MptError("ERR_NAME_NOT_FOUND", `Cannot look up ${host}: the name has no address${family}`, {
    data: { host },
  });
}

function dnsJson(record: LookupRecord): DnsJson {
  return { ...record, answers: record.answers.map(String) };
}
