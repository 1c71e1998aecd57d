import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import {
  contentLength,
  encodeRequest,
  encodeResponseHead,
  findHeadEnd,
  MAX_HEAD_BYTES,
  parseRequestHead,
  parseResponseHead,
} from "../../../lib/protocol/http1.ts";
import { readsOrRefuses } from "./arbitraries.ts";

/** Text to bytes, a character a byte. */
function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function request(...lines: readonly string[]): ReturnType<typeof parseRequestHead> {
  return parseRequestHead(latin1(`${lines.join("\r\n")}\r\n\r\n`));
}

function refuses(text: string, reason: RegExp): void {
  assert.throws(() => parseRequestHead(latin1(text)), (error) => {
    assert(error instanceof MptError, String(error));
    assert.equal(error.code, "ERR_PROTOCOL");
    assert.match(error.message, /^Cannot read the HTTP request: /);
    assert.match(error.message, reason);
    return true;
  }, text);
}

const tokens = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/);
const values = fc.stringMatching(/^[\x21-\x7e](?:[\t\x20-\x7e]{0,20}[\x21-\x7e])?$/);
const headers = fc.dictionary(
  tokens.filter((name) => !/^(content-length|host|__proto__)$/i.test(name)),
  values,
  { maxKeys: 8, noNullPrototype: true },
).filter((fields) =>
  new Set(Object.keys(fields).map((name) => name.toLowerCase())).size === Object.keys(fields).length
);

function expected(fields: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
}

Deno.test("parseRequestHead() reads what encodeRequest() wrote", () => {
  const targets = fc.stringMatching(/^\/[\x21-\x7e]{0,40}$/);
  fc.assert(
    fc.property(fc.constantFrom("GET", "HEAD", "POST"), targets, headers, (method, target, fields) => {
      const bytes = encodeRequest(method, target, fields);
      assert.equal(findHeadEnd(bytes), bytes.length);
      assert.deepEqual(parseRequestHead(bytes), {
        method,
        target,
        version: "1.1",
        headers: expected(fields),
      });
    }),
  );
});

Deno.test("parseResponseHead() reads what encodeResponseHead() wrote", () => {
  fc.assert(fc.property(fc.integer({ min: 100, max: 599 }), values, headers, (status, reason, fields) => {
    const bytes = encodeResponseHead(status, reason, fields);
    assert.deepEqual(parseResponseHead(bytes), { status, reason, version: "1.1", headers: expected(fields) });
  }));
});

Deno.test("findHeadEnd() is the first line end that follows a line end, with CRLF or LF (RFC 9112 2.2)", () => {
  assert.equal(findHeadEnd(latin1("GET / HTTP/1.1\r\n\r\nrest")), 18);
  assert.equal(findHeadEnd(latin1("GET / HTTP/1.1\n\nrest")), 16);
  assert.equal(findHeadEnd(latin1("GET / HTTP/1.1\r\n\nrest")), 17);
  assert.equal(findHeadEnd(latin1("GET / HTTP/1.1\n\r\nrest")), 17);
  assert.equal(findHeadEnd(latin1("GET / HTTP/1.1\r\n\r")), -1);
  assert.equal(findHeadEnd(latin1("GET / HTTP/1.1\r\rA: b")), -1);
  const texts = fc.array(fc.constantFrom("\r", "\n", "a", "\r\n"), { maxLength: 12 }).map((all) =>
    all.join("")
  );
  fc.assert(fc.property(texts, (text) => {
    const match = /\n\r?\n/.exec(text);
    assert.equal(findHeadEnd(latin1(text)), match === null ? -1 : match.index + match[0].length);
  }));
});

Deno.test("findHeadEnd() does not find the end in a head that is cut short anywhere", () => {
  const bytes = encodeRequest("GET", "/", { Host: "a", Accept: "*/*" });
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(findHeadEnd(bytes.subarray(0, length)), -1);
  }
});

