import { lookup as systemLookup } from "node:dns/promises";
import { MptError } from "../base/errors.ts";
import { type AddressFamily, Ip } from "../base/ip.ts";
import { abortedError, orAborted } from "./deadline.ts";
import { requireLookup } from "./net_permission.ts";

/** One question to the system's resolver, with its answer. */
export interface LookupRecord {
  readonly type: "A" | "AAAA";
  readonly status: "ok" | "no-data" | "not-found" | "error";
  readonly answers: readonly Ip[];
  readonly ms: number;
  /** The resolver's word for the failure. */
  readonly error: string | null;
}

/**
 * Asks the system's resolver (hosts file and DNS, as other programs do) for the addresses of one family.
 * A failure is data: the record says what came back.
 *
 * @throws {MptError} `ERR_ABORTED`, `ERR_NET_PERMISSION`.
 */
export async function lookup(
  host: string,
  family: AddressFamily,
  signal?: AbortSignal,
): Promise<LookupRecord> {
  const type = family === 4 ? "A" : "AAAA";
  // The system's resolver cannot be called back.
  if (signal?.aborted) throw abortedError(`look up ${host}`, signal);
  requireLookup(host, `look up ${host}`);
  const started = performance.now();
  const done = (
    status: LookupRecord["status"],
    answers: readonly Ip[],
    error: string | null,
  ): LookupRecord => ({
    type,
    status,
    answers,
    ms: Math.round((performance.now() - started) * 1000) / 1000,
    error,
  });
  try {
    const query = systemLookup(host, { all: true, family });
    const found = await orAborted(query, `look up ${host}`, signal);
    const answers = unique(found.map(({ address }) => Ip.parse(address)));
    return done(answers.length > 0 ? "ok" : "no-data", answers, null);
  } catch (error) {
    if (error instanceof MptError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    switch (code) {
      case "ENOTFOUND":
      case "EAI_NONAME":
        return done("not-found", [], code);
      case "ENODATA":
      case "EAI_NODATA":
      case "EAI_ADDRFAMILY":
        return done("no-data", [], code);
      default:
        return done("error", [], code);
    }
  }
}

function unique(ips: readonly Ip[]): readonly Ip[] {
  return [...new Map(ips.map((ip) => [ip.toString(), ip])).values()];
}
