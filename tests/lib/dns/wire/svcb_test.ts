import assert from "node:assert/strict";
import fc from "fast-check";
import { MptError } from "../../../../lib/base/errors.ts";
import { fromHex, toHex } from "../../../../lib/base/hex.ts";
import { Ip } from "../../../../lib/base/ip.ts";
import { decodeMessage, EMPTY_MESSAGE, encodeMessage } from "../../../../lib/dns/wire/message.ts";
import { DnsName } from "../../../../lib/dns/wire/name.ts";
import type { ServiceRecord } from "../../../../lib/dns/wire/record.ts";
import { NO_PARAMS, readSvcParams, type SvcParams, writeSvcParams } from "../../../../lib/dns/wire/svcb.ts";
import { svcParams } from "./arbitraries.ts";

const COM = "03666f6f 07 6578616d706c65 03636f6d 00";
const ORG = "03666f6f 07 6578616d706c65 036f7267 00";

/** RFC 9460, appendix D: priority, target and parameters, and the data as it is on the wire. */
const VECTORS: readonly {
  text: string;
  priority: number;
  target: string;
  params: Partial<SvcParams>;
  data: string;
}[] = [
  { text: "0 foo.example.com.", priority: 0, target: "foo.example.com", params: {}, data: `0000 ${COM}` },
  { text: "1 .", priority: 1, target: ".", params: {}, data: "0001 00" },
  {
    text: "16 foo.example.com. port=53",
    priority: 16,
    target: "foo.example.com",
    params: { port: 53 },
    data: `0010 ${COM} 0003 0002 0035`,
  },
  {
    text: "1 foo.example.com. key667=hello\\210qoo",
    priority: 1,
    target: "foo.example.com",
    params: { unknown: [{ key: 667, value: fromHex("68656c6c6fd2716f6f") }] },
    data: `0001 ${COM} 029b 0009 68656c6c6fd2716f6f`,
  },
  {
    text: "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1",
    priority: 1,
    target: "foo.example.com",
    params: { ipv6Hints: [Ip.parse("2001:db8::1"), Ip.parse("2001:db8::53:1")] },
    data: `0001 ${COM} 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001`,
  },
  {
    text: "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
    priority: 16,
    target: "foo.example.org",
    params: { mandatory: [1, 4], alpn: ["h2", "h3-19"], ipv4Hints: [Ip.parse("192.0.2.1")] },
    data: `0010 ${ORG} 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201`,
  },
  {
    text: "16 foo.example.org. alpn=f\\\\oo\\,bar,h2",
    priority: 16,
    target: "foo.example.org",
    params: { alpn: ["f\\oo,bar", "h2"] },
    data: `0010 ${ORG} 0001 000c 08 665c6f6f2c626172 02 6832`,
  },
];

for (const { text, priority, target, params, data } of VECTORS) {
  Deno.test(`the service record of RFC 9460 appendix D: ${text}`, () => {
    const record: ServiceRecord = {
      name: DnsName.parse("example.com"),
      ttl: 7200,
      type: "HTTPS",
      priority,
      target: DnsName.parse(target),
      params: { ...NO_PARAMS, ...params },
    };
    const bytes = encodeMessage({ ...EMPTY_MESSAGE, answers: [record] });
    assert.equal(toHex(bytes).endsWith(toHex(fromHex(data))), true, toHex(bytes));
    assert.deepEqual(decodeMessage(bytes).answers, [record]);
  });
}

function refuses(hex: string, reason: RegExp): void {
  assert.throws(() => readSvcParams(fromHex(hex)), (error) => {
    assert.ok(error instanceof MptError && error.code === "ERR_PROTOCOL");
    assert.match(error.message, reason);
    return true;
  });
}

Deno.test("readSvcParams() reads what writeSvcParams() wrote, and nothing shorter", () => {
  fc.assert(
    fc.property(svcParams, (params) => {
      const bytes = writeSvcParams(params);
      assert.deepEqual(readSvcParams(bytes), params);
      // A prefix that ends between two parameters is whole, unless a mandatory one is gone
      for (let length = 0; length < bytes.length; length++) {
        try {
          assert.notDeepEqual(readSvcParams(bytes.subarray(0, length)), params);
        } catch (error) {
          if (!(error instanceof MptError)) throw error;
          assert.equal(error.code, "ERR_PROTOCOL");
        }
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("readSvcParams() refuses what RFC 9460 calls malformed", () => {
  refuses("0003 0002 0035 | 0003 0002 0035", /not in increasing order/);
  refuses("0004 0004 c0000201 | 0001 0003 02 6832", /not in increasing order/);
  refuses("ffff 0000", /the key 65535/);
  refuses("0003 0001 35", /the port of a service/);
  refuses("0002 0001 00", /no-default-alpn has a value/);
  refuses("0001 0000", /only 0 are left/);
  refuses("0001 0001 00", /an ALPN id is empty/);
  refuses("0001 0003 03 6832", /only 2 are left/);
  refuses("0004 0000", /an address hint has a wrong length/);
  refuses("0004 0005 c000020100", /an address hint has a wrong length/);
  refuses("0006 0004 c0000201", /an address hint has a wrong length/);
  refuses("0000 0000", /odd or empty/);
  refuses("0000 0003 000100", /odd or empty/);
  refuses("0000 0002 0000", /the mandatory keys are not in increasing order/);
  refuses(
    "0000 0004 0004 0001 | 0001 0003 02 6832 | 0004 0004 c0000201",
    /the mandatory keys are not in increasing order/,
  );
  refuses("0000 0002 0001", /the mandatory key 1 of a service is absent/);
});

Deno.test("decodeMessage() refuses a compressed target of a service", () => {
  const bytes = fromHex("0001 8180 0000 0001 0000 0000 | 0161 00 0041 0001 00000000 0004 0001 c00c");
  assert.throws(() => decodeMessage(bytes), /a name is compressed where it may not be/);
});

Deno.test("decodeMessage() ignores the parameters of an alias", () => {
  const bytes = fromHex(
    "0001 8180 0000 0001 0000 0000 | 0161 00 0041 0001 00000000 0009 0000 0162 00 ffff 0000",
  );
  const [record] = decodeMessage(bytes).answers;
  assert.deepEqual(record?.type === "HTTPS" && record.params, NO_PARAMS);
});
