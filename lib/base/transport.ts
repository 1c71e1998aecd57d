/** The four transports. A connection runs over exactly one of them. */
export type Transport = "tcp" | "mptcp" | "quic" | "mpquic";

/**
 * The four transports in the order in which mpt shows them.
 *
 * @example List what a target may be prefixed with
 * ```ts
 * import assert from "node:assert/strict";
 * import { TRANSPORTS } from "@multipath/mpt/base";
 *
 * assert(TRANSPORTS.map((name) => `${name}@`).join(" ") === "tcp@ mptcp@ quic@ mpquic@");
 * ```
 */
export const TRANSPORTS: readonly Transport[] = Object.freeze(["tcp", "mptcp", "quic", "mpquic"]);

/**
 * Whether a text is the name of a transport.
 *
 * @param text Any text; names are lower case.
 * @returns True for one of the four names.
 *
 * @example Check a word from the command line
 * ```ts
 * import assert from "node:assert/strict";
 * import { isTransport } from "@multipath/mpt/base";
 *
 * assert(isTransport("mptcp"));
 * assert(!isTransport("sctp"));
 * ```
 */
export function isTransport(text: string): text is Transport {
  return TRANSPORTS.some((name) => name === text);
}
