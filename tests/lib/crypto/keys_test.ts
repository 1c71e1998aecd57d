import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import fc from "fast-check";
import { fromHex, toHex } from "../../../lib/base/bytes.ts";
import { chooseBackend } from "../../../lib/crypto/choose.ts";
import { hkdfExpand, hkdfExpandLabel, hkdfExtract, hkdfLabel } from "../../../lib/crypto/hkdf.ts";
import { AeadUsage } from "../../../lib/crypto/limits.ts";
import { CIPHER_SUITES, cipherSuite } from "../../../lib/crypto/suites.ts";
import { run } from "../../support/command.ts";
import { requires } from "../../support/requires.ts";

Deno.test("hkdfExtract() and hkdfExpand() give the values of RFC 5869 A.1", () => {
  const key = hkdfExtract("sha256", fromHex("000102030405060708090a0b0c"), fromHex("0b".repeat(22)));
  assert.equal(toHex(key), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  assert.equal(
    toHex(hkdfExpand("sha256", key, fromHex("f0f1f2f3f4f5f6f7f8f9"), 42)),
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  );
});

Deno.test("HKDF agrees with node:crypto at every length", () => {
  fc.assert(fc.property(
    fc.constantFrom("sha256" as const, "sha384" as const),
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.nat(200),
    (hash, salt, material, info, length) => {
      const expected = new Uint8Array(hkdfSync(hash, material, salt, info, length + 1));
      assert.deepEqual(hkdfExpand(hash, hkdfExtract(hash, salt, material), info, length + 1), expected);
    },
  ));
});

Deno.test("hkdfExpand() and hkdfLabel() refuse what cannot be written", () => {
  const key = new Uint8Array(32);
  for (const length of [-1, 0.5, 255 * 32 + 1, NaN]) {
    assert.throws(() => hkdfExpand("sha256", key, key, length), { code: "ERR_INVALID_VALUE" });
  }
  assert.equal(hkdfExpand("sha256", key, key, 0).length, 0);
  assert.equal(hkdfExpand("sha256", key, key, 255 * 32).length, 255 * 32);
  assert.throws(() => hkdfLabel(32, "x".repeat(250)), { code: "ERR_INVALID_VALUE" });
  assert.throws(() => hkdfExpandLabel("sha256", key, "x", new Uint8Array(256), 32), {
    code: "ERR_INVALID_VALUE",
  });
});

Deno.test("hkdfLabel() writes length, label and context", () => {
  assert.equal(
    toHex(hkdfLabel(0x0130, "x", fromHex("abcd"))),
    "0130 07 746c73313320 78 02 abcd".replaceAll(" ", ""),
  );
});

Deno.test("cipherSuite() knows the suites of QUIC and no others", () => {
  for (const suite of CIPHER_SUITES) assert.equal(cipherSuite(suite.code), suite);
  // RFC 9001 5.3: TLS_AES_128_CCM_8_SHA256 is not used
  assert.equal(cipherSuite(0x1305), undefined);
  assert.equal(cipherSuite(0x1304), undefined);
});

Deno.test("AeadUsage asks for a key update in time, and stops at the limit (RFC 9001 6.6)", () => {
  const usage = new AeadUsage({ confidentialityLimit: 16, integrityLimit: 3 });
  const verdicts = Array.from({ length: 18 }, () => {
    const verdict = usage.verdict;
    usage.countSealed();
    return verdict;
  });
  assert.deepEqual(verdicts, [...Array(14).fill("ok"), "update", "update", "stop", "stop"]);
  usage.startKey();
  assert.equal(usage.verdict, "ok");
  assert.equal(usage.sealed, 0);
});

Deno.test("AeadUsage counts forged packets over all keys of a connection", () => {
  const usage = new AeadUsage({ confidentialityLimit: 16, integrityLimit: 3 });
  for (let count = 1; count <= 4; count++) {
    usage.countForged();
    usage.startKey();
    assert.equal(usage.integrityLost, count > 3);
  }
  assert.equal(usage.forged, 4);
});

Deno.test("AeadUsage never asks for an update with ChaCha20-Poly1305", () => {
  const usage = new AeadUsage(CIPHER_SUITES[2]!);
  usage.countSealed();
  assert.equal(usage.verdict, "ok");
});

Deno.test({
  name: "chooseBackend() takes libcrypto where it is",
  ...requires("libcrypto"),
  fn: () => {
    const { backend, reason } = chooseBackend();
    assert.equal(backend.name, "libcrypto");
    assert.equal(reason, null);
  },
});

Deno.test("chooseBackend() takes node:crypto without the permission for FFI, and says so", async () => {
  const script = new URL("./print_backend.ts", import.meta.url).pathname;
  const { stdout, stderr } = await run([Deno.execPath(), "run", "--quiet", "--no-prompt", script]);
  assert.equal(stderr, "");
  const reason = Deno.build.os === "linux"
    ? "libcrypto needs --allow-ffi"
    : "libcrypto is used on Linux only";
  assert.deepEqual(JSON.parse(stdout), { name: "node:crypto", reason, packetEnd: 24 });
});
