import type { CatalogueEntry } from "../mptcp/diagnosis/catalogue/entry.ts";
import type { BenchCode } from "./codes.ts";

/** Every code that only a benchmark has, with what is to be said about it. */
export const BENCH_CATALOGUE: Readonly<Record<BenchCode, CatalogueEntry>> = Object.freeze({
  "multipath-gain": {
    level: "ok",
    sentence: "Several paths to {target} carry more than the best of them alone, or about as much.",
    seen: "Transfers are faster, or as fast as before; how much is said beside it.",
    why: "The paths share the work. What they bring together depends on how much their delays differ.",
    evidence:
      "Each path was measured alone and all together. Efficiency is the part of the sum that arrives; benefit is 0 for " +
      "the best single path and 1 for the sum.",
    fix: null,
  },
  "multipath-one-path": {
    level: "info",
    sentence: "Multipath to {target} was measured beside one path only.",
    seen: "About the same rate with and without: there was nothing to add up.",
    why: "This host has one address that leads there, or the others could not be measured.",
    evidence: "One single run, one over all paths.",
    fix: "mpt doctor tells why there is no second one; --path local=ADDRESS chooses what is measured",
  },
  "measured": {
    level: "info",
    sentence: "A transfer to {target} was measured, and there is nothing to compare it with.",
    seen: "The rate of one transport.",
    why: "One transport was asked for, or the others could not be measured.",
    evidence: "Goodput: payload at the receiver.",
    fix: null,
  },
  "mpquic-not-agreed": {
    level: "fail",
    sentence: "The server at {target} does not offer several paths over QUIC.",
    seen: "One path, and plain QUIC.",
    why: "Its handshake did not carry initial_max_path_id, or with code points of another draft.",
    evidence: "The connection was opened for multipath QUIC and had none when it was up.",
    fix: "run mpt serve --listen mpquic@... on that machine",
  },
  "path-broken": {
    level: "info",
    sentence: "A path to {target} was broken on purpose (--fail).",
    seen: "How long the transfer stood still, or that it did not go on.",
    why: "That was asked for. A transfer that does not go on had no other path, or did not move to it.",
    evidence: "The longest time without a byte at the receiver.",
    fix: null,
  },
  "path-not-broken": {
    level: "unknown",
    sentence: "No path to {target} was broken, though that was asked for (--fail).",
    seen: "A transfer without a failure: what one would do is not known.",
    why: "There was no path of that number, or the transfer was over before.",
    evidence: "The paths of the transfer, and its duration.",
    fix: "--fail PATH@SECONDS with a path that there is; a longer --duration",
  },
  "run-failed": {
    level: "fail",
    sentence: "A transfer to {target} failed.",
    seen: "No figure, or one that ends early; the reason is named.",
    why: "The server refused it, the connection broke, or nothing listens there that speaks perf or HTTP.",
    evidence: "The error with its code.",
    fix: null,
  },
  "run-cut-short": {
    level: "unknown",
    sentence: "A transfer to {target} was cut short; what it did until then is said.",
    seen: "A figure of a shorter time than was asked for.",
    why: "It was interrupted, or --timeout was over.",
    evidence: "The bytes until then.",
    fix: null,
  },
});
