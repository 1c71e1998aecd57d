import type { Tristate } from "../base/path.ts";
import type { PathJson } from "../base/path_json.ts";
import type { CheckAnswer } from "../protocol/check.ts";

/** What the data phase found. */
export interface DataJson {
  /** What was said to the server. */
  readonly kind: "http" | "tls" | "none";
  /** Whether the server answered. */
  readonly status: Tristate | "skipped";
  /** From the first byte sent to the first answer. */
  readonly ms: number | null;
  /** What the server said, or why it said nothing. */
  readonly text: string;
}

/** One transport to one address. */
export interface CheckJson {
  /** Whether the transport works to this address. */
  readonly status: Tristate | "skipped";
  /** Why, in words; null when there is nothing to explain. */
  readonly reason: string | null;
  /** Time to connect. */
  readonly ms: number | null;
  /** More about the connection; null when there was none. */
  readonly detail: {
    /** The stable code of the failure. */
    readonly error: string | null;
    readonly data: DataJson | null;
    /** How the server sees this connection, when it is `mpt serve`. */
    readonly server: CheckAnswer | null;
  } | null;
  /** The paths, as this end saw them last. */
  readonly paths: readonly PathJson[];
}
