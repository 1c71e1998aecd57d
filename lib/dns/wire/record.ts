import type { Ip } from "../../base/ip.ts";
import type { DnsName } from "./name.ts";
import type { SvcParams } from "./svcb.ts";

/** What every record has. */
interface RecordBase {
  /** Whose record it is. */
  readonly name: DnsName;
  /** For how long it may be kept, in seconds. */
  readonly ttl: number;
}

/** An address. */
export interface AddressRecord extends RecordBase {
  readonly type: "A" | "AAAA";
  readonly address: Ip;
}

/** Another name for it all. */
export interface CnameRecord extends RecordBase {
  readonly type: "CNAME";
  readonly target: DnsName;
}

/** The start of a zone; in a negative answer it says for how long nothing is there (RFC 2308 5). */
export interface SoaRecord extends RecordBase {
  readonly type: "SOA";
  readonly primary: DnsName;
  readonly mailbox: DnsName;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** A service, or an alias where the priority is 0 (RFC 9460 2.4). */
export interface ServiceRecord extends RecordBase {
  readonly type: "SVCB" | "HTTPS";
  readonly priority: number;
  /** The root stands for the record's own name in a service, and for "not available" in an alias. */
  readonly target: DnsName;
  readonly params: SvcParams;
}

/** A record of a type or class that mpt does not read. */
export interface OtherRecord extends RecordBase {
  readonly type: "other";
  readonly code: number;
  readonly class: number;
  readonly data: Uint8Array;
}

/** A resource record. */
export type DnsRecord = AddressRecord | CnameRecord | SoaRecord | ServiceRecord | OtherRecord;

/** RFC 6891 6.1.2: what the OPT record says. */
export interface Edns {
  /** The largest UDP answer that can be taken. */
  readonly udpSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  readonly options: readonly EdnsOption[];
}

/** An option of EDNS, such as 10, the cookie. */
export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}
