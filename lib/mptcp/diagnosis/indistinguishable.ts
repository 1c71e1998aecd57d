import type { DiagnosisCode } from "./codes.ts";

/** Causes that one end alone sees the same way. */
export interface Indistinguishable {
  /** What that end sees. */
  readonly seen: string;
  /** The causes that fit, each of them. */
  readonly codes: readonly DiagnosisCode[];
}

/**
 * What one end alone cannot tell apart, and is therefore listed together as possible. `mpt serve` at the other
 * end tells.
 */
export const INDISTINGUISHABLE: readonly Indistinguishable[] = [
  {
    seen: "the SYN/ACK comes without the option",
    codes: ["peer-without-mptcp", "option-stripped-syn", "option-stripped-synack", "tcp-proxy"],
  },
  {
    seen: "SYNs with the option get no answer, whether the connection comes up without it or not at all",
    codes: ["syn-dropped", "synack-dropped"],
  },
  {
    seen: "the connection comes up as MPTCP and falls back with its first data",
    codes: ["option-stripped-after-handshake", "option-stripped-data", "add-addr-stripped"],
  },
  {
    seen: "a further path gets no answer, to plain TCP neither",
    codes: ["join-path-dead", "join-return-path"],
  },
  {
    seen: "the SYN/ACK of a further path comes without the option",
    codes: ["join-stripped", "join-wrong-server"],
  },
  {
    seen: "the SYN of a further path is reset, where plain TCP connects",
    codes: ["join-reset", "join-wrong-server", "join-rejected-by-peer"],
  },
  {
    seen: "a further path is reset right after it came up",
    codes: ["join-rejected-by-peer", "join-stripped", "join-reset"],
  },
  {
    seen: "a further path is established and carries nothing",
    codes: ["join-stalled-by-accept-filter", "join-dropped", "join-return-path"],
  },
  {
    seen: "no announcement of an address arrives",
    codes: ["no-extra-address", "add-addr-stripped"],
  },
];
