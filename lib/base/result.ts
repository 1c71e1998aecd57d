import { TOOL, type Tool } from "./tool.ts";
import type { Verdict } from "./verdict.ts";

export { TOOL, type Tool } from "./tool.ts";
export type { Certainty, Verdict, VerdictLevel } from "./verdict.ts";
export { pathFromJson, type PathJson, pathToJson } from "./path_json.ts";

/** Anything that JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | {
  readonly [key: string]: JsonValue;
};

/** The machine that a result was made on. */
export interface HostFacts {
  /** The operating system as Deno names it: `linux`, `darwin`, `windows` ... */
  readonly os: string;
  /** The kernel release; null when it may not be read. */
  readonly kernel: string | null;
  /** The version of Deno. */
  readonly deno: string;
  /** How many processors the program may use. */
  readonly cpus: number;
}

/** Why a run ended: by itself, at its time limit, by a signal, or by an error. */
export type EndReason = "done" | "timeout" | "interrupted" | "error";

/** How a run ended; a run that is cut short still has a result. */
export interface End {
  /** Why it ended. */
  readonly reason: EndReason;
  /** The error, when the reason is `error`. */
  readonly error?: {
    /** The stable code of the error. */
    readonly code: string;
    /** The sentence for people. */
    readonly message: string;
  };
}

/** What every result of mpt begins with; the jobs add their own fields. */
export interface Envelope<S extends string> {
  /** The kind of result and the version of its form, such as `mpt.probe/1`. */
  readonly schema: S;
  /** What made it. */
  readonly tool: Tool;
  /** Where it was made. */
  readonly host: HostFacts;
  /** When the run began: ISO 8601 in UTC, with milliseconds. */
  readonly started_at: string;
  /** How long the run took, in milliseconds. */
  readonly duration_ms: number;
  /** The options in force, defaults included. */
  readonly options: Readonly<Record<string, JsonValue>>;
  /** What weakens the result, one sentence each. */
  readonly warnings: readonly string[];
  /** What was found, in words. */
  readonly verdicts: readonly Verdict[];
  /** How the run ended. */
  readonly end: End;
}

/** What {@linkcode envelope} is made from. */
export interface EnvelopeParts<S extends string> {
  /** The kind of result, such as `mpt.probe/1`. */
  readonly schema: S;
  /** The machine. */
  readonly host: HostFacts;
  /** When the run began, in milliseconds since 1970. */
  readonly startedAtMs: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** The options in force. @default {{}} */
  readonly options?: Readonly<Record<string, JsonValue>>;
  /** What weakens the result. @default {[]} */
  readonly warnings?: readonly string[];
  /** What was found. @default {[]} */
  readonly verdicts?: readonly Verdict[];
  /** How the run ended. @default {{ reason: "done" }} */
  readonly end?: End;
}

/**
 * Puts together what every result begins with.
 *
 * @param parts The facts of the run.
 * @returns The envelope, ready for `JSON.stringify`; spread it into the result of a job.
 *
 * @example The envelope of a run that was interrupted
 * ```ts
 * import assert from "node:assert/strict";
 * import { envelope } from "@multipath/mpt/base";
 *
 * const result = envelope({
 *   schema: "mpt.probe/1",
 *   host: { os: "linux", kernel: "6.18.44", deno: "2.9.6", cpus: 2 },
 *   startedAtMs: 0,
 *   durationMs: 812,
 *   end: { reason: "interrupted" },
 * });
 * assert(result.started_at === "1970-01-01T00:00:00.000Z");
 * ```
 */
export function envelope<S extends string>(parts: EnvelopeParts<S>): Envelope<S> {
  return {
    schema: parts.schema,
    tool: TOOL,
    host: parts.host,
    started_at: new Date(parts.startedAtMs).toISOString(),
    // microseconds are what the clocks give; more digits would be noise
    duration_ms: Math.round(parts.durationMs * 1000) / 1000,
    options: parts.options ?? {},
    warnings: parts.warnings ?? [],
    verdicts: parts.verdicts ?? [],
    end: parts.end ?? { reason: "done" },
  };
}
