import { readProc } from "../io/proc.ts";

/** Counters by the names that `nstat` prints. */
export type Counters = ReadonlyMap<string, number>;

const FILES: readonly string[] = ["/proc/net/netstat", "/proc/net/snmp"];

/** The two have some 12 KB; a kernel with ten times the counters still fits. */
const LIMIT_BYTES = 131_072;

/**
 * Reads the counters in the text of `/proc/net/netstat` or `/proc/net/snmp`: a line of names, then a line of
 * values, each with the same prefix. Kernels insert new names in the middle, so nothing is read by position.
 *
 * @param text The whole file; lines that do not fit are passed over.
 * @returns Values such as `MPTcpExtMPCapableSYNTX` and `TcpExtTCPTimeouts`.
 *
 * @example Names as nstat prints them
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseCounters } from "@multipath/mpt/mptcp";
 *
 * const counters = parseCounters("MPTcpExt: MPCapableSYNRX MPCapableSYNTX\nMPTcpExt: 0 7\n");
 * assert(counters.get("MPTcpExtMPCapableSYNTX") === 7);
 * ```
 */
export function parseCounters(text: string): Counters {
  const counters = new Map<string, number>();
  const lines = text.split("\n").map((line) => line.split(" ").filter((word) => word !== ""));
  for (let i = 0; i + 1 < lines.length; i++) {
    const [prefix = "", ...names] = lines[i]!;
    const [again, ...values] = lines[i + 1]!;
    const areNames = !/^-?\d/.test(names[0] ?? "");
    if (!/^[A-Za-z]\w*:$/.test(prefix) || prefix !== again || !areNames) continue;
    names.forEach((name, index) => {
      const value = values[index];
      if (value === undefined || !/^-?\d+$/.test(value)) return;
      counters.set(`${prefix.slice(0, -1)}${name}`, Number(value));
    });
    i++;
  }
  return counters;
}

/**
 * Reads the counters of this network namespace. They count all connections in it, not only those of this
 * program.
 *
 * @returns All counters; none of MPTCP when the kernel has no MPTCP.
 * @throws {MptError} `ERR_NOT_LINUX`, `ERR_FFI_PERMISSION` or `ERR_FFI_UNAVAILABLE`.
 *
 * @example Count what a connection did
 * ```ts
 * import assert from "node:assert/strict";
 * import { counterDeltas, readCounters } from "@multipath/mpt/mptcp";
 *
 * if (Deno.build.os === "linux") {
 *   const before = readCounters();
 *   const deltas = counterDeltas(before, readCounters());
 *   assert(!deltas.has("MPTcpExtMPCapableSYNTX") || deltas.size > 0);
 * }
 * ```
 */
export function readCounters(): Counters {
  return parseAll(readCounterTexts());
}

/** The files as they are now: reading them is quick, and they may never have to be parsed. */
export function readCounterTexts(): readonly string[] {
  return FILES.map((path) => readProc(path, LIMIT_BYTES) ?? "");
}

/** The counters of all files. */
export function parseAll(texts: readonly string[]): Counters {
  return new Map(texts.flatMap((text) => [...parseCounters(text)]));
}

/**
 * The counters that changed between two readings.
 *
 * @param before The earlier reading; a counter that is absent counts from 0.
 * @param after The later reading.
 * @returns The differences that are not 0; negative only for gauges such as `MPTcpExtMPCurrEstab`.
 *
 * @example One new connection
 * ```ts
 * import assert from "node:assert/strict";
 * import { counterDeltas } from "@multipath/mpt/mptcp";
 *
 * const deltas = counterDeltas(new Map([["a", 1], ["b", 5]]), new Map([["a", 2], ["b", 5]]));
 * assert(deltas.size === 1 && deltas.get("a") === 1);
 * ```
 */
export function counterDeltas(before: Counters, after: Counters): Counters {
  const deltas = new Map<string, number>();
  for (const [name, value] of after) {
    const delta = value - (before.get(name) ?? 0);
    if (delta !== 0) deltas.set(name, delta);
  }
  return deltas;
}
