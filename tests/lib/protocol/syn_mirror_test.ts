import assert from "node:assert/strict";
import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { toHex } from "../../../lib/base/hex.ts";
import { describeOption, type SynOption } from "../../../lib/mptcp/syn.ts";
import { encodeSynMirror, parseSynMirror, type SynMirrorAnswer } from "../../../lib/protocol/syn_mirror.ts";
import { addresses } from "../base/arbitraries.ts";
import { readsOrRefuses, spoiled } from "./arbitraries.ts";

const options: fc.Arbitrary<readonly SynOption[]> = fc.array(
  fc.oneof(
    fc.constantFrom([0], [1]),
    fc.tuple(fc.integer({ min: 2, max: 255 }), fc.uint8Array({ maxLength: 8 })).map(([kind, body]) => [
      kind,
      body.length + 2,
      ...body,
    ]),
  ).map((bytes) => describeOption(Uint8Array.from(bytes))!),
  { maxLength: 12 },
).filter((list) => list.reduce((sum, { length }) => sum + length, 0) <= 40);

const answers: fc.Arbitrary<SynMirrorAnswer> = fc.constantFrom(4 as const, 6 as const).chain((family) => {
  const ends = fc.tuple(addresses.filter((ip) => ip.family === family), fc.nat(65535))
    .map(([ip, port]) => Endpoint.of(ip, port).address);
  return fc.record({
    schema: fc.constant("mpt.syn-mirror/1" as const),
    family: fc.constant(family),
    ttl: fc.option(fc.nat(255), { nil: null }),
    source: ends,
    destination: ends,
    options: fc.option(options, { nil: null }),
    malformed_hex: fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => toHex(bytes)), {
      nil: null,
    }),
  }, { noNullPrototype: true });
});

const EXAMPLE: SynMirrorAnswer = {
  schema: "mpt.syn-mirror/1",
  family: 4,
  ttl: 63,
  source: "192.0.2.1:50000",
  destination: "198.51.100.1:4434",
  options: [
    { kind: 1, name: "NOP", length: 1, subtype: null, hex: "01" },
    { kind: 30, name: "MPTCP", length: 4, subtype: 0, hex: "1e040101" },
  ],
  malformed_hex: null,
};

Deno.test("parseSynMirror() reads back every answer that a mirror gives, in one line", () => {
  fc.assert(fc.property(answers, (answer) => {
    const text = encodeSynMirror(answer);
    assert.equal(text.indexOf("\n"), text.length - 1);
    assert.deepEqual(parseSynMirror(text), answer);
  }));
});

Deno.test("parseSynMirror() finds out by itself what an option means", () => {
  const lies = EXAMPLE.options!.map((option) => ({ ...option, kind: 2, name: "\x1b[31mMSS", subtype: 5 }));
  assert.deepEqual(parseSynMirror(JSON.stringify({ ...EXAMPLE, options: lies })), EXAMPLE);
  const bare = EXAMPLE.options!.map(({ hex }) => ({ hex }));
  assert.deepEqual(parseSynMirror(JSON.stringify({ ...EXAMPLE, colour: 1, options: bare })), EXAMPLE);
});

Deno.test("parseSynMirror() refuses what is no answer of a mirror: ERR_PROTOCOL", () => {
  const nop = { hex: "01" };
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ schema: "mpt.check/1" }, /it is not mpt\.syn-mirror\/1$/],
    [{ family: 5 }, /its family is neither 4 nor 6$/],
    [{ family: 6 }, /its source is not an IPv6 address with a port$/],
    [{ ttl: 256 }, /its ttl is not one of 0 to 255$/],
    [{ ttl: 1.5 }, /its ttl is not one of 0 to 255$/],
    [{ source: "example.com:1" }, /its source is not/],
    [{ destination: "192.0.2.1" }, /its destination is not/],
    [{ source: "tcp@192.0.2.1:1" }, /its source is not/],
    [{ source: "\x1b[2J" }, /"source" is not a short text$/],
    [{ options: [{ hex: "1e05010101" }, { hex: "1e05" }] }, /not a whole option$/],
    [{ options: [{ hex: "1E040101" }] }, /not hexadecimal digits$/],
    [{ options: [{ hex: "1e0" }] }, /not hexadecimal digits$/],
    [{ options: [{}] }, /"hex" is not a short text$/],
    [{ options: [null] }, /it is not a JSON object$/],
    [{ options: new Array(41).fill(nop) }, /"options" is not a list of fair length$/],
    [{ options: [{ hex: `fe27${"00".repeat(37)}` }, nop, nop] }, /its options have 41 bytes of at most 40$/],
    [{ malformed_hex: "xx" }, /not hexadecimal digits$/],
  ];
  for (const [part, message] of wrong) {
    const text = JSON.stringify({ ...EXAMPLE, ...part });
    assert.throws(() => parseSynMirror(text), { code: "ERR_PROTOCOL", message }, text);
  }
  for (const text of ["", "{}", "null", "HTTP/1.1 400 Bad Request\r\n", `${" ".repeat(16_384)}{}`]) {
    assert.throws(() => parseSynMirror(text), { code: "ERR_PROTOCOL" }, text);
  }
});

Deno.test("parseSynMirror() reads or refuses whatever was changed in an answer, and any cut", () => {
  fc.assert(fc.property(spoiled(answers), (text) => readsOrRefuses(() => parseSynMirror(text))), {
    numRuns: 300,
  });
  fc.assert(fc.property(answers, fc.nat(), (answer, cut) => {
    const text = encodeSynMirror(answer);
    readsOrRefuses(() => parseSynMirror(text.slice(0, cut % text.length)));
  }));
});
