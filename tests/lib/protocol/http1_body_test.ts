import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import {
  ChunkedBody,
  type Http1Body,
  LAST_CHUNK,
  LengthBody,
  requestBody,
} from "../../../lib/protocol/http1_body.ts";
import { chunkOfZeros } from "../../../lib/protocol/payload.ts";
import { chunksOf, latin1 } from "./fake_stream.ts";

const lengths = fc.array(fc.nat(9), { minLength: 1, maxLength: 8 });
const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 });

/** How much payload a body found, and what was left when it had ended; null when it had not. */
function read(body: Http1Body, pieces: readonly Uint8Array[]): { payload: number; rest: number | null } {
  let payload = 0;
  let rest: number | null = body.end === null ? null : 0;
  for (const piece of pieces) {
    if (rest !== null) rest += piece.length;
    else {
      payload += body.take(piece);
      if (body.end !== null) rest = piece.length - body.end;
    }
  }
  return { payload, rest };
}

function readText(text: string): { payload: number; rest: number | null } {
  return read(new ChunkedBody(), [latin1(text)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("ChunkedBody counts the payload and finds the end, however the network cuts it", () => {
  fc.assert(fc.property(sizes, fc.nat(20), lengths, (all, behind, cuts) => {
    const wire = joined([...all.map(chunkOfZeros), LAST_CHUNK, new Uint8Array(behind)]);
    const payload = all.reduce((sum, size) => sum + size, 0);
    assert.deepEqual(read(new ChunkedBody(), chunksOf(wire, cuts)), { payload, rest: behind });
  }));
});

Deno.test("ChunkedBody that is cut short has not ended", () => {
  fc.assert(fc.property(sizes, fc.nat(), (all, cut) => {
    const wire = joined([...all.map(chunkOfZeros), LAST_CHUNK]);
    assert.equal(read(new ChunkedBody(), [wire.subarray(0, cut % wire.length)]).rest, null);
  }));
});

Deno.test("ChunkedBody passes over extensions and trailer fields (RFC 9112 7.1)", () => {
  const texts = [
    "5\r\nhello\r\n0\r\n\r\n",
    "05\r\nhello\r\n000\r\n\r\n",
    '5;a=b;c="d;e"\r\nhello\r\n0;last\r\n\r\n',
    "5 \t;a\r\nhello\r\n0\r\n\r\n",
    "5\r\nhello\r\n0\r\nExpires: never\r\nA: b\r\n\r\n",
    "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    // Payload may look like framing.
    "5\r\n0\r\n\r\n\r\n0\r\n\r\n",
  ];
  for (const text of texts) assert.deepEqual(readText(`${text}xy`), { payload: 5, rest: 2 }, text);
  const { payload } = readText(`fF\r\n${"x".repeat(255)}\r\n0\r\n\r\n`);
  assert.equal(payload, 255);
});

Deno.test("ChunkedBody refuses framing that is wrong or endless: ERR_PROTOCOL", () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["\r\n", /^Cannot read the HTTP body: a chunk's size is not a number$/],
    ["x\r\n", /size is not a number$/],
    ["-1\r\n", /size is not a number$/],
    ["0x5\r\n", /size is not a number$/],
    [";a\r\n", /size is not a number$/],
    ["5\n", /size is not a number$/],
    ["5\rx", /a chunk's size does not end with CR LF$/],
    ["fffffffffffffff\r\n", /size is too large$/],
    ["20000000000000\r\n", /size is too large$/],
    ["0".repeat(17), /size is too large$/],
    ["5\r\nhellox", /a chunk does not end with CR LF$/],
    ["5\r\nhello\n", /a chunk does not end with CR LF$/],
    ["5\r\nhello\rx", /a chunk does not end with CR LF$/],
    ["5;a\n", /a chunk extension is malformed$/],
    ["5;a\0", /a chunk extension is malformed$/],
    [`5;${"a".repeat(20_000)}`, /its chunk extensions are too long$/],
    // Together they are too long, too.
    [`1;${"a".repeat(100)}\r\nx\r\n`.repeat(200), /its chunk extensions are too long$/],
    ["0\r\nA: b\n", /a trailer field is malformed$/],
    ["0\r\n\rx", /a trailer field does not end with CR LF$/],
    [`0\r\n${"A: b\r\n".repeat(5000)}`, /its trailer is too long$/],
    [`0\r\n${"a".repeat(20_000)}`, /its trailer is too long$/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(() => readText(text), { code: "ERR_PROTOCOL", message }, text.slice(0, 40));
  }
  // 2^53 - 1 is still a size.
  assert.deepEqual(readText("1fffffffffffff\r\nabc"), { payload: 3, rest: null });
});

Deno.test("ChunkedBody reads or refuses whatever comes, the same for every cut", () => {
  const texts = fc.array(
    fc.oneof(
      fc.constantFrom("0\r\n\r\n", "5\r\nhello\r\n", "5", "\r\n", "\n", "\r", ";a", "A: b\r\n", "ffffffff"),
      fc.string({ unit: "binary-ascii", maxLength: 6 }),
    ),
    { maxLength: 6 },
  );
  const outcome = (pieces: readonly Uint8Array[]): unknown => {
    try {
      return read(new ChunkedBody(), pieces);
    } catch (error) {
      assert(error instanceof MptError && error.code === "ERR_PROTOCOL");
      return error.message;
    }
  };
  fc.assert(fc.property(texts, lengths, (parts, cuts) => {
    const wire = latin1(parts.join(""));
    assert.deepEqual(outcome(chunksOf(wire, cuts)), outcome([wire]));
  }));
});

Deno.test("LengthBody ends after its length and takes no more", () => {
  fc.assert(fc.property(fc.nat(50), fc.nat(20), lengths, (length, behind, cuts) => {
    const pieces = chunksOf(new Uint8Array(length + behind), cuts);
    assert.deepEqual(read(new LengthBody(length), pieces), { payload: length, rest: behind });
  }));
});

Deno.test("requestBody() tells where the body ends, or refuses to guess (RFC 9112 6.3)", () => {
  const of = (version: "1.0" | "1.1", ...fields: readonly (readonly [string, string])[]): Http1Body | null =>
    requestBody({ version, headers: new Map(fields) });
  const coding = ["transfer-encoding", "chunked"] as const;
  assert.equal(of("1.1"), null);
  assert(of("1.1", coding) instanceof ChunkedBody);
  assert(of("1.1", ["transfer-encoding", "Chunked"]) instanceof ChunkedBody);
  assert(of("1.0", ["content-length", "5"]) instanceof LengthBody);
  assert.equal(of("1.1", ["content-length", "0"])?.end, 0);
  const twice = { code: "ERR_PROTOCOL", message: /its length is announced in two ways$/ };
  assert.throws(() => of("1.1", coding, ["content-length", "5"]), twice);
  assert.throws(() => of("1.0", coding), twice);
  assert.throws(() => of("1.1", ["content-length", "-5"]), { code: "ERR_PROTOCOL" });
  for (const other of ["gzip", "gzip, chunked", "chunked, chunked", "identity", ""]) {
    assert.throws(() => of("1.1", ["transfer-encoding", other]), { code: "ERR_NOT_SUPPORTED" }, other);
  }
});
