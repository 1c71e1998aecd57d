import { MptError, type MptErrorCode, toMptError } from "../../lib/base/errors.ts";
import type { JsonValue } from "../../lib/base/result.ts";

/**
 * What is said on the control socket of a lab: a request a line, and for each the lines of events, if it has
 * any, and one answer. Values are JSON.
 *
 * ```
 * > {"op":"set","path":"path2","change":{"state":"down"}}
 * < {"ok":true,"value":null}
 * > {"op":"set","path":"path9","change":{}}
 * < {"ok":false,"error":{"code":"ERR_INVALID_VALUE","message":"Cannot ...","fix":null}}
 * ```
 */
export type LabRequest =
  | { readonly op: "hello" | "watch" | "status" | "middleboxes" | "middlebox-clear" | "down" }
  | { readonly op: "set"; readonly path: string; readonly change: JsonValue }
  | { readonly op: "middlebox-add" | "middlebox-remove"; readonly box: string }
  | { readonly op: "script"; readonly text: string };

/** What comes back. */
export type LabReply =
  | { readonly kind: "event"; readonly event: JsonValue }
  | { readonly kind: "answer"; readonly value: JsonValue }
  | { readonly kind: "error"; readonly error: MptError };

/** The longest request: a script has its own limit below this, also when JSON makes six characters of each. */
export const MAX_REQUEST_BYTES: number = 1024 * 1024;

/** The longest answer, far above the status of 8 paths with many middleboxes. */
export const MAX_REPLY_BYTES: number = 4 * 1024 * 1024;

const PLAIN_OPS = ["hello", "watch", "status", "middleboxes", "middlebox-clear", "down"] as const;

/** The line of a request. */
export function encodeRequest(request: LabRequest): string {
  return JSON.stringify(request);
}

/**
 * Reads a request.
 *
 * @throws {MptError} `ERR_PROTOCOL`.
 */
export function decodeRequest(line: string): LabRequest {
  const request = recordOf(line);
  const { op } = request;
  const plain = PLAIN_OPS.find((one) => one === op);
  if (plain !== undefined) return { op: plain };
  switch (op) {
    case "set":
      return { op, path: textOf(request, "path"), change: jsonOf(request["change"]) };
    case "middlebox-add":
    case "middlebox-remove":
      return { op, box: textOf(request, "box") };
    case "script":
      return { op, text: textOf(request, "text") };
    default:
      throw wrong("there is no such request");
  }
}

/** The line of a reply. */
export function encodeReply(reply: LabReply): string {
  switch (reply.kind) {
    case "event":
      return JSON.stringify({ event: reply.event });
    case "answer":
      return JSON.stringify({ ok: true, value: reply.value });
    case "error":
      return JSON.stringify({ ok: false, error: encodeError(reply.error) });
  }
}

/**
 * Reads a reply.
 *
 * @throws {MptError} `ERR_PROTOCOL`.
 */
export function decodeReply(line: string): LabReply {
  const reply = recordOf(line);
  if ("event" in reply) return { kind: "event", event: jsonOf(reply["event"]) };
  if (reply["ok"] === true) return { kind: "answer", value: jsonOf(reply["value"]) };
  if (reply["ok"] === false) return { kind: "error", error: decodeError(reply["error"]) };
  throw wrong("it is neither an event nor an answer");
}

/** An error as JSON. */
export function encodeError(error: unknown): JsonValue {
  const { code, message, fix } = toMptError(error, "Cannot go on");
  return { code, message, fix: fix ?? null };
}

/** The error behind {@linkcode encodeError}. */
export function decodeError(value: unknown): MptError {
  if (!isRecord(value)) throw wrong("its error is no object");
  const { code, message, fix } = value;
  if (typeof code !== "string" || !/^ERR_[A-Z_]{1,40}$/.test(code) || typeof message !== "string") {
    throw wrong("its error has no code");
  }
  // Codes that a later version may have added fall under "could not be tested here".
  return new MptError(code as MptErrorCode, message, typeof fix === "string" ? { fix } : {});
}

function recordOf(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw wrong("it is not JSON");
  }
  if (!isRecord(value)) throw wrong("it is not an object");
  return value;
}

function textOf(record: Readonly<Record<string, unknown>>, name: string): string {
  const value = record[name];
  if (typeof value === "string") return value;
  throw wrong(`${name} is not a text`);
}

function jsonOf(value: unknown): JsonValue {
  if (value === undefined) throw wrong("a value is missing");
  // It came out of JSON.parse().
  return value as JsonValue;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(reason: string): MptError {
  return new MptError("ERR_PROTOCOL", `Cannot read what a lab's control socket says: ${reason}`);
}
