import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import { MAX_HEAD_BYTES } from "../../../lib/protocol/http1.ts";
import { StreamReader } from "../../../lib/protocol/stream_reader.ts";
import { chunksOf, FakeStream, latin1 } from "./fake_stream.ts";

const lengths = fc.array(fc.nat(9), { minLength: 1, maxLength: 8 });

function readerOf(text: string, ...cuts: readonly number[]): StreamReader {
  return new StreamReader(new FakeStream(chunksOf(latin1(text), cuts.length === 0 ? [text.length] : cuts)));
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder("latin1").decode(bytes);
}

Deno.test("StreamReader gives the same pieces however the network cuts the stream", async () => {
  const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  await fc.assert(
    fc.asyncProperty(lengths, fc.string({ unit: "binary-ascii", maxLength: 60 }), async (cuts, tail) => {
      const reader = readerOf(`${head}${head}12345${tail}`, ...cuts);
      assert.equal(await reader.peekByte(), "G".charCodeAt(0));
      assert.equal(text(await reader.readHead()), head);
      assert.equal(text(await reader.readHead()), head);
      assert.equal(text(await reader.readExactly(5)), "12345");
      let rest = "";
      await reader.consume((chunk) => rest += text(chunk));
      assert.equal(rest, tail);
      assert.equal(await reader.peekByte(), null);
      assert.equal(await reader.readSome(10), null);
      assert.equal(await reader.readHead(), null);
    }),
  );
});

Deno.test("StreamReader.readSome() gives everything once, in order, never more than asked for", async () => {
  await fc.assert(
    fc.asyncProperty(lengths, fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 20 }), async (
      cuts,
      bytes,
      limit,
    ) => {
      const reader = new StreamReader(new FakeStream(chunksOf(bytes, cuts)));
      const all: number[] = [];
      for (let some = await reader.readSome(limit); some !== null; some = await reader.readSome(limit)) {
        assert(some.length <= limit);
        all.push(...some);
      }
      assert.deepEqual(all, [...bytes]);
    }),
  );
});

Deno.test("StreamReader.consumeUntil() stops where its sink says, and leaves what is behind", async () => {
  await fc.assert(
    fc.asyncProperty(lengths, fc.nat(40), fc.string({ unit: "binary-ascii", maxLength: 40 }), async (
      cuts,
      length,
      tail,
    ) => {
      const reader = readerOf(`!${"x".repeat(length)}${tail}`, ...cuts);
      await reader.readExactly(1);
      let left = length;
      let taken = "";
      const found = length === 0 || await reader.consumeUntil((chunk) => {
        const own = Math.min(left, chunk.length);
        left -= own;
        taken += text(chunk.subarray(0, own));
        return left === 0 ? own : null;
      });
      assert.deepEqual([found, taken], [true, "x".repeat(length)]);
      let rest = "";
      assert.equal(await reader.consumeUntil((chunk) => (rest += text(chunk), null)), false);
      assert.equal(rest, tail);
      assert.equal(await reader.readSome(1), null);
    }),
  );
});

Deno.test("StreamReader.consumeUntil() passes on what its sink throws, also for what is held", async () => {
  const failure = new MptError("ERR_LIMIT", "Cannot take it: it is too much");
  const fail = (): never => {
    throw failure;
  };
  await assert.rejects(readerOf("abc", 1).consumeUntil(fail), failure);
  const holding = readerOf("abc");
  await holding.readExactly(1);
  await assert.rejects(holding.consumeUntil(fail), failure);
});

Deno.test("StreamReader.peekByte() takes nothing", async () => {
  const reader = readerOf("ab", 1);
  assert.equal(await reader.peekByte(), 97);
  assert.equal(await reader.peekByte(), 97);
  assert.equal(text(await reader.readExactly(2)), "ab");
});

Deno.test("StreamReader.readExactly() of nothing is nothing, also at the end", async () => {
  assert.equal((await readerOf("").readExactly(0)).length, 0);
});

Deno.test("StreamReader.readExactly() says how much there was: ERR_CLOSED", async () => {
  await assert.rejects(readerOf("abc", 1).readExactly(4), {
    code: "ERR_CLOSED",
    message: "Cannot read 4 bytes: the stream ended after 3",
  });
});

Deno.test("StreamReader.readHead() of a stream that ends inside the head: ERR_CLOSED", async () => {
  await assert.rejects(readerOf("GET / HTTP/1.1\r\n", 3).readHead(), {
    code: "ERR_CLOSED",
    message: "Cannot read the HTTP head: the connection ended inside it",
  });
});

Deno.test("StreamReader.readHead() reads a head of the longest length, and not one byte more: ERR_LIMIT", async () => {
  const start = "GET / HTTP/1.1\r\nA: ";
  const longest = `${start}${"a".repeat(MAX_HEAD_BYTES - start.length - 4)}\r\n\r\n`;
  assert.equal((await readerOf(longest, 1000).readHead())?.length, MAX_HEAD_BYTES);
  const limit = { code: "ERR_LIMIT", message: /^Cannot read the HTTP head: it is longer than 16384 bytes$/ };
  await assert.rejects(readerOf(longest.replace("A: a", "A: aa"), 1000).readHead(), limit);
  await assert.rejects(readerOf("a".repeat(1_000_000), 65_536).readHead(), limit);
});

Deno.test("StreamReader passes the stream's failure on", async () => {
  const failure = new MptError("ERR_RESET", "Cannot receive: reset");
  const reader = new StreamReader(new FakeStream([latin1("ab")], failure));
  assert.equal(text(await reader.readExactly(2)), "ab");
  await assert.rejects(reader.peekByte(), failure);
  await assert.rejects(reader.readHead(), failure);
  await assert.rejects(reader.consume(() => {}), failure);
  await assert.rejects(reader.consumeUntil(() => null), failure);
});
