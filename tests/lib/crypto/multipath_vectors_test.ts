import assert from "node:assert/strict";
import { fromHex, toHex } from "../../../lib/base/bytes.ts";
import { HeaderProtection } from "../../../lib/crypto/header_protection.ts";
import { nextSecret } from "../../../lib/crypto/key_update.ts";
import { writeNonce } from "../../../lib/crypto/nonce.ts";
import { derivePacketKeys } from "../../../lib/crypto/packet_keys.ts";
import { AES_128_GCM_SHA256 } from "../../../lib/crypto/suites.ts";
import { MULTIPATH_VECTORS as vectors } from "../../support/multipath_quic_vectors.ts";
import { testBackends, withHeaderCipher, withPacketCipher } from "./backends.ts";

const suite = AES_128_GCM_SHA256;
const secret = fromHex(vectors.keys.secret);
const keys = derivePacketKeys(suite, secret, 1);

Deno.test("the nonce has the path id in front, as in draft-ietf-quic-multipath-21 2.4", () => {
  const { iv, path_id, pn, nonce } = vectors.draft_example;
  const written = new Uint8Array(12);
  writeNonce(written, fromHex(iv), path_id, pn);
  assert.equal(toHex(written), nonce);
});

Deno.test("the keys and the next secret are those of another implementation", () => {
  assert.equal(toHex(keys.key), vectors.keys.key);
  assert.equal(toHex(keys.iv), vectors.keys.iv);
  assert.equal(toHex(keys.headerKey), vectors.keys.hp);
  assert.equal(toHex(nextSecret(suite, secret, 1)), vectors.keys.ku);
});

testBackends("payloads on several paths are sealed as by another implementation", (backend) => {
  const data = fromHex(vectors.aead_common.aad);
  const text = fromHex(vectors.aead_common.pt);
  withPacketCipher(backend, suite, keys, (cipher) => {
    for (const { path_id, pn, nonce, ct_tag } of vectors.aead) {
      const written = new Uint8Array(12);
      writeNonce(written, keys.iv, path_id, pn);
      assert.equal(toHex(written), nonce);
      const buffer = new Uint8Array(data.length + text.length + 16);
      buffer.set(data);
      buffer.set(text, data.length);
      const end = cipher.seal(buffer, 0, data.length, data.length + text.length, path_id, pn);
      assert.equal(toHex(buffer.subarray(data.length, end)), ct_tag);
      const other = buffer.slice();
      assert(!cipher.open(other, 0, data.length, end, path_id ^ 1, pn), "on another path");
      assert(cipher.open(buffer, 0, data.length, end, path_id, pn));
      assert.deepEqual(buffer.subarray(data.length, end - 16), text);
    }
  });
});

testBackends("packets on several paths are those of another implementation, in one batch", (backend) => {
  withPacketCipher(backend, suite, keys, (cipher) => {
    withHeaderCipher(backend, suite, keys.headerKey, (headerCipher) => {
      const protection = new HeaderProtection(headerCipher);
      const packets = vectors.packets.map(({ path_id, pn, header, payload }) => {
        const buffer = new Uint8Array((header.length + payload.length) / 2 + 16);
        buffer.set(fromHex(header + payload));
        const payloadStart = header.length / 2;
        cipher.seal(buffer, 0, payloadStart, buffer.length - 16, path_id, pn);
        assert(protection.add(buffer, 0, payloadStart - 2, buffer.length));
        return buffer;
      });
      assert.equal(protection.pending, packets.length);
      protection.protect();
      assert.equal(protection.pending, 0);
      assert.deepEqual(packets.map((packet) => toHex(packet)), vectors.packets.map(({ packet }) => packet));
    });
  });
});
