import assert from "node:assert/strict";
import { fromHex, toHex } from "../../../lib/base/bytes.ts";
import type { CryptoBackend } from "../../../lib/crypto/aead.ts";
import { HeaderProtection } from "../../../lib/crypto/header_protection.ts";
import { hkdfExtract, hkdfLabel } from "../../../lib/crypto/hkdf.ts";
import { initialSecrets } from "../../../lib/crypto/initial.ts";
import { nextKeys, nextSecret } from "../../../lib/crypto/key_update.ts";
import { writeNonce } from "../../../lib/crypto/nonce.ts";
import { derivePacketKeys, type PacketKeys } from "../../../lib/crypto/packet_keys.ts";
import { retryIntegrityTag, verifyRetry } from "../../../lib/crypto/retry_integrity.ts";
import {
  AES_128_GCM_SHA256,
  CHACHA20_POLY1305_SHA256,
  type CipherSuite,
} from "../../../lib/crypto/suites.ts";
import { versionConstants } from "../../../lib/crypto/version_constants.ts";
import { testBackends, withHeaderCipher, withPacketCipher } from "./backends.ts";
import { type PacketSample, type ProtectionSamples, RFC_9001, RFC_9369 } from "./protection_samples.ts";

for (const [name, samples] of [["RFC 9001", RFC_9001], ["RFC 9369", RFC_9369]] as const) {
  Deno.test(`${name} A.1: labels, initial secrets and keys`, () => checkKeys(samples));

  testBackends(`${name} A.2: the client's Initial packet`, (backend) => {
    const padded = fromHex(samples.clientInitial.payload.padEnd(2 * 1162, "0"));
    checkPacket(backend, AES_128_GCM_SHA256, keysOf(samples, "client"), samples.clientInitial, padded, 2);
  });

  testBackends(`${name} A.3: the server's Initial packet`, (backend) => {
    const payload = fromHex(samples.serverInitial.payload);
    checkPacket(backend, AES_128_GCM_SHA256, keysOf(samples, "server"), samples.serverInitial, payload, 1);
  });

  Deno.test(`${name} A.4: the tag of the Retry packet`, () => {
    const packet = fromHex(samples.retry);
    const original = fromHex(samples.connectionId);
    const tag = retryIntegrityTag(samples.version, original, packet.subarray(0, -16));
    assert.equal(toHex(tag), samples.retry.slice(-32));
    assert(verifyRetry(samples.version, original, packet));
  });

  Deno.test(`${name} A.5: ChaCha20-Poly1305 keys, their update and the nonce`, () => {
    const { chacha20, version } = samples;
    const keys = derivePacketKeys(CHACHA20_POLY1305_SHA256, fromHex(chacha20.secret), version);
    assertKeys(keys, chacha20);
    assert.equal(
      toHex(nextSecret(CHACHA20_POLY1305_SHA256, fromHex(chacha20.secret), version)),
      chacha20.next,
    );
    const nonce = new Uint8Array(12);
    writeNonce(nonce, keys.iv, 0, 654360564);
    assert.equal(toHex(nonce), chacha20.nonce);
  });

  testBackends(`${name} A.5: the ChaCha20-Poly1305 packet`, (backend) => {
    const { chacha20, version } = samples;
    const keys = derivePacketKeys(CHACHA20_POLY1305_SHA256, fromHex(chacha20.secret), version);
    const payload = fromHex(chacha20.payload);
    checkPacket(backend, CHACHA20_POLY1305_SHA256, keys, chacha20, payload, 654360564);
  });
}

Deno.test("verifyRetry() refuses every changed bit, another connection id and a packet without a tag", () => {
  const packet = fromHex(RFC_9001.retry);
  const original = fromHex(RFC_9001.connectionId);
  for (let bit = 0; bit < 8 * packet.length; bit++) {
    const changed = packet.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert(!verifyRetry(1, original, changed));
  }
  assert(!verifyRetry(1, original.subarray(1), packet));
  assert(!verifyRetry(0x6b3343cf, original, packet));
  assert(!verifyRetry(1, original, packet.subarray(0, 15)));
});

