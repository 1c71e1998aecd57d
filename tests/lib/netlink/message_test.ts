import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../lib/base/errors.ts";
import { fromHex, toHex } from "../../../lib/base/hex.ts";
import { decodeMessages, encodeMessage, headOf, isNotFound } from "../../../lib/netlink/message.ts";

const DONE = "14000000 0300 0200 01000000 00000000 00000000";

function error(errno: string): Uint8Array {
  return fromHex(`24000000 0200 0000 01000000 00000000 ${errno} 14000000 1400 0103 01000000 00000000`);
}

const message = fc.record({
  type: fc.integer({ min: 16, max: 0xffff }),
  // NLM_F_DUMP_INTR has a meaning of its own
  flags: fc.nat(0xffff).map((flags) => flags & ~0x10),
  sequence: fc.nat(0xffff_ffff),
  body: fc.uint8Array({ maxLength: 40 }),
});

Deno.test("encodeMessage() writes the header of RFC 3549 2.3.2 in the machine's order", () => {
  const bytes = encodeMessage({ type: 20, flags: 0x301, sequence: 6, body: fromHex("aabbcc") });
  assert.equal(toHex(bytes), toHex(fromHex("13000000 1400 0103 06000000 00000000 aabbcc 00")));
});

Deno.test("decodeMessages() reads what encodeMessage() wrote, over any number of reads", () => {
  fc.assert(fc.property(fc.array(fc.array(message, { maxLength: 3 }), { maxLength: 3 }), (reads) => {
    const parts = reads.map((each) => Uint8Array.from(each.flatMap((one) => [...encodeMessage(one)])));
    const { messages, interrupted } = decodeMessages(parts);
    assert.equal(interrupted, false);
    assert.deepEqual(
      messages.map(({ type, sequence, body }) => ({ type, sequence, body: body.slice() })),
      reads.flat().map(({ type, sequence, body }) => ({ type, sequence, body })),
    );
  }));
});

Deno.test("decodeMessages() stops at NLMSG_DONE", () => {
  const parts = [fromHex(`${DONE} 10000000 1400 0000 01000000 00000000`), fromHex("ff")];
  assert.deepEqual(decodeMessages(parts).messages, []);
});

Deno.test("decodeMessages() tells that a dump was interrupted", () => {
  const parts = [fromHex(`10000000 1400 1200 01000000 00000000 ${DONE}`)];
  const { messages, interrupted } = decodeMessages(parts);
  assert.equal(messages.length, 1);
  assert.equal(interrupted, true);
});

Deno.test("decodeMessages() takes the error 0 for an acknowledgement", () => {
  assert.deepEqual(decodeMessages([error("00000000")]).messages, []);
});

Deno.test("decodeMessages() passes over NLMSG_NOOP", () => {
  assert.deepEqual(decodeMessages([fromHex(`10000000 0100 0000 01000000 00000000 ${DONE}`)]).messages, []);
});

for (
  const [errno, name, code] of [
    ["ffffffff", "EPERM", "ERR_PERMISSION"],
    ["f3ffffff", "EACCES", "ERR_PERMISSION"],
    ["feffffff", "ENOENT", "ERR_SYSTEM"],
    ["a1ffffff", "EOPNOTSUPP", "ERR_NOT_SUPPORTED"],
    ["9bffffff", "ENETUNREACH", "ERR_NO_ROUTE"],
    ["19fcffff", "errno 999", "ERR_SYSTEM"],
  ] as const
) {
  Deno.test(`decodeMessages() throws ${code} for ${name}`, () => {
    assert.throws(
      () => decodeMessages([error(errno)]),
      (thrown) => {
        assert.ok(thrown instanceof MptError);
        assert.equal(thrown.code, code);
        assert.equal(thrown.data["errno"], name);
        assert.equal(isNotFound(thrown), name === "ENOENT");
        return true;
      },
    );
  });
}

Deno.test("decodeMessages() throws the errno with which a dump ended half-way", () => {
  const parts = [fromHex("14000000 0300 0200 01000000 00000000 f4ffffff")];
  assert.throws(() => decodeMessages(parts), { code: "ERR_SYSTEM", data: { errno: "ENOMEM" } });
});

for (
  const [claim, hex] of [
    ["a length shorter than its header", "0f000000 1400 0000 01000000 00000000"],
    ["a length beyond the end", "11000000 1400 0000 01000000 00000000"],
    ["a length of zero, which would never end", "00000000 1400 0000 01000000 00000000"],
    ["the rest of a header", "10000000 1400"],
    ["an error without a number", "12000000 0200 0000 01000000 00000000 0000"],
  ] as const
) {
  Deno.test(`decodeMessages() refuses ${claim}`, () => {
    assert.throws(() => decodeMessages([fromHex(hex)]), { code: "ERR_PROTOCOL" });
  });
}

Deno.test("decodeMessages() throws when the kernel says that messages were lost", () => {
  assert.throws(() => decodeMessages([fromHex("10000000 0400 0000 01000000 00000000")]), {
    code: "ERR_SYSTEM",
  });
});

Deno.test("headOf() refuses a body that is shorter than its struct", () => {
  const short = { type: 16, sequence: 1, body: new Uint8Array(11) };
  assert.throws(() => headOf(short, 12), { code: "ERR_PROTOCOL" });
  assert.equal(headOf({ ...short, body: new Uint8Array(13) }, 12).byteLength, 12);
});
