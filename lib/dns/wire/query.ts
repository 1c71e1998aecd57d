import { EMPTY_MESSAGE, encodeMessage, type Question, question } from "./message.ts";
import type { DnsName } from "./name.ts";
import type { EdnsOption } from "./record.ts";
import type { RecordType } from "./types.ts";

/** What of a query has to be unpredictable (RFC 5452 4), chosen by the caller. */
export interface QuerySecrets {
  /** From 0 to 65535. */
  readonly id: number;
  /** The case of the letters, see {@linkcode DnsName.withCase}; null leaves the name as it is. */
  readonly caseBits: Uint8Array | null;
}

/** What may differ between queries. */
export interface QueryOptions {
  /** The largest UDP answer; 0 leaves EDNS out. @default {1232} as the operators agreed on DNS flag day 2020 */
  readonly udpSize?: number;
  /** Asks for DNSSEC records. @default {false} */
  readonly dnssecOk?: boolean;
  /** Options of EDNS, such as a cookie. @default {[]} */
  readonly ednsOptions?: readonly EdnsOption[];
}

/** The largest UDP answer that is not fragmented on any usual path (dnsflagday.net/2020). */
export const UDP_SIZE = 1232;

/** A query as it is sent. */
export interface DnsQuery {
  readonly id: number;
  /** With the name in the case that it was sent in. */
  readonly question: Question;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Builds the query of a stub resolver: one question, recursion desired.
 *
 * @param name Whose records.
 * @param type Which records.
 * @param secrets The id and the case of the letters.
 * @param options Sizes and flags.
 * @returns What to send, and what an answer has to repeat.
 * @throws {MptError} `ERR_INVALID_VALUE` for an id or a size that does not fit.
 */
export function buildQuery(
  name: DnsName,
  type: RecordType,
  secrets: QuerySecrets,
  options: QueryOptions = {},
): DnsQuery {
  const { udpSize = UDP_SIZE, dnssecOk = false, ednsOptions = [] } = options;
  const asked = question(secrets.caseBits === null ? name : name.withCase(secrets.caseBits), type);
  const bytes = encodeMessage({
    ...EMPTY_MESSAGE,
    id: secrets.id,
    recursionDesired: true,
    questions: [asked],
    edns: udpSize === 0 ? null : { udpSize, version: 0, dnssecOk, options: ednsOptions },
  });
  return { id: secrets.id, question: asked, bytes };
}