Deno.test("parseRequestHead() takes LF alone as the end of a line", () => {
  assert.equal(parseRequestHead(latin1("GET / HTTP/1.0\nHost: a\n\n")).headers.get("host"), "a");
});

Deno.test("parseRequestHead() refuses request lines that RFC 9112 3 does not have", () => {
  const lines = [
    "",
    "GET",
    "GET /",
    "GET  / HTTP/1.1",
    "GET / HTTP/1.1 ",
    " GET / HTTP/1.1",
    "get / HTTP/1.1",
    "GET / HTTP/2.0",
    "GET / HTTP/1.2",
    "GET / http/1.1",
    "GET / HTTP/11",
    "GET\t/ HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET /\x00 HTTP/1.1",
    "GET /\r HTTP/1.1",
    "GET /\xff HTTP/1.1",
    `${"A".repeat(17)} / HTTP/1.1`,
    `GET /${"a".repeat(8192)} HTTP/1.1`,
    "\x16\x03\x01\x02",
  ];
  for (const line of lines) refuses(`${line}\r\nHost: a\r\n\r\n`, /request line is malformed/);
});

Deno.test("parseRequestHead() refuses header fields that could hide another", () => {
  const fields = [
    "Host : a", // RFC 9112 5.1
    " Host: a", // RFC 9112 2.2
    "Host: a\r\n folded", // RFC 9112 5.2
    "Host: a\r\n\tfolded",
    "Host",
    ": a",
    "Ho st: a",
    "Host: a\x00b",
    "Host: a\rb",
    "Host: a\x0bb",
    "Host: a\x1bb",
    "Host: a\x7fb",
    "H\xf6st: a",
    "Host\x00: a",
    "\x00",
  ];
  for (const field of fields) refuses(`GET / HTTP/1.1\r\n${field}\r\n\r\n`, /a header field is malformed/);
});

Deno.test("parseRequestHead() refuses two lengths and two hosts (RFC 9112 6.3 and 3.2)", () => {
  refuses("GET / HTTP/1.1\r\nContent-Length: 5\r\ncontent-length: 6\r\n\r\n", /content-length appears twice/);
  refuses("GET / HTTP/1.1\r\nHost: a\r\nHOST: b\r\n\r\n", /host appears twice/);
  refuses("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", /host appears twice/);
  const same = request("GET / HTTP/1.1", "Content-Length: 5", "Content-Length: 5");
  assert.equal(contentLength(same.headers), 5);
});

Deno.test("parseRequestHead() joins the lines of a list (RFC 9110 5.3)", () => {
  const { headers } = request("GET / HTTP/1.1", "Connection: keep-alive", "A: 1", "connection: Upgrade");
  assert.equal(headers.get("connection"), "keep-alive, Upgrade");
});

Deno.test("parseRequestHead() takes the blanks around a value away, and none inside", () => {
  const { headers } = request("GET / HTTP/1.1", "A: \t b \t c\t ", "B:", "C: \t ", "D:d");
  assert.deepEqual([...headers], [["a", "b \t c"], ["b", ""], ["c", ""], ["d", "d"]]);
});

Deno.test("parseRequestHead() keeps every byte of a value", () => {
  assert.equal(request("GET / HTTP/1.1", "A: \xe4\xf6").headers.get("a"), "äö");
});

Deno.test("parseRequestHead() allows 100 header fields and not 101", () => {
  const fields = Array.from({ length: 100 }, (_, index) => `A${index}: b`);
  assert.equal(request("GET / HTTP/1.1", ...fields).headers.size, 100);
  refuses(["GET / HTTP/1.1", ...fields, "More: b"].join("\r\n") + "\r\n\r\n", /more than 100 header fields/);
});

