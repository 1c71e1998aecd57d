/** The findings of a benchmark that no other command has. */
export const BENCH_CODES = [
  "multipath-gain",
  "multipath-one-path",
  "measured",
  "mpquic-not-agreed",
  "path-broken",
  "path-not-broken",
  "run-failed",
  "run-cut-short",
] as const;

/** The stable name of a finding that only a benchmark has. */
export type BenchCode = (typeof BENCH_CODES)[number];

/** Every code that a benchmark can find. */
export type BenchVerdictCode = BenchCode | "multipath-penalty" | "mptcp-fell-back" | "mptcp-unknown";
