import { AF_INET, AF_INET6 } from "../../ffi/mod.ts";
import { type AddressFamily, Ip } from "../base/ip.ts";
import { attributeMap, attributeNumber, attributeText } from "./attribute.ts";
import { decodeMessages, encodeMessage, headOf, NLM_F_DUMP, NLM_F_REQUEST } from "./message.ts";

const RTM_NEWRULE = 32;
const RTM_GETRULE = 34;

/**
 * `sizeof(struct fib_rule_hdr)`: family u8, dst_len u8 @1, src_len u8 @2, tos u8, table u8 @4, two reserved
 * u8, action u8 @7, flags u32.
 */
const FIB_RULE_HDR = 12;

/** `FRA_*` attributes. */
const DST = 1;
const SRC = 2;
const IIFNAME = 3;
const PRIORITY = 6;
const FWMARK = 10;
const TABLE = 15;
const OIFNAME = 17;

/** `FIB_RULE_INVERT`: the rule is for packets that do not match. */
const INVERT = 0x2;

/** A routing rule, as `ip rule` shows it. */
export interface Rule {
  /** The address family. */
  readonly family: AddressFamily;
  /** The source network; absent for any. */
  readonly source?: Ip;
  /** How many leading bits of the source count. */
  readonly sourcePrefixLength: number;
  /** The destination network; absent for any. */
  readonly destination?: Ip;
  /** How many leading bits of the destination count. */
  readonly destinationPrefixLength: number;
  /** The interface that a packet came in on. */
  readonly inputInterface?: string;
  /** The interface that the socket is bound to. */
  readonly outputInterface?: string;
  /** The firewall mark. */
  readonly mark?: number;
  /** The table that is looked up; 0 for rules that do something else. */
  readonly table: number;
  /** The lowest is asked first. */
  readonly priority: number;
  /** The rule is for packets that do not match. */
  readonly not: boolean;
}

/** The request for the rules of both families. */
export function encodeRuleDump(): Uint8Array<ArrayBuffer> {
  return encodeMessage({
    type: RTM_GETRULE,
    flags: NLM_F_REQUEST | NLM_F_DUMP,
    sequence: 1,
    body: new Uint8Array(FIB_RULE_HDR),
  });
}

/** Reads the answer to {@linkcode encodeRuleDump}; other families than IP are left out. */
export function decodeRules(parts: readonly Uint8Array[]): readonly Rule[] {
  const rules: Rule[] = [];
  for (const message of decodeMessages(parts).messages) {
    if (message.type !== RTM_NEWRULE) continue;
    const head = headOf(message, FIB_RULE_HDR);
    const family = head.getUint8(0);
    if (family !== AF_INET && family !== AF_INET6) continue;
    const found = attributeMap(message.body.subarray(FIB_RULE_HDR));
    const source = found.get(SRC);
    const destination = found.get(DST);
    const input = found.get(IIFNAME);
    const output = found.get(OIFNAME);
    const mark = found.get(FWMARK);
    const table = found.get(TABLE);
    const priority = found.get(PRIORITY);
    rules.push({
      family: family === AF_INET ? 4 : 6,
      ...(source === undefined ? {} : { source: Ip.fromBytes(source) }),
      sourcePrefixLength: head.getUint8(2),
      ...(destination === undefined ? {} : { destination: Ip.fromBytes(destination) }),
      destinationPrefixLength: head.getUint8(1),
      ...(input === undefined ? {} : { inputInterface: attributeText(input) }),
      ...(output === undefined ? {} : { outputInterface: attributeText(output) }),
      ...(mark === undefined ? {} : { mark: attributeNumber(mark) }),
      table: table === undefined ? head.getUint8(4) : attributeNumber(table),
      priority: priority === undefined ? 0 : attributeNumber(priority),
      not: (head.getUint32(8, true) & INVERT) !== 0,
    });
  }
  return rules;
}
