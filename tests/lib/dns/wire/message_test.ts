import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../../lib/base/errors.ts";
import { fromHex, toHex } from "../../../../lib/base/hex.ts";
import { ByteWriter } from "../../../../lib/base/byte_writer.ts";
import { decodeMessage, EMPTY_MESSAGE, encodeMessage, question } from "../../../../lib/dns/wire/message.ts";
import { DnsName } from "../../../../lib/dns/wire/name.ts";
import { messages } from "./arbitraries.ts";

function refuses(bytes: Uint8Array, reason: RegExp): void {
  assert.throws(() => decodeMessage(bytes), (error) => {
    assert.ok(error instanceof MptError && error.code === "ERR_PROTOCOL");
    assert.match(error.message, reason);
    return true;
  });
}

/** Whether reading ends in a message or in the error for bytes that are none, and in nothing else. */
function readsOrRefuses(bytes: Uint8Array): boolean {
  try {
    decodeMessage(bytes);
    return true;
  } catch (error) {
    assert.ok(error instanceof MptError && error.code === "ERR_PROTOCOL", String(error));
    return false;
  }
}

Deno.test("decodeMessage() reads what encodeMessage() wrote", () => {
  fc.assert(
    fc.property(messages, (message) => {
      assert.deepEqual(decodeMessage(encodeMessage(message)), message);
    }),
    { numRuns: 400 },
  );
});

