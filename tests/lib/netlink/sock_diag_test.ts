import assert from "node:assert/strict";
import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { fromHex, toHex } from "../../../lib/base/hex.ts";
import { encodeMessage } from "../../../lib/netlink/message.ts";
import {
  decodeSockDiag,
  encodeMptcpDump,
  encodeMptcpLookup,
  encodeTcpDump,
  encodeTcpLookup,
} from "../../../lib/netlink/sock_diag.ts";
import { ULP_FLAGS, ulpFlagLetters } from "../../../lib/netlink/ulp.ts";
import { ABSENT, JOIN, MPTCP } from "./captures.ts";

Deno.test("encodeTcpLookup() asks for one IPv4 socket, with its tcp_info", () => {
  const request = encodeTcpLookup(Endpoint.parse("10.9.2.1:33945"), Endpoint.parse("10.9.2.2:9000"), 3);
  assert.equal(
    toHex(request),
    toHex(fromHex(`
      48000000 1400 0100 06000000 00000000 | 02 06 02 00 | ffffffff
      8499 2328 | 0a090201 000000000000000000000000 | 0a090202 000000000000000000000000
      03000000 | ffffffffffffffff
    `)),
  );
});

Deno.test("encodeTcpLookup() asks for one IPv6 socket", () => {
  const request = encodeTcpLookup(Endpoint.parse("[2001:db8::1]:1"), Endpoint.parse("[2001:db8::2]:2"));
  assert.equal(
    toHex(request.subarray(16)),
    toHex(fromHex(`
      0a 06 02 00 | ffffffff | 0001 0002
      20010db8000000000000000000000001 | 20010db8000000000000000000000002 | 00000000 | ffffffffffffffff
    `)),
  );
});

for (
  const [local, remote] of [
    ["example.com:1", "192.0.2.1:1"],
    ["192.0.2.1:1", "192.0.2.2"],
    ["192.0.2.1:1", "[2001:db8::1]:1"],
  ] as const
) {
  Deno.test(`encodeTcpLookup() refuses the ends ${local} and ${remote}`, () => {
    assert.throws(() => encodeTcpLookup(Endpoint.parse(local), Endpoint.parse(remote)), {
      code: "ERR_INVALID_ENDPOINT",
    });
  });
}

Deno.test("encodeTcpDump() asks for the sockets in some states", () => {
  const request = encodeTcpDump(6, 1 << 1 | 1 << 2);
  assert.equal(
    toHex(request.subarray(4, 24)),
    toHex(fromHex("1400 0103 06000000 00000000 0a060200 06000000")),
  );
  assert.equal(toHex(encodeTcpDump(4, ~0).subarray(20, 24)), "ffffffff");
});

Deno.test("encodeMptcpDump() names the protocol in an attribute, and leaves listeners out unless asked", () => {
  const request = encodeMptcpDump(4);
  assert.equal(
    toHex(request.subarray(0, 24)),
    toHex(fromHex("50000000 1400 0103 06010000 00000000 02060200 fffbffff")),
  );
  assert.equal(toHex(request.subarray(72)), toHex(fromHex("0800 0300 06010000")));
  assert.equal(toHex(encodeMptcpDump(4, { listeners: true }).subarray(20, 24)), "ffffffff");
});

Deno.test("encodeMptcpLookup() asks by token", () => {
  const request = encodeMptcpLookup(0xa2499133);
  assert.equal(toHex(request.subarray(4, 8)), "14000100");
  assert.equal(toHex(request.subarray(64, 72)), toHex(fromHex("339149a2 00000000")));
});

Deno.test("decodeSockDiag() reads a subflow that Linux 6.18 described", () => {
  const [entry, ...rest] = decodeSockDiag(JOIN);
  assert.deepEqual(rest, []);
  assert.partialDeepStrictEqual(entry, {
    family: 4,
    state: 1,
    interfaceIndex: 3,
    uid: 0,
    inode: 159630,
    rqueue: 0,
    wqueue: 0,
    tcpInfo: {
      state: 1,
      rto: 204000,
      sndMss: 1448,
      pmtu: 1500,
      rtt: 28,
      sndCwnd: 10,
      bytesAcked: 1,
      segsOut: 2,
    },
    ulp: {
      name: "mptcp",
      tokenLocal: 1029506608,
      tokenRemote: 1874235670,
      flags: 0xcc,
      idLocal: 1,
      idRemote: 1,
    },
  });
  assert.equal(entry?.local.address, "10.9.2.1:33945");
  assert.equal(entry?.remote.address, "10.9.2.2:9000");
  assert.equal(entry?.mptcpInfo, undefined);
});

