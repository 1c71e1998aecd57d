import { timingSafeEqual } from "node:crypto";
import { MptError } from "../base/errors.ts";
import type { RequestHead } from "../protocol/http1.ts";

/**
 * Makes sure that clients can send the token: visible ASCII, as in a header field.
 *
 * @throws {MptError} `ERR_INVALID_VALUE`.
 */
export function requireUsableToken(token: string | undefined): void {
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return;
  throw new MptError(
    "ERR_INVALID_VALUE",
    "Cannot serve with this token: it must be visible ASCII characters without blanks",
  );
}

/** Whether a request carries the server's token (RFC 6750 2.1), or the server has none. */
export function tokenMatches(head: RequestHead, token: string | undefined): boolean {
  if (token === undefined) return true;
  const given = /^bearer (.*)$/i.exec(head.headers.get("authorization") ?? "")?.[1] ?? "";
  const encoder = new TextEncoder();
  const a = encoder.encode(given);
  const b = encoder.encode(token);
  // Only the length can be learnt from the time that this takes.
  return a.length === b.length && timingSafeEqual(a, b);
}
