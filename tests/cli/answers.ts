import assert from "node:assert/strict";
import type { ProcessResult } from "../support/command.ts";

/** What every result has. */
export interface AnyResult {
  readonly schema: string;
  readonly end: {
    readonly reason: string;
    readonly error?: { readonly code: string; readonly message: string };
  };
  readonly [key: string]: unknown;
}

/** The one JSON object on stdout, when there is nothing else. */
export function jsonOf({ stdout, stderr }: ProcessResult): AnyResult {
  assert.match(stdout, /^\{[^]*\}\n$/, `${stdout}\n${stderr}`);
  return envelopeOf(JSON.parse(stdout));
}

/** The lines of stdout, each a JSON object, and the result in the last. */
export function linesOf({ stdout, stderr }: ProcessResult): {
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly result: AnyResult;
} {
  assert(stdout.endsWith("\n"), `${stdout}\n${stderr}`);
  const events = stdout.trimEnd().split("\n").map((line): Readonly<Record<string, unknown>> =>
    JSON.parse(line)
  );
  for (const { event, time } of events) {
    assert.equal(typeof event, "string");
    assert.equal(new Date(String(time)).toISOString(), time);
  }
  const last = events.at(-1);
  assert.equal(last?.event, "end");
  assert.equal(events.filter(({ event }) => event === "end").length, 1);
  return { events, result: envelopeOf(last?.result) };
}

function envelopeOf(value: unknown): AnyResult {
  assert(isResult(value), JSON.stringify(value));
  for (
    const key of ["tool", "host", "started_at", "duration_ms", "options", "warnings", "verdicts"]
  ) assert(key in value, `${key} is missing`);
  return value;
}

function isResult(value: unknown): value is AnyResult {
  return typeof value === "object" && value !== null && "schema" in value && "end" in value;
}
