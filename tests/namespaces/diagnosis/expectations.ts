/** What the rows of the kernel tests share: impairments, and what `mpt probe` says about them. */
import type { DiagnosisCode } from "../../../lib/mptcp/diagnosis/mod.ts";
import type { Impairment } from "./impaired_lab.ts";

/** Every verdict with its certainty, in order, and the exit status with `--require mptcp`. */
export interface Expectation {
  readonly exit: 0 | 1 | 3;
  readonly verdicts: readonly (readonly [DiagnosisCode, "proved" | "likely" | "possible"])[];
}

/** An impairment and what follows. */
export interface KernelRow extends Impairment {
  readonly name: string;
  readonly family?: 4 | 6;
  /** To be checked over IPv6 as well, with `mpt serve`. */
  readonly both?: true;
  readonly args?: readonly string[];
  /** The servers are left with a connection that they believe in. */
  readonly stuck?: true;
  /** With `mpt serve` at the far end. */
  readonly mpt: Expectation | null;
  /** With a web server at the far end. */
  readonly web: Expectation | null;
  /** Or these, where the outcome depends on when a worker of the kernel has its turn. */
  readonly or?: { readonly mpt: Expectation; readonly web: Expectation };
}

export const WORKS = ["mptcp-works", "proved"] as const;
export const AMBIGUOUS = ["fallback-cause-ambiguous", "proved"] as const;
export const JOIN_AMBIGUOUS = ["join-cause-ambiguous", "proved"] as const;

/** What one end alone knows after a fallback in the handshake. */
export const HANDSHAKE: Expectation = {
  exit: 1,
  verdicts: [
    AMBIGUOUS,
    ["peer-without-mptcp", "possible"],
    ["option-stripped-syn", "possible"],
    ["option-stripped-synack", "possible"],
    ["tcp-proxy", "possible"],
  ],
};

export const AFTER: Expectation = {
  exit: 1,
  verdicts: [
    AMBIGUOUS,
    ["option-stripped-after-handshake", "possible"],
    ["option-stripped-data", "possible"],
    ["add-addr-stripped", "possible"],
  ],
};

/** A path that is reset right after it came up, by one end. */
export const LATE_RESET: Expectation["verdicts"] = [
  JOIN_AMBIGUOUS,
  ["join-rejected-by-peer", "possible"],
  ["join-stripped", "possible"],
  ["join-reset", "possible"],
];
export const NO_OPTION: Expectation["verdicts"] = [
  JOIN_AMBIGUOUS,
  ["join-stripped", "possible"],
  ["join-wrong-server", "possible"],
];
export const NO_ANSWER: Expectation["verdicts"] = [
  JOIN_AMBIGUOUS,
  ["join-path-dead", "possible"],
  ["join-return-path", "possible"],
];
/** A path that is established and carries nothing, by one end. */
export const STALLED: Expectation["verdicts"] = [
  JOIN_AMBIGUOUS,
  ["join-stalled-by-accept-filter", "possible"],
  ["join-dropped", "possible"],
  ["join-return-path", "possible"],
];
export const SYN_OR_SYNACK: Expectation["verdicts"] = [
  AMBIGUOUS,
  ["syn-dropped", "possible"],
  ["synack-dropped", "possible"],
];
export const HOLE = ["blackhole-active", "proved"] as const;

export const fine = (...verdicts: Expectation["verdicts"]): Expectation => ({
  exit: 0,
  verdicts: [WORKS, ...verdicts],
});
export const broken = (...verdicts: Expectation["verdicts"]): Expectation => ({ exit: 1, verdicts });
export const untestable = (...verdicts: Expectation["verdicts"]): Expectation => ({ exit: 3, verdicts });

export const NO_JOINS = ["--join-timeout", "0"] as const;
/** The endpoints that the lab gives the client. */
export const ENDPOINTS: string = [
  "ip mptcp endpoint add 10.77.2.1 dev path2 subflow",
  "ip mptcp endpoint add fd77:0:0:2::1 dev path2 subflow",
].join("; ");
export const SYSCTL = "/proc/sys/net/mptcp";
export const TCP = "/proc/sys/net/ipv4";

/** A rule of the router, in the way of everything that it forwards. */
export function row(rule: string): string {
  return table("type filter hook forward priority 10", rule);
}

/** The rules of a row: one chain in a table of its own. */
export function table(hook: string, rule: string): string {
  return `add table inet row; add chain inet row f { ${hook}; }; add rule inet row f ${rule}`;
}
