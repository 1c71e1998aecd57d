import { MptError } from "../base/errors.ts";
import { quote } from "../base/quote.ts";

/** The longest head (request or status line and headers) that is read, in bytes. */
export const MAX_HEAD_BYTES = 16_384;

const MAX_HEADERS = 100;

/** RFC 9110 5.6.2, in lower case. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** RFC 9110 5.5: what a field value must not contain. Every control character but the tab. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Fields of which there is one; all others are lists. */
const SINGLE: ReadonlySet<string> = new Set(["content-length", "host"]);

/** A request line and its headers; names in lower case, values without surrounding blanks. */
export interface RequestHead {
  /** The method, such as `GET`. */
  readonly method: string;
  /** The request target, such as `/bytes/1000`. */
  readonly target: string;
  /** The version of HTTP. */
  readonly version: "1.0" | "1.1";
  /** The header fields by name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** A status line and its headers. */
export interface ResponseHead {
  /** The status code, 100 to 999. */
  readonly status: number;
  /** The reason phrase; may be empty. */
  readonly reason: string;
  /** The version of HTTP. */
  readonly version: "1.0" | "1.1";
  /** The header fields by name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Where the head ends (the first byte after the empty line), or -1 while it is incomplete. RFC 9112 2.1. */
export function findHeadEnd(bytes: Uint8Array): number {
  for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) {
    // RFC 9112 2.2: a lone LF may end a line as well.
    if (bytes[i + 1] === 10) return i + 2;
    if (bytes[i + 1] === 13 && bytes[i + 2] === 10) return i + 3;
  }
  return -1;
}

/**
 * Reads a request head.
 *
 * @param bytes The head up to and including the empty line.
 * @throws {MptError} `ERR_PROTOCOL` when it is not one.
 */
export function parseRequestHead(bytes: Uint8Array): RequestHead {
  const [line = "", ...fields] = lines(bytes);
  // RFC 9112 3
  const match = /^([A-Z]{1,16}) ([\x21-\x7e]{1,8192}) HTTP\/1\.([01])$/.exec(line);
  if (match === null) throw malformed("request", "the request line is malformed");
  return {
    method: match[1]!,
    target: match[2]!,
    version: match[3] === "0" ? "1.0" : "1.1",
    headers: parseFields("request", fields),
  };
}

/**
 * Reads a response head.
 *
 * @param bytes The head up to and including the empty line.
 * @throws {MptError} `ERR_PROTOCOL` when it is not one.
 */
export function parseResponseHead(bytes: Uint8Array): ResponseHead {
  const [line = "", ...fields] = lines(bytes);
  // RFC 9112 4; some servers leave out the blank before an empty reason
  const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(line);
  if (match === null || CONTROL.test(match[3] ?? "")) {
    throw malformed("answer", "it does not begin with an HTTP/1 status line");
  }
  return {
    status: Number(match[2]),
    reason: match[3] ?? "",
    version: match[1] === "0" ? "1.0" : "1.1",
    headers: parseFields("answer", fields),
  };
}

/**
 * The body length that the headers announce, or null when they announce none.
 *
 * @throws {MptError} `ERR_PROTOCOL` when the field is not a length.
 */
export function contentLength(headers: ReadonlyMap<string, string>): number | null {
  const text = headers.get("content-length");
  if (text === undefined) return null;
  if (!/^\d{1,15}$/.test(text)) throw malformed("message", "Content-Length is not a number");
  return Number(text);
}

/**
 * The bytes of a request.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` when a header field cannot be sent.
 */
export function encodeRequest(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  return encodeHead(`${method} ${target} HTTP/1.1`, headers);
}

/**
 * The bytes of a response head.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` when a header field cannot be sent.
 */
export function encodeResponseHead(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  return encodeHead(`HTTP/1.1 ${status} ${reason}`, headers);
}

function encodeHead(line: string, headers: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  let text = `${line}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    // RFC 9110 5.5: anything else would be read differently, or begin another field.
    if (!/^[\t\x20-\x7e]*$/.test(value)) {
      throw new MptError("ERR_INVALID_VALUE", `Cannot send ${name}: ${quote(value)} is not plain ASCII`);
    }
    text += `${name}: ${value}\r\n`;
  }
  return new TextEncoder().encode(`${text}\r\n`);
}

function lines(bytes: Uint8Array): string[] {
  // ISO-8859-1 keeps every byte a character, so that no byte sequence can hide another.
  const text = new TextDecoder("latin1").decode(bytes);
  return text.split(/\r?\n/).slice(0, -2);
}

function parseFields(what: string, fields: readonly string[]): ReadonlyMap<string, string> {
  if (fields.length > MAX_HEADERS) throw malformed(what, `it has more than ${MAX_HEADERS} header fields`);
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, Math.max(0, colon)).toLowerCase();
    const value = withoutBlanks(field.slice(colon + 1));
    // RFC 9112 5.1: no blank before the colon. RFC 9112 5.2: folded lines are refused.
    if (!TOKEN.test(name) || CONTROL.test(value)) throw malformed(what, "a header field is malformed");
    const earlier = headers.get(name);
    // RFC 9110 5.3
    if (earlier === undefined) headers.set(name, value);
    else if (!SINGLE.has(name)) headers.set(name, `${earlier}, ${value}`);
    // RFC 9112 6.3: two different lengths are an attack; RFC 9112 3.2: so are two hosts.
    else if (earlier !== value || name === "host") throw malformed(what, `${name} appears twice`);
  }
  return headers;
}

/** RFC 9110 5.5. By hand: a pattern for blanks at both ends takes cubic time on a hostile value. */
function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function malformed(what: string, why: string): MptError {
  return new MptError("ERR_PROTOCOL", `Cannot read the HTTP ${what}: ${why}`);
}
