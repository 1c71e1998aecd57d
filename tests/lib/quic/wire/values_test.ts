import assert from "node:assert/strict";
import fc from "fast-check";
import { fromHex } from "../../../../lib/base/bytes.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { alertOf, cryptoError, errorName, QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { PATH_ERROR, pathErrorName } from "../../../../lib/quic/wire/multipath.ts";
import { QuicError } from "../../../../lib/quic/wire/quic_error.ts";
import {
  isReservedVersion,
  KNOWN_VERSIONS,
  QUIC_V1,
  QUIC_V2,
  reservedVersion,
  versionName,
} from "../../../../lib/quic/wire/versions.ts";
import { connectionIds } from "./arbitraries.ts";

Deno.test("connection ids are equal when their bytes are, and are told apart by their text", () => {
  fc.assert(fc.property(connectionIds, connectionIds, fc.nat(9), (one, other, at) => {
    const same = one.toString() === other.toString();
    assert.equal(one.equals(other), same);
    const bytes = new Uint8Array(40);
    const end = other.writeTo(bytes, at);
    assert.equal(end, at + other.length);
    assert.equal(one.matches(bytes, at, end), same);
    assert(other.equals(ConnectionId.from(bytes, at, end)));
    assert.deepEqual(ConnectionId.from(other.toBytes()).toString(), other.toString());
  }));
});

Deno.test("a connection id does not change with the bytes that it came from", () => {
  const bytes = fromHex("0102");
  const id = ConnectionId.from(bytes);
  bytes[0] = 9;
  id.toBytes()[1] = 9;
  assert.equal(id.toString(), "0102");
});

Deno.test("a connection id has at most 20 bytes", () => {
  assert.equal(ConnectionId.from(new Uint8Array(20)).length, 20);
  assert.throws(() => ConnectionId.from(new Uint8Array(21)), { code: "ERR_INVALID_VALUE" });
  assert.throws(() => ConnectionId.from(new Uint8Array(4), 2, 5), { code: "ERR_INVALID_VALUE" });
  assert.equal(ConnectionId.from(new Uint8Array(4), 2, 2), ConnectionId.EMPTY);
});

Deno.test("errors have the names of RFC 9000 20.1 and of TLS alerts", () => {
  assert.equal(errorName(0x0a), "PROTOCOL_VIOLATION");
  assert.equal(errorName(0x10), "NO_VIABLE_PATH");
  assert.equal(errorName(0x178), "CRYPTO_ERROR (no_application_protocol)");
  assert.equal(errorName(0x1ff), "CRYPTO_ERROR (alert 255)");
  assert.equal(errorName(0x200), "0x200");
  assert.equal(cryptoError(40), 0x128);
  assert.equal(alertOf(0x128), 40);
  assert.equal(alertOf(0xff), null);
  assert.equal(alertOf(0x200), null);
  assert.equal(pathErrorName(PATH_ERROR.PATH_UNSTABLE_OR_POOR), "PATH_UNSTABLE_OR_POOR");
  assert.equal(pathErrorName(17), "0x11");
});

Deno.test("QuicError carries what CONNECTION_CLOSE has to say", () => {
  const error = new QuicError(QUIC_ERROR.FRAME_ENCODING_ERROR, "Cannot read ACK: it ends in the middle", 2);
  assert.equal(error.code, "ERR_PROTOCOL");
  assert.deepEqual(error.data, { quic_error: 7, quic_error_name: "FRAME_ENCODING_ERROR", frame_type: 2 });
  assert.equal(error.frameType, 2);
});

Deno.test("reserved versions have the pattern 0x?a?a?a?a", () => {
  assert(isReservedVersion(0x1a2a3a4a) && isReservedVersion(0xfafafafa) && isReservedVersion(0x0a0a0a0a));
  for (const version of [...KNOWN_VERSIONS, 0, 0xfafafafb, 0xfafafa0b]) assert(!isReservedVersion(version));
  fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (random) => {
    const version = reservedVersion(random);
    assert(isReservedVersion(version) && version >= 0);
    assert.equal(version >>> 28, random[0]! >> 4);
  }));
});

Deno.test("versions have names", () => {
  assert.deepEqual([QUIC_V1, QUIC_V2, 0xff00001d].map(versionName), ["QUIC v1", "QUIC v2", "0xff00001d"]);
});
