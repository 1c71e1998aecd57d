import type { Envelope } from "../base/result.ts";
import type { SockoptJson } from "./sockopt_json.ts";

/** How a check went. What could not be looked at is `unknown`, never `ok` and never `fail`. */
export type CheckStatus = "ok" | "warn" | "fail" | "unknown";

/** One thing that was looked at. */
export interface Check {
  /** The stable name of the check, such as `mptcp-support`; some may occur more than once. */
  readonly code: string;
  /** How it went. */
  readonly status: CheckStatus;
  /** What was found and what it means, as sentences. */
  readonly text: string;
  /** What was found, as short as it can be said; null when nothing could be. */
  readonly found: string | number | boolean | null;
  /** The commands or the setting that mend it, one a line; null where there is nothing to mend. */
  readonly fix: string | null;
}

/** The result of {@linkcode doctor}. */
export interface DoctorResult extends Envelope<"mpt.doctor/1"> {
  /** What was looked at, in the order of the layers: kernel, settings, addresses, history, permissions. */
  readonly checks: readonly Check[];
  /** What MPTCP sockets do with socket options; null when it was not asked for or could not be tried. */
  readonly sockopts: readonly SockoptJson[] | null;
}
