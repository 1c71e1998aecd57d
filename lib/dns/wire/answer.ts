import { CLASS_IN, RCODE, rcodeName, typeName } from "./types.ts";
import type { DnsMessage } from "./message.ts";
import type { DnsName } from "./name.ts";
import type { DnsQuery } from "./query.ts";
import type { AddressRecord, CnameRecord, DnsRecord, ServiceRecord, SoaRecord } from "./record.ts";

/** Names that are followed in one answer; BIND and unbound stop at 16 and 11. */
export const MAX_CHAIN = 16;

/** Why a message is no answer to a query; such a message is dropped, and the wait goes on. */
export type Mismatch = "not-an-answer" | "wrong-id" | "wrong-question" | "wrong-case";

/** What an answer holds. */
export interface DnsAnswer {
  /** `error` is a response code other than NOERROR and NXDOMAIN, or an answer that contradicts itself. */
  readonly status: "positive" | "no-data" | "no-name" | "error";
  readonly rcode: number;
  /** Why it is an error; null otherwise. */
  readonly reason: string | null;
  /** The names in the order of the CNAME chain, the one that was asked for first. */
  readonly names: readonly DnsName[];
  /** The records of the type that was asked for, of the last name. */
  readonly records: readonly (AddressRecord | CnameRecord | SoaRecord | ServiceRecord)[];
  /** For how long it holds, in seconds; null when the answer does not say (RFC 2308 5: do not keep it). */
  readonly ttl: number | null;
  /** The chain ends in a name of which the answer says nothing: ask for that name. */
  readonly unfinished: boolean;
}

/**
 * Whether a message answers a query (RFC 5452 9.1): id, question and class as they were sent, in the same
 * case. The caller compares addresses and ports.
 *
 * @param query What was sent.
 * @param message What came.
 * @returns Null when it is the answer, else why not.
 */
export function mismatch(query: DnsQuery, message: DnsMessage): Mismatch | null {
  if (!message.response || message.opcode !== 0) return "not-an-answer";
  if (message.id !== query.id) return "wrong-id";
  const [echo] = message.questions;
  if (echo === undefined) {
    // A server that cannot read a query cannot repeat it
    return message.rcode === RCODE.FORMERR || message.rcode === RCODE.NOTIMP ? null : "wrong-question";
  }
  const { name, type } = query.question;
  const same = message.questions.length === 1 && echo.class === CLASS_IN && echo.type === type;
  if (!same || !echo.name.equals(name)) return "wrong-question";
  return echo.name.equalsExactly(name) ? null : "wrong-case";
}

/**
 * Reads what an answer says of the name that was asked for, along the chain of CNAME records.
 *
 * @param query What was sent.
 * @param message Its answer, see {@linkcode mismatch}.
 * @returns The records at the end of the chain, or what kind of nothing.
 */
export function readAnswer(query: DnsQuery, message: DnsMessage): DnsAnswer {
  const { type } = query.question;
  const { names, ttl: chainTtl, fault } = followChain(query, message);
  const base = { rcode: message.rcode, names, unfinished: false };
  const failed = (reason: string): DnsAnswer => ({
    ...base,
    status: "error",
    reason,
    records: [],
    ttl: null,
  });
  if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN) {
    return failed(`the server answered ${rcodeName(message.rcode)}`);
  }
  if (fault !== null) return failed(fault);
  const last = names[names.length - 1]!;
  const records = message.answers.filter(isRead).filter((each) =>
    each.type === type && each.name.equals(last)
  );
  if (records.length > 0) {
    if (message.rcode === RCODE.NXDOMAIN) {
      return failed(`the server answered NXDOMAIN and records of type ${typeName(type)}`);
    }
    const ttl = Math.min(chainTtl, ...records.map((each) => each.ttl));
    return { ...base, status: "positive", reason: null, records, ttl };
  }
  // RFC 2308 5: the smaller of the TTL of the SOA record and its last field
  const soa = message.authorities.find((each): each is SoaRecord =>
    each.type === "SOA" && last.isWithin(each.name)
  );
  const ttl = soa === undefined ? null : Math.min(chainTtl, soa.ttl, soa.minimum);
  if (message.rcode === RCODE.NXDOMAIN) return { ...base, status: "no-name", reason: null, records, ttl };
  const unfinished = names.length > 1 && soa === undefined;
  return { ...base, status: "no-data", reason: null, records, ttl, unfinished };
}

/** RFC 1034 3.6.2: from name to name, each at most once. */
function followChain(
  query: DnsQuery,
  message: DnsMessage,
): { readonly names: readonly DnsName[]; readonly ttl: number; readonly fault: string | null } {
  const names = [query.question.name];
  let ttl = Infinity;
  if (query.question.type === "CNAME") return { names, ttl, fault: null };
  const aliases = new Map<string, CnameRecord>();
  for (const record of message.answers) {
    if (record.type === "CNAME" && !aliases.has(record.name.key)) aliases.set(record.name.key, record);
  }
  for (;;) {
    const alias = aliases.get(names[names.length - 1]!.key);
    if (alias === undefined) return { names, ttl, fault: null };
    if (names.some((name) => name.equals(alias.target))) {
      return { names, ttl, fault: "its CNAME records are a loop" };
    }
    if (names.length > MAX_CHAIN) {
      return { names, ttl, fault: `it has more than ${MAX_CHAIN} CNAME records in a row` };
    }
    names.push(alias.target);
    ttl = Math.min(ttl, alias.ttl);
  }
}

function isRead(record: DnsRecord): record is AddressRecord | CnameRecord | SoaRecord | ServiceRecord {
  return record.type !== "other";
}
