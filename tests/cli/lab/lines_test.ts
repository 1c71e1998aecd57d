import assert from "node:assert/strict";
import fc from "fast-check";
import { LineChannel, LineSplitter } from "../../../cli/lab/lines.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("LineSplitter gives the same lines however the bytes arrive", () => {
  const line = fc.string({ unit: "binary", maxLength: 30 }).map((text) =>
    text.replaceAll(/[\n\ud800-\udfff]/g, "")
  );
  fc.assert(fc.property(fc.array(line), fc.array(fc.nat(40)), (lines, cuts) => {
    const bytes = encode(lines.map((text) => `${text}\n`).join(""));
    const splitter = new LineSplitter(1000);
    const found: string[] = [];
    let at = 0;
    for (const cut of [...cuts, bytes.length]) {
      const chunk = bytes.slice(at, at + cut);
      at += chunk.length;
      found.push(...splitter.push(chunk));
      // A buffer that is used again must not change what was taken from it.
      chunk.fill(0x78);
    }
    assert.deepEqual(found, lines);
  }));
});

Deno.test("LineSplitter refuses a line beyond its limit before it is complete", () => {
  const splitter = new LineSplitter(10);
  assert.deepEqual(splitter.push(encode("0123456789\nabc")), ["0123456789"]);
  assert.throws(() => splitter.push(encode("01234567")), { code: "ERR_LIMIT" });
});

Deno.test("LineSplitter refuses what is not UTF-8", () => {
  assert.throws(() => new LineSplitter(10).push(Uint8Array.of(0xff, 0x0a)), { code: "ERR_PROTOCOL" });
});

Deno.test("LineChannel writes one line after the other, and its read ends at the end", async () => {
  const sent: string[] = [];
  const incoming = [encode("a\nb"), encode("c\n")];
  using lines = new LineChannel({
    read(buffer) {
      const next = incoming.shift();
      if (next === undefined) return Promise.resolve(null);
      buffer.set(next);
      return Promise.resolve(next.length);
    },
    // Three bytes at a time, each time after a turn of the loop: what two callers write would mix.
    async write(bytes) {
      await Promise.resolve();
      sent.push(new TextDecoder().decode(bytes.subarray(0, 3)));
      return Math.min(3, bytes.length);
    },
    close: () => {},
  }, 100);
  await Promise.all([lines.write("first"), lines.write("second")]);
  assert.equal(sent.join(""), "first\nsecond\n");
  assert.deepEqual([await lines.read(), await lines.read(), await lines.read()], ["a", "bc", null]);
});
