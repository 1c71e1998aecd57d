import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../../lib/base/errors.ts";
import { decodeAnswer, decodeRequest, encodeLine } from "../../../../lib/lab/emulator/protocol.ts";
import { linkSettings } from "../../../../lib/lab/link/settings.ts";
import { answers, requests } from "./arbitraries.ts";

const CODECS = {
  "decodeRequest()": [requests, decodeRequest],
  "decodeAnswer()": [answers, decodeAnswer],
} as const;

/** A copy of a value in which one member, at any depth, is another. */
function mutated(value: unknown, place: number, replacement: unknown): unknown {
  let left = place;
  const walk = (each: unknown): unknown => {
    if (left-- === 0) return replacement;
    if (Array.isArray(each)) return each.map(walk);
    if (typeof each !== "object" || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, member]) => [key, walk(member)]));
  };
  return walk(value);
}

for (const [name, [messages, decode]] of Object.entries(CODECS)) {
  Deno.test(`${name} gives back what encodeLine() was given, on one line`, () => {
    fc.assert(fc.property(messages, (message) => {
      const line = encodeLine(message);
      assert.equal(line.indexOf("\n"), line.length - 1);
      // fast-check makes objects without a prototype.
      assert.deepEqual(decode(line), structuredClone(message));
    }));
  });

  Deno.test(`${name} refuses every part of a line with an MptError`, () => {
    fc.assert(fc.property(messages, fc.nat(), (message, cut) => {
      const line = encodeLine(message).trimEnd();
      assert.throws(() => decode(line.slice(0, cut % line.length)), MptError);
    }));
  });

  Deno.test(`${name} takes or refuses with an MptError whatever stands in the place of a member`, () => {
    const replacement = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e300, 0.5, "", [], {}));
    fc.assert(fc.property(messages, fc.nat({ max: 60 }), replacement, (message, place, replacement) => {
      const line = JSON.stringify(mutated(message, place, replacement));
      try {
        assert.equal(encodeLine(decode(line)), encodeLine(decode(encodeLine(decode(line)))));
      } catch (error) {
        assert(error instanceof MptError, `${error}`);
      }
    }));
  });
}

const OPEN = { type: "open", seed: 1, links: [{ name: "a", up: linkSettings(), down: linkSettings() }] };

const REFUSED: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  "no object": [[], /request: it is not a table of settings/],
  "an unknown type": [{ type: "stop" }, /"stop" as request.type: it is not one of open, change, status/],
  "no type": [{}, /request.type: it is missing/],
  "an unknown member": [{ type: "status", x: 1 }, /request.x: no such setting/],
  "a seed that is not whole": [{ ...OPEN, seed: 1.5 }, /request.seed: it is not a whole number/],
  "too many links": [{ ...OPEN, links: Array(65).fill(OPEN.links[0]) }, /request.links: it has more than 64/],
  "a link without a setting": [
    { ...OPEN, links: [{ ...OPEN.links[0], up: { ...linkSettings(), mtu: undefined } }] },
    /request.links\[0\].up.mtu: it is missing/,
  ],
  "an impossible setting": [
    { ...OPEN, links: [{ ...OPEN.links[0], up: { ...linkSettings(), mtu: 5 } }] },
    /an MTU of 5/,
  ],
  "an unknown kind of loss": [
    { type: "change", link: 0, direction: "up", change: { loss: { kind: "odd" } } },
    /"odd" as request.change.loss.kind/,
  ],
};

for (const [what, [request, message]] of Object.entries(REFUSED)) {
  Deno.test(`decodeRequest() refuses ${what}`, () => {
    assert.throws(() => decodeRequest(JSON.stringify(request)), { code: "ERR_INVALID_VALUE", message });
  });
}

Deno.test("decodeRequest() and decodeAnswer() refuse what is not JSON", () => {
  for (const text of ["", "{", "status", '{"type":"status"}x']) {
    assert.throws(() => decodeRequest(text), { code: "ERR_PROTOCOL" });
    assert.throws(() => decodeAnswer(text), { code: "ERR_PROTOCOL" });
  }
});