Deno.test("parseRequestHead() reads hostile blanks in no more time than others", () => {
  // With a pattern that backtracks, each of these takes minutes and the test never ends.
  const blanks = " ".repeat(MAX_HEAD_BYTES);
  for (const end of ["\rb", "b", "\x00", ""]) {
    readsOrRefuses(() => parseRequestHead(latin1(`GET / HTTP/1.1\r\nA:${blanks}${end}\r\n\r\n`)));
    readsOrRefuses(() => parseRequestHead(latin1(`GET / HTTP/1.1\r\nA: a${blanks}${end}\r\n\r\n`)));
    readsOrRefuses(() => parseRequestHead(latin1(`GET${blanks}${end}\r\n\r\n`)));
    readsOrRefuses(() => parseResponseHead(latin1(`HTTP/1.1 200${blanks}${end}\r\n\r\n`)));
  }
});

Deno.test("parseRequestHead() and parseResponseHead() read or refuse any bytes", () => {
  const bytes = fc.array(
    fc.oneof(
      fc.constantFrom(
        "GET / HTTP/1.1",
        "HTTP/1.1 200 OK",
        "\r\n",
        "\n",
        ": ",
        "Host",
        "Content-Length: 1",
        " ",
      ),
      fc.uint8Array({ maxLength: 4 }).map((all) => String.fromCharCode(...all)),
    ),
    { maxLength: 12 },
  ).map((parts) => latin1(parts.join("")));
  fc.assert(
    fc.property(bytes, (all) => {
      readsOrRefuses(() => parseRequestHead(all));
      readsOrRefuses(() => parseResponseHead(all));
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseResponseHead() reads status lines as servers send them", () => {
  const parse = (line: string): readonly unknown[] => {
    const { status, reason, version } = parseResponseHead(latin1(`${line}\r\nServer: x\r\n\r\n`));
    return [status, reason, version];
  };
  assert.deepEqual(parse("HTTP/1.1 200 OK"), [200, "OK", "1.1"]);
  assert.deepEqual(parse("HTTP/1.0 404 Not Found"), [404, "Not Found", "1.0"]);
  assert.deepEqual(parse("HTTP/1.1 200 "), [200, "", "1.1"]);
  assert.deepEqual(parse("HTTP/1.1 200"), [200, "", "1.1"]);
});

Deno.test("parseResponseHead() refuses what is no status line, and escape sequences in the reason", () => {
  const lines = [
    "SSH-2.0-OpenSSH_9.9",
    "HTTP/2 200 OK",
    "HTTP/1.1 99 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 099 OK",
    "HTTP/1.1  200 OK",
    "HTTP/1.1 200OK",
    "HTTP/1.1 200 \x1b[2J",
    "HTTP/1.1 200 a\x00b",
    "http/1.1 200 OK",
    "",
  ];
  for (const line of lines) {
    assert.throws(() => parseResponseHead(latin1(`${line}\r\n\r\n`)), {
      code: "ERR_PROTOCOL",
      message: /^Cannot read the HTTP answer: it does not begin with an HTTP\/1 status line$/,
    }, line);
  }
});

Deno.test("contentLength() is a number of at most 15 digits, or null", () => {
  const of = (value: string): number | null => contentLength(new Map([["content-length", value]]));
  assert.equal(contentLength(new Map()), null);
  assert.equal(of("0"), 0);
  assert.equal(of("007"), 7);
  assert.equal(of("999999999999999"), 999_999_999_999_999);
  for (const value of ["", "-1", "+1", "1.0", "1e3", "0x10", "5, 5", "5 5", "9999999999999999", "١"]) {
    assert.throws(() => of(value), { code: "ERR_PROTOCOL" }, value);
  }
});

Deno.test("encodeRequest() refuses values that would begin another field: ERR_INVALID_VALUE", () => {
  for (const value of ["a\r\nHost: b", "a\nb", "a\x00", "£"]) {
    assert.throws(() => encodeRequest("GET", "/", { Authorization: value }), {
      code: "ERR_INVALID_VALUE",
      message: /^Cannot send Authorization: ".*" is not plain ASCII$/,
    });
  }
});