Deno.test("decodeMessage() refuses every message that ends too early", () => {
  fc.assert(
    fc.property(messages, (message) => {
      const bytes = encodeMessage(message);
      for (let length = 0; length < bytes.length; length++) {
        assert.equal(readsOrRefuses(bytes.subarray(0, length)), false, `${length} of ${bytes.length}`);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("decodeMessage() reads a truncated message as far as it is whole", () => {
  const name = DnsName.parse("example.com");
  fc.assert(
    fc.property(messages, (message) => {
      const bytes = encodeMessage({ ...message, truncated: true, questions: [question(name, "A")] });
      const start = 12 + name.wireLength + 4;
      for (let length = 0; length <= bytes.length; length++) {
        assert.equal(readsOrRefuses(bytes.subarray(0, length)), length >= start);
      }
      assert.deepEqual(decodeMessage(bytes.subarray(0, start)).questions, [question(name, "A")]);
    }),
    { numRuns: 20 },
  );
});

Deno.test("decodeMessage() survives any change of any octet", () => {
  fc.assert(
    fc.property(
      messages,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (message, changes) => {
        const bytes = encodeMessage(message);
        for (const [place, value] of changes) bytes[place % bytes.length] = value;
        readsOrRefuses(bytes);
      },
    ),
    { numRuns: 1500 },
  );
});

Deno.test("decodeMessage() survives anything", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readsOrRefuses(bytes)), {
    numRuns: 2000,
  });
});

const HEADER = "0001 | 8180 | 0001 0001 0000 0000";
const QUESTION = "03777777 07 6578616d706c65 00 | 0001 0001";

Deno.test("decodeMessage() refuses a pointer to itself, forwards, and two that point at each other", () => {
  refuses(
    fromHex(`${HEADER} | c00c 0001 0001 | ${"00".repeat(20)}`),
    /the pointer at offset 12 does not lead back/,
  );
  refuses(
    fromHex(`${HEADER} | c00e c00c 0001 0001 | ${"00".repeat(20)}`),
    /the pointer at offset 12 does not lead back/,
  );
  refuses(
    fromHex(`${HEADER} | 0161 c00c 0001 0001 | ${"00".repeat(20)}`),
    /the pointer at offset 14 does not lead back/,
  );
});

Deno.test("decodeMessage() refuses a pointer into two that point at each other", () => {
  // They stand in the data of a record that is not read, at offsets 23 and 25
  const hidden = "00 ff00 0001 00000000 0004 c019 c017";
  refuses(
    fromHex(`0001 8180 0000 0002 0000 0000 | ${hidden} | c017 0001 0001 00000000 0004 c0000201`),
    /the pointer at offset 23 does not lead back/,
  );
});

Deno.test("decodeMessage() takes a name of 255 octets and refuses one of 256", () => {
  const label = (length: number): string => length.toString(16).padStart(2, "0") + "61".repeat(length);
  const query = (last: number): Uint8Array =>
    fromHex(`0001 0100 0001 0000 0000 0000 | ${label(63).repeat(3)} ${label(last)} 00 | 0001 0001`);
  assert.equal(decodeMessage(query(61)).questions[0]?.name.wireLength, 255);
  refuses(query(62), /a name takes more than 255 octets/);
});

Deno.test("decodeMessage() refuses a name that pointers make longer than 255 octets", () => {
  // 20 names of 16 octets, each ending in a pointer to the one before it
  const writer = new ByteWriter();
  writer.bytes(fromHex("0001 8180 0014 0000 0000 0000"));
  let last = 0;
  for (let index = 0; index < 20; index++) {
    const here = writer.length;
    writer.u8(15);
    writer.bytes(new Uint8Array(15).fill(0x61));
    if (index === 0) writer.u8(0);
    else writer.u16(0xc000 | last);
    writer.u32(0x0001_0001);
    last = here;
  }
  refuses(writer.finish(), /a name takes more than 255 octets/);
});

Deno.test("decodeMessage() refuses counts that the bytes cannot hold, without reading them", () => {
  for (
    const counts of [
      "ffff 0000 0000 0000",
      "0000 ffff ffff ffff",
      "0001 0000 0000 ffff",
      "0000 2710 0000 0000",
    ]
  ) {
    refuses(fromHex(`0001 8180 ${counts} | ${"00".repeat(60)}`), /records do not fit into/);
  }
});

Deno.test("decodeMessage() reads as many records as a message can hold", () => {
  const name = DnsName.parse("a");
  const record = { name, ttl: 1, type: "other", code: 65280, class: 1, data: new Uint8Array(0) } as const;
  const most = 5460;
  const bytes = encodeMessage({
    ...EMPTY_MESSAGE,
    response: true,
    answers: Array.from({ length: most }, () => record),
  });
  assert.equal(decodeMessage(bytes).answers.length, most);
  assert.throws(
    () => encodeMessage({ ...EMPTY_MESSAGE, answers: Array.from({ length: 10_000 }, () => record) }),
    /Cannot write a DNS message of \d+ octets: it is too long/,
  );
  refuses(new Uint8Array(70_000), /it has 70000 octets/);
});

Deno.test("decodeMessage() reads 4,000 records whose names point into one of 127 labels", () => {
  const writer = new ByteWriter();
  writer.bytes(fromHex("0001 8180 0000 0fa0 0000 0000"));
  for (let index = 0; index < 4000; index++) {
    if (index === 0) {
      for (let label = 0; label < 127; label++) writer.bytes(Uint8Array.of(1, 0x61));
      writer.u8(0);
    } else writer.bytes(Uint8Array.of(1, 0x62, 0xc0, 14));
    writer.bytes(fromHex("ff00 0001 00000000 0000"));
  }
  assert.equal(decodeMessage(writer.finish()).answers[3999]?.name.wireLength, 255);
});

Deno.test("decodeMessage() refuses labels of a kind that is not in use", () => {
  refuses(fromHex(`${HEADER} | 41 61 00 0001 0001 | ${"00".repeat(20)}`), /of an unknown kind/);
  refuses(fromHex(`${HEADER} | 81 61 00 0001 0001 | ${"00".repeat(20)}`), /of an unknown kind/);
});

Deno.test("decodeMessage() refuses data that is longer or shorter than its type", () => {
  const record = (type: string, data: string): Uint8Array =>
    fromHex(`${HEADER} | ${QUESTION} | c00c ${type} 0001 00000001 ${data} | ${"00".repeat(8)}`);
  refuses(record("0001", "0005 7f00000101"), /the data of a record A has a wrong length/);
  refuses(record("001c", "0004 7f000001"), /the data of a record AAAA has a wrong length/);
  refuses(record("0005", "0003 c00c00"), /the data of a record CNAME has a wrong length/);
  refuses(record("0005", "0001 c00c"), /the data of a record CNAME has a wrong length/);
  refuses(record("0006", "0004 c00c c00c"), /the data of a record SOA has a wrong length/);
});

Deno.test("decodeMessage() refuses a second OPT record, one with a name, and one among the answers", () => {
  const opt = "00 0029 04d0 00000000 0000";
  refuses(fromHex(`0001 8180 0000 0000 0000 0002 | ${opt} | ${opt}`), /an OPT record too many/);
  refuses(fromHex(`0001 8180 0000 0001 0000 0000 | ${opt}`), /an OPT record too many/);
  refuses(fromHex(`0001 8180 0000 0000 0000 0001 | 0161 ${opt}`), /the OPT record has a name/);
});

Deno.test("decodeMessage() takes a TTL with the high bit for 0 and ignores what follows the last record", () => {
  const bytes = fromHex(`${HEADER} | ${QUESTION} | c00c 0001 0001 80000001 0004 c0000201 | ffff`);
  const { answers } = decodeMessage(bytes);
  assert.equal(answers[0]?.ttl, 0);
  assert.equal(answers[0]?.type === "A" && answers[0].address.toString(), "192.0.2.1");
});

Deno.test("encodeMessage() compresses names that come again, with their case", () => {
  const bytes = encodeMessage({
    ...EMPTY_MESSAGE,
    questions: [
      question(DnsName.parse("www.example.com"), "A"),
      question(DnsName.parse("ftp.example.com"), "A"),
    ],
  });
  assert.equal(
    toHex(bytes.subarray(12)),
    toHex(fromHex("03777777 07 6578616d706c65 03636f6d 00 0001 0001 | 03667470 c010 0001 0001")),
  );
});

Deno.test("encodeMessage() refuses a response code above 15 without EDNS", () => {
  assert.throws(() => encodeMessage({ ...EMPTY_MESSAGE, rcode: 16 }), /it needs EDNS/);
});
