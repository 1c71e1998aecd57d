import { attributeMap, attributeNumber, attributeText } from "./attribute.ts";

/** What runs on top of a TCP socket; the numbers are there when it is `mptcp`. */
export interface UlpInfo {
  /** `mptcp` for a subflow, `tls` for kernel TLS. */
  readonly name: string;
  /** The local token of the connection that this subflow belongs to; 0 after an early fallback. */
  readonly tokenLocal?: number;
  /** The token of the other end; 0 on the first subflow. */
  readonly tokenRemote?: number;
  /** Bits of {@linkcode ULP_FLAGS}. */
  readonly flags?: number;
  /** The id of the local address. */
  readonly idLocal?: number;
  /** The id of the remote address. */
  readonly idRemote?: number;
}

/** `MPTCP_SUBFLOW_FLAG_*` of <linux/mptcp.h>: what a subflow is and how far it came. */
export const ULP_FLAGS: {
  /** The other end sent MP_CAPABLE. */
  readonly MCAP_REM: 0x1;
  /** This end sent MP_CAPABLE. */
  readonly MCAP_LOC: 0x2;
  /** The other end sent MP_JOIN. */
  readonly JOIN_REM: 0x4;
  /** This end sent MP_JOIN. */
  readonly JOIN_LOC: 0x8;
  /** The other end asked for backup. */
  readonly BKUP_REM: 0x10;
  /** This end asked for backup. */
  readonly BKUP_LOC: 0x20;
  /** The handshake is complete: the subflow carries data. */
  readonly FULLY_ESTABLISHED: 0x40;
  /** The TCP handshake is complete. */
  readonly CONNECTED: 0x80;
  /** A data sequence mapping is in use. */
  readonly MAPVALID: 0x100;
} = {
  MCAP_REM: 0x1,
  MCAP_LOC: 0x2,
  JOIN_REM: 0x4,
  JOIN_LOC: 0x8,
  BKUP_REM: 0x10,
  BKUP_LOC: 0x20,
  FULLY_ESTABLISHED: 0x40,
  CONNECTED: 0x80,
  MAPVALID: 0x100,
};

const LETTERS: readonly (readonly [number, string])[] = [
  [ULP_FLAGS.MCAP_REM, "M"],
  [ULP_FLAGS.MCAP_LOC, "m"],
  [ULP_FLAGS.JOIN_REM, "J"],
  [ULP_FLAGS.JOIN_LOC, "j"],
  [ULP_FLAGS.BKUP_REM, "B"],
  [ULP_FLAGS.BKUP_LOC, "b"],
  [ULP_FLAGS.FULLY_ESTABLISHED, "e"],
  [ULP_FLAGS.CONNECTED, "c"],
  [ULP_FLAGS.MAPVALID, "v"],
];

/**
 * The flags of a subflow in the letters of `ss -ti`.
 *
 * @param flags Bits of {@linkcode ULP_FLAGS}.
 * @returns At the end that connected `Mmec` for a healthy first subflow and `Jjec` for a healthy join; `Mec` and
 *   `Jec` at the other.
 *
 * @example A join that waits for its last acknowledgement
 * ```ts
 * import assert from "node:assert/strict";
 * import { ULP_FLAGS, ulpFlagLetters } from "@multipath/mpt/netlink";
 *
 * const { JOIN_REM, JOIN_LOC, CONNECTED } = ULP_FLAGS;
 * assert(ulpFlagLetters(JOIN_REM | JOIN_LOC | CONNECTED) === "Jjc");
 * ```
 */
export function ulpFlagLetters(flags: number): string {
  return LETTERS.filter(([bit]) => (flags & bit) !== 0).map(([, letter]) => letter).join("");
}

/** `INET_ULP_INFO_*` and `MPTCP_SUBFLOW_ATTR_*`. */
const ULP_NAME = 1;
const ULP_MPTCP = 3;
const TOKEN_REM = 1;
const TOKEN_LOC = 2;
const FLAGS = 8;
const ID_REM = 9;
const ID_LOC = 10;

/** Reads an `INET_DIAG_ULP_INFO` attribute. */
export function readUlp(payload: Uint8Array): UlpInfo {
  const outer = attributeMap(payload);
  const name = outer.get(ULP_NAME);
  const inner = attributeMap(outer.get(ULP_MPTCP) ?? new Uint8Array());
  return {
    name: name === undefined ? "" : attributeText(name),
    ...number("tokenLocal", inner.get(TOKEN_LOC)),
    ...number("tokenRemote", inner.get(TOKEN_REM)),
    ...number("flags", inner.get(FLAGS)),
    ...number("idLocal", inner.get(ID_LOC)),
    ...number("idRemote", inner.get(ID_REM)),
  };
}

function number<K extends string>(key: K, payload: Uint8Array | undefined): { readonly [P in K]?: number } {
  return payload === undefined ? {} : { [key]: attributeNumber(payload) } as { readonly [P in K]: number };
}
