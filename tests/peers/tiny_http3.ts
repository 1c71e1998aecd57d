/** As much of HTTP/3 (RFC 9114) as one request needs, with QPACK's static table alone (RFC 9204). */
import { varintAt, varintSize, varintSizeOf, writeVarint } from "../../lib/quic/wire/varint.ts";

const DATA = 0x00;
const HEADERS = 0x01;
const SETTINGS = 0x04;

/** The begin of a control stream: its type, and SETTINGS with nothing in it. */
export const CONTROL_STREAM: Uint8Array = Uint8Array.of(0x00, SETTINGS, 0);

/** A GET request. */
export function request(path: string): Uint8Array {
  return frame(
    HEADERS,
    concat([
      // No dynamic table; :method GET, :scheme https
      Uint8Array.of(0, 0, 0xc0 | 17, 0xc0 | 23),
      literal(0, "localhost"),
      literal(1, path),
    ]),
  );
}

/** A response with status 200. */
export function response(body: Uint8Array): Uint8Array {
  return concat([frame(HEADERS, Uint8Array.of(0, 0, 0xc0 | 25)), frame(DATA, body)]);
}

/** The body of a message: what is in its DATA frames. */
export function bodyOf(message: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < message.length;) {
    const type = varintAt(message, at);
    at += varintSizeOf(message[at]!);
    const length = varintAt(message, at);
    const start = at + varintSizeOf(message[at]!);
    if (type === DATA) parts.push(message.subarray(start, start + length));
    at = start + length;
  }
  return concat(parts);
}

/** A field with a name of the static table. */
function literal(name: number, value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return concat([Uint8Array.of(0x50 | name, bytes.length), bytes]);
}

function frame(type: number, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(1 + varintSize(payload.length));
  head[0] = type;
  writeVarint(head, 1, payload.length);
  return concat([head, payload]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