Deno.test("decodeSockDiag() reads an MPTCP socket that Linux 6.18 described", () => {
  const [entry, ...rest] = decodeSockDiag(MPTCP);
  assert.deepEqual(rest, []);
  assert.partialDeepStrictEqual(entry, {
    inode: 159630,
    mptcpInfo: {
      subflows: 2,
      subflowsMax: 4,
      addAddrAccepted: 1,
      flags: 2,
      token: 1029506608,
      subflowsTotal: 3,
    },
  });
  assert.equal(entry?.remote.address, "10.9.1.2:9000");
  assert.equal(entry?.tcpInfo, undefined);
  assert.equal(entry?.ulp, undefined);
});

Deno.test("decodeSockDiag() answers a look-up of nothing with nothing", () => {
  assert.deepEqual(decodeSockDiag(ABSENT), []);
  assert.deepEqual(decodeSockDiag([]), []);
});

Deno.test("decodeSockDiag() shows the IPv4 addresses inside IPv6 as IPv4", () => {
  const mapped = "0000 0000 0000 0000 0000 ffff";
  const [entry] = decodeSockDiag([
    encodeMessage({
      type: 20,
      flags: 2,
      sequence: 6,
      body: fromHex(`
        0a 0a 00 00 | 1151 c350 | ${mapped} c0000201 | ${mapped} c0000202 | 00000000 0000000000000000
        00000000 00000000 00000000 e8030000 2a000000
      `),
    }),
  ]);
  assert.equal(entry?.family, 6);
  assert.equal(entry?.local.address, "192.0.2.1:4433");
  assert.equal(entry?.remote.address, "192.0.2.2:50000");
  assert.equal(entry?.uid, 1000);
  assert.equal(entry?.inode, 42);
});

Deno.test("decodeSockDiag() takes the shorter structs of older kernels", () => {
  const [message] = JOIN;
  assert.ok(message);
  // The attribute INET_DIAG_INFO of Linux 4.19 has 232 bytes; here it is cut to 136
  const body = message.slice(16);
  const at = toHex(body).indexOf("1c010200") / 2;
  assert.ok(at > 0);
  const cut = Uint8Array.of(...body.subarray(0, at), 140, 0, 2, 0, ...body.subarray(at + 4, at + 140));
  const [entry] = decodeSockDiag([encodeMessage({ type: 20, flags: 0, sequence: 6, body: cut })]);
  assert.equal(entry?.tcpInfo?.rtt, 28);
  assert.equal(entry?.tcpInfo?.bytesReceived, 0);
  assert.equal(entry?.tcpInfo?.bytesSent, undefined);
});

Deno.test("decodeSockDiag() takes the longer structs of newer kernels, and attributes that it does not know", () => {
  const [message] = JOIN;
  assert.ok(message);
  const body = message.slice(16);
  const at = toHex(body).indexOf("1c010200") / 2;
  assert.ok(at > 0);
  // INET_DIAG_INFO of 280 bytes, and 16 more that nobody knows yet; then an attribute of type 200.
  const longer = Uint8Array.of(
    ...body.subarray(0, at),
    ...[0x2c, 1, 2, 0],
    ...body.subarray(at + 4, at + 284),
    ...new Uint8Array(16).fill(0xee),
    ...[8, 0, 200, 0, 1, 2, 3, 4],
    ...body.subarray(at + 284),
  );
  const [entry] = decodeSockDiag([encodeMessage({ type: 20, flags: 0, sequence: 6, body: longer })]);
  assert.deepEqual(entry, decodeSockDiag([message])[0]);
});

Deno.test("decodeSockDiag() refuses a socket of another family", () => {
  const body = new Uint8Array(72).fill(1, 0, 1);
  assert.throws(() => decodeSockDiag([encodeMessage({ type: 20, flags: 0, sequence: 6, body })]), {
    code: "ERR_PROTOCOL",
  });
});

Deno.test("ulpFlagLetters() prints each flag as ss does", () => {
  const { MCAP_REM, MCAP_LOC, FULLY_ESTABLISHED, CONNECTED } = ULP_FLAGS;
  assert.equal(ulpFlagLetters(MCAP_REM | MCAP_LOC | FULLY_ESTABLISHED | CONNECTED), "Mmec");
  assert.equal(ulpFlagLetters(0x1ff), "MmJjBbecv");
  assert.equal(ulpFlagLetters(0), "");
  fc.assert(fc.property(fc.nat(0x1ff), (flags) => {
    assert.equal(ulpFlagLetters(flags).length, flags.toString(2).replaceAll("0", "").length);
  }));
});
