import { MptError } from "../lib/base/errors.ts";
import type { Transport } from "../lib/base/transport.ts";
import type { BenchFailure, Direction } from "../lib/bench/mod.ts";
import type { PathChoice } from "./option_values.ts";
import { usage } from "./usage.ts";

/** What `--direction` stands for. */
export const DIRECTIONS: Readonly<Record<"download" | "upload" | "both", readonly Direction[]>> = {
  download: ["download"],
  upload: ["upload"],
  both: ["download", "upload"],
};

/** The transports of a benchmark. */
export const TRANSPORTS = ["tcp", "mptcp", "quic", "mpquic"] as const;

/** `0@2.5`, `0@2.5,close`: the path, the seconds after which it is broken, and how. */
const FAILURE = /^(\d{1,9})@(\d{1,6}(?:\.\d{1,3})?)(?:,(silent|close))?$/;

/** What to compare when nothing is said: a prefix of the target stands for its transport. */
export function defaultTransports(prefix: Transport | undefined, aboutQuic: boolean): readonly Transport[] {
  // Each path alone is what several are compared with
  if (prefix === "mpquic") return ["quic", "mpquic"];
  if (prefix === "quic" || (prefix === undefined && aboutQuic)) return ["quic"];
  return prefix === "tcp" ? ["tcp"] : ["tcp", "mptcp"];
}

/** Reads what `--fail` says. */
export function failure(text: string): BenchFailure {
  return usage(() => {
    const [, path, seconds, how] = FAILURE.exec(text) ?? [];
    if (path === undefined) {
      throw new RangeError(`use PATH@SECONDS, such as 0@2 or 0@2,close, not ${JSON.stringify(text)}`);
    }
    return { path: Number(path), afterMs: Number(seconds) * 1000, how: how === "close" ? "close" : "silent" };
  });
}

/** What is said of paths that only multipath QUIC lets its user decide. */
export function forMpquicOnly(
  { scheduler, fail, path }: {
    readonly scheduler?: string | undefined;
    readonly fail?: BenchFailure | undefined;
    readonly path?: readonly PathChoice[] | undefined;
  },
  asked: readonly Transport[],
): void {
  if (asked.includes("mpquic")) return;
  if (scheduler !== undefined || fail !== undefined) {
    const option = scheduler === undefined ? "--fail" : "--scheduler";
    throw new MptError(
      "ERR_USAGE",
      `Cannot use ${option} with ${asked.join(" and ")}: only the paths of mpquic are this program's own`,
      { fix: "--transport mpquic" },
    );
  }
  if (path?.some(({ status }) => status !== undefined) !== true) return;
  throw new MptError(
    "ERR_USAGE",
    "Cannot set the status of a subflow: it is the kernel's: ip mptcp endpoint change ADDRESS backup",
  );
}
