import type { Ip } from "../../base/ip.ts";
import { hasPrefix, mappedBytes, parsePrefix, type Prefix } from "./prefix.ts";

/** A row of the policy table: what holds for the addresses of a prefix (RFC 6724 2.1). */
export interface PolicyRow {
  /** The leading bits of the addresses that it is about. */
  readonly prefix: Prefix;
  /** Destinations with a higher one come first. */
  readonly precedence: number;
  /** Source and destination should have the same. */
  readonly label: number;
}

/** Rows with the longest prefix first. */
export type PolicyTable = readonly PolicyRow[];

/**
 * Makes a policy table.
 *
 * @param rows Prefix, precedence and label, in any order.
 * @throws {MptError} `ERR_INVALID_VALUE` for a prefix that is none.
 */
export function policyTable(rows: readonly (readonly [string, number, number])[]): PolicyTable {
  return rows
    .map(([prefix, precedence, label]) => ({ prefix: parsePrefix(prefix), precedence, label }))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
}

/** RFC 6724 2.1: the rows of the default policy table. */
export const DEFAULT_POLICY_ROWS: readonly (readonly [string, number, number])[] = [
  ["::1/128", 50, 0],
  ["::/0", 40, 1],
  ["::ffff:0:0/96", 35, 4],
  ["2002::/16", 30, 2],
  ["2001::/32", 5, 5],
  ["fc00::/7", 3, 13],
  ["::/96", 1, 3],
  ["fec0::/10", 1, 11],
  ["3ffe::/16", 1, 12],
];

/** RFC 6724 2.1. */
export const DEFAULT_POLICY: PolicyTable = policyTable(DEFAULT_POLICY_ROWS);

/** RFC 6724 10.3: the default table with IPv4 first. */
export const IPV4_FIRST_POLICY: PolicyTable = policyTable(
  DEFAULT_POLICY_ROWS.map((row) => row[0] === "::ffff:0:0/96" ? [row[0], 100, row[2]] : row),
);

/** What holds for an address: the row with the longest prefix that it has. */
export function lookUp(table: PolicyTable, ip: Ip): { readonly precedence: number; readonly label: number } {
  const bytes = mappedBytes(ip);
  return table.find((row) => hasPrefix(bytes, row.prefix)) ?? NO_POLICY;
}

/** An address that a table without `::/0` says nothing of comes last and matches nothing but its like. */
const NO_POLICY = Object.freeze({ precedence: 0, label: -1 });
