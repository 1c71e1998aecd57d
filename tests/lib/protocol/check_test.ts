import assert from "node:assert/strict";
import fc from "fast-check";
import { type CheckAnswer, parseCheckAnswer } from "../../../lib/protocol/check.ts";
import { paths, readsOrRefuses, spoiled } from "./arbitraries.ts";

const words = fc.stringMatching(/^[ -~]{0,20}$/);

const answers: fc.Arbitrary<CheckAnswer> = fc.record({
  schema: fc.constant("mpt.check/1" as const),
  server: fc.record({ name: words, version: words }, { noNullPrototype: true }),
  transport: fc.constantFrom("tcp", "mptcp", "quic", "mpquic"),
  fallback: fc.boolean(),
  local: words,
  remote: words,
  paths: fc.array(paths, { maxLength: 3 }),
  counters: fc.dictionary(fc.stringMatching(/^MPTcpExt[A-Za-z]{1,10}$/), fc.maxSafeNat(), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  addresses: fc.array(words, { maxLength: 3 }),
  syn_mirror_port: fc.option(fc.nat(65535), { nil: null }),
  limits: fc.record({
    max_bytes: fc.maxSafeNat(),
    max_duration_ms: fc.maxSafeNat(),
    token_required: fc.boolean(),
  }, { noNullPrototype: true }),
}, { noNullPrototype: true });

const [EXAMPLE] = fc.sample(answers, { numRuns: 1, seed: 1 });

Deno.test("parseCheckAnswer() reads every answer through JSON text, indented or not", () => {
  fc.assert(fc.property(answers, fc.constantFrom(0, 2), (answer, indent) => {
    assert.deepEqual(parseCheckAnswer(`${JSON.stringify(answer, null, indent)}\n`), answer);
  }));
});

Deno.test("parseCheckAnswer() ignores fields that it does not know", () => {
  const text = JSON.stringify({ ...EXAMPLE, colour: "red" });
  assert.deepEqual(parseCheckAnswer(text), EXAMPLE);
});

Deno.test("parseCheckAnswer() is null for the page of another server", () => {
  const pages = [
    "",
    "<!DOCTYPE html>",
    "{}",
    "null",
    '{"schema": "mpt.check/2"}',
    '{"status": "mpt.check/1", "schema": "other"}',
    `<p>mpt.check/1</p>`,
  ];
  for (const page of pages) assert.equal(parseCheckAnswer(page), null, page);
});

Deno.test("parseCheckAnswer() refuses an answer that claims to be one and is not: ERR_PROTOCOL", () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ transport: "sctp" }, /it names an unknown transport$/],
    [{ server: null }, /^Cannot read the check answer, server: it is not a JSON object$/],
    [{ server: { name: "\x1b[2J", version: "1" } }, /"name" is not a short text/],
    [{ fallback: "no" }, /"fallback" is not true or false/],
    [{ paths: Array.from({ length: 257 }, () => ({})) }, /"paths" is not a list of fair length/],
    [{ paths: [{}] }, /^Cannot read "id" of a path: /],
    [{ limits: {} }, /"max_bytes" is not a number/],
    [{ limits: { max_bytes: 1, max_duration_ms: -1, token_required: false } }, /"max_duration_ms"/],
  ];
  for (const [part, message] of wrong) {
    const text = JSON.stringify({ ...EXAMPLE, ...part });
    assert.throws(() => parseCheckAnswer(text), { code: "ERR_PROTOCOL", message }, text);
  }
});

Deno.test("parseCheckAnswer() gives a whole number of bytes as the limit", () => {
  const limits = { max_bytes: 1.5, max_duration_ms: 1.5, token_required: false };
  assert.equal(parseCheckAnswer(JSON.stringify({ ...EXAMPLE, limits }))?.limits.max_bytes, 1);
});

Deno.test("parseCheckAnswer() reads or refuses whatever was changed in an answer, and any cut", () => {
  fc.assert(
    fc.property(spoiled(answers), (text) => readsOrRefuses(() => parseCheckAnswer(text))),
    { numRuns: 300 },
  );
  fc.assert(fc.property(answers, fc.nat(), (answer, cut) => {
    const text = JSON.stringify(answer);
    readsOrRefuses(() => parseCheckAnswer(text.slice(0, cut % text.length)));
  }));
});