Deno.test("nextKeys() changes key and IV and keeps the header protection key", () => {
  const suite = AES_128_GCM_SHA256;
  const secret = fromHex(RFC_9001.client.secret);
  const first = derivePacketKeys(suite, secret, 1);
  const second = nextKeys(suite, nextSecret(suite, secret, 1), 1, first);
  assert.notDeepEqual(second.key, first.key);
  assert.notDeepEqual(second.iv, first.iv);
  assert.equal(second.headerKey, first.headerKey);
  assert.deepEqual(second.key, derivePacketKeys(suite, nextSecret(suite, secret, 1), 1).key);
});

Deno.test("versionConstants() refuses a version that it does not know", () => {
  assert.throws(() => versionConstants(0xff00001d), {
    code: "ERR_INVALID_VALUE",
    message: "Cannot protect packets of QUIC version 0xff00001d: it is not known",
  });
});

function checkKeys(samples: ProtectionSamples): void {
  const connectionId = fromHex(samples.connectionId);
  for (const [label, expected] of Object.entries(samples.labels)) {
    assert.equal(toHex(hkdfLabel(Number.parseInt(expected.slice(0, 4), 16), label)), expected);
  }
  const { initialSalt } = versionConstants(samples.version);
  assert.equal(toHex(hkdfExtract("sha256", initialSalt, connectionId)), samples.initialSecret);
  const secrets = initialSecrets(samples.version, connectionId);
  for (const side of ["client", "server"] as const) {
    assert.equal(toHex(secrets[side]), samples[side].secret);
    assertKeys(keysOf(samples, side), samples[side]);
  }
}

function keysOf(samples: ProtectionSamples, side: "client" | "server"): PacketKeys {
  const secret = initialSecrets(samples.version, fromHex(samples.connectionId))[side];
  return derivePacketKeys(AES_128_GCM_SHA256, secret, samples.version);
}

function assertKeys(
  keys: PacketKeys,
  expected: { readonly key: string; readonly iv: string; readonly headerKey: string },
): void {
  assert.equal(toHex(keys.key), expected.key);
  assert.equal(toHex(keys.iv), expected.iv);
  assert.equal(toHex(keys.headerKey), expected.headerKey);
}

/** Seals, masks, unmasks and opens, and compares every stage with the sample. */
function checkPacket(
  backend: CryptoBackend,
  suite: CipherSuite,
  keys: PacketKeys,
  sample: PacketSample,
  payload: Uint8Array,
  packetNumber: number,
): void {
  const header = fromHex(sample.header);
  // At an odd place in a larger buffer, whose other bytes must stay as they are
  const start = 77;
  const buffer = new Uint8Array(start + header.length + payload.length + 16 + 33).fill(0xee);
  buffer.set(header, start);
  buffer.set(payload, start + header.length);
  const payloadStart = start + header.length;
  const numberStart = payloadStart - ((header[0]! & 3) + 1);
  const end = payloadStart + payload.length + 16;
  withPacketCipher(backend, suite, keys, (cipher) => {
    assert.equal(cipher.seal(buffer, start, payloadStart, end - 16, 0, packetNumber), end);
    withHeaderCipher(backend, suite, keys.headerKey, (headerCipher) => {
      const masks = new Uint8Array(16);
      headerCipher.mask(fromHex(sample.sample), masks, 1);
      assert.equal(toHex(masks.subarray(0, 5)), sample.mask);
      const protection = new HeaderProtection(headerCipher);
      assert(protection.add(buffer, start, numberStart, end));
      protection.protect();
      assert.equal(toHex(buffer.subarray(start, end)), sample.packet);
      assert(protection.add(buffer, start, numberStart, end));
      protection.unprotect();
    });
    assert.equal(toHex(buffer.subarray(start, payloadStart)), sample.header);
    assert(cipher.open(buffer, start, payloadStart, end, 0, packetNumber));
    assert.deepEqual(buffer.subarray(payloadStart, end - 16), payload);
  });
  assert(buffer.subarray(0, start).every((byte) => byte === 0xee));
  assert(buffer.subarray(end).every((byte) => byte === 0xee));
}
