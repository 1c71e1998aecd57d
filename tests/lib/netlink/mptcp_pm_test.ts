import assert from "node:assert/strict";
import { fromHex, toHex } from "../../../lib/base/hex.ts";
import { AttributeWriter } from "../../../lib/netlink/attribute.ts";
import { decodeFamily, encodeFamilyLookup } from "../../../lib/netlink/generic.ts";
import { encodeMessage } from "../../../lib/netlink/message.ts";
import {
  decodeEndpoints,
  decodeLimits,
  encodeGetEndpoints,
  encodeGetLimits,
  encodeSetFlags,
} from "../../../lib/netlink/mptcp_pm.ts";
import { ENDPOINTS, FAMILY, LIMITS, NO_FAMILY } from "./captures.ts";

const NONE = {
  signal: false,
  subflow: false,
  backup: false,
  fullmesh: false,
  implicit: false,
  laminar: false,
};

function endpoint(write: (writer: AttributeWriter) => void): readonly Uint8Array[] {
  const inner = new AttributeWriter();
  write(inner);
  const attributes = new AttributeWriter().nested(1, inner).finish();
  const body = Uint8Array.of(3, 1, 0, 0, ...attributes);
  return [encodeMessage({ type: 28, flags: 2, sequence: 1, body })];
}

Deno.test("encodeFamilyLookup() asks the controller for a family by name", () => {
  assert.equal(
    toHex(encodeFamilyLookup("mptcp_pm")),
    toHex(fromHex("24000000 1000 0100 01000000 00000000 03010000 0d00 0200 6d707463705f706d00 000000")),
  );
});

Deno.test("decodeFamily() reads the number, and null when the kernel does not have the family", () => {
  assert.equal(decodeFamily(FAMILY), 28);
  assert.equal(decodeFamily(NO_FAMILY), null);
  assert.equal(decodeFamily([]), null);
});

Deno.test("encodeGetLimits() and encodeGetEndpoints() ask the path manager", () => {
  assert.equal(toHex(encodeGetLimits(28)), toHex(fromHex("14000000 1c00 0100 01000000 00000000 06010000")));
  assert.equal(
    toHex(encodeGetEndpoints(28)),
    toHex(fromHex("14000000 1c00 0103 01000000 00000000 03010000")),
  );
});

Deno.test("encodeSetFlags() names the endpoint by its id and keeps fullmesh", () => {
  const request = (flags: string): string =>
    toHex(
      fromHex(
        `28000000 1c00 0500 01000000 00000000 07010000 1400 0180 0500 0200 02 000000 0800 0600 ${flags}`,
      ),
    );
  assert.equal(toHex(encodeSetFlags(28, 2, { backup: true, fullmesh: false })), request("04000000"));
  assert.equal(toHex(encodeSetFlags(28, 2, { backup: true, fullmesh: true })), request("0c000000"));
  assert.equal(toHex(encodeSetFlags(28, 2, { backup: false, fullmesh: false })), request("00000000"));
});

Deno.test("decodeLimits() reads what Linux 6.18 answered", () => {
  assert.deepEqual(decodeLimits(LIMITS), { subflows: 4, addAddrAccepted: 4 });
});

Deno.test("decodeLimits() refuses an answer without limits", () => {
  assert.throws(() => decodeLimits([]), { code: "ERR_PROTOCOL" });
});

Deno.test("decodeEndpoints() reads what Linux 6.18 answered", () => {
  const [first, second, ...rest] = decodeEndpoints(ENDPOINTS);
  assert.deepEqual(rest, []);
  assert.deepEqual({ ...first, ip: String(first?.ip) }, {
    ...NONE,
    id: 1,
    ip: "10.9.2.1",
    interfaceIndex: 3,
    subflow: true,
    fullmesh: true,
  });
  assert.deepEqual({ ...second, ip: String(second?.ip) }, { ...NONE, id: 2, ip: "10.9.1.1", signal: true });
});

Deno.test("decodeEndpoints() reads an IPv6 endpoint with a port and every flag", () => {
  const [only] = decodeEndpoints(endpoint((writer) =>
    writer
      .bytes(1, fromHex("0a00"))
      .bytes(2, fromHex("ff"))
      .bytes(4, fromHex("20010db8 00000000 00000000 00000001"))
      .bytes(5, fromHex("5111"))
      .u32(6, 0x3f)
  ));
  assert.deepEqual({ ...only, ip: String(only?.ip) }, {
    id: 255,
    ip: "2001:db8::1",
    port: 4433,
    signal: true,
    subflow: true,
    backup: true,
    fullmesh: true,
    implicit: true,
    laminar: true,
  });
});

for (
  const [claim, write] of [
    ["without an address", (writer: AttributeWriter) => writer.bytes(1, fromHex("0200"))],
    [
      "with an address of another size",
      (writer: AttributeWriter) => writer.bytes(1, fromHex("0200")).bytes(3, new Uint8Array(5)),
    ],
    [
      "of another family",
      (writer: AttributeWriter) => writer.bytes(1, fromHex("1000")).bytes(4, new Uint8Array(16)),
    ],
  ] as const
) {
  Deno.test(`decodeEndpoints() refuses an endpoint ${claim}`, () => {
    assert.throws(() => decodeEndpoints(endpoint((writer) => void write(writer))), { code: "ERR_PROTOCOL" });
  });
}
