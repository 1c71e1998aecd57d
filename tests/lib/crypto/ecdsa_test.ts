import assert from "node:assert/strict";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import fc from "fast-check";
import { ecdsaSign, ecdsaVerify } from "../../../lib/crypto/ecdsa.ts";

const CURVES = [["prime256v1", "sha256"], ["secp384r1", "sha384"]] as const;

for (const [namedCurve, hash] of CURVES) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
  const data = fc.uint8Array({ minLength: 1, maxLength: 200 });

  Deno.test(`node:crypto verifies what ecdsaSign() signs with ${namedCurve}, and the other way round`, () => {
    fc.assert(
      fc.property(data, (bytes) => {
        assert(verify(hash, bytes, publicKey, ecdsaSign(hash, privateKey, Uint8Array.from(bytes))));
        assert(ecdsaVerify(hash, publicKey, Uint8Array.from(bytes), sign(hash, bytes, privateKey)));
      }),
      { numRuns: 30 },
    );
  });

  Deno.test(`ecdsaVerify() refuses a signature with ${namedCurve} of other data, by another key, or that is none`, () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const signature = ecdsaSign(hash, privateKey, bytes);
    assert(ecdsaVerify(hash, publicKey, bytes, signature));
    assert(!ecdsaVerify(hash, publicKey, Uint8Array.of(1, 2, 4), signature));
    assert(!ecdsaVerify(hash, generateKeyPairSync("ec", { namedCurve }).publicKey, bytes, signature));
    for (let end = 0; end < signature.length; end++) {
      assert(!ecdsaVerify(hash, publicKey, bytes, signature.subarray(0, end)), `the first ${end} bytes`);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
        assert(!ecdsaVerify(hash, publicKey, bytes, noise));
      }),
      { numRuns: 50 },
    );
  });
}
