import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { connect, listen } from "../../../../lib/quic/mod.ts";
import { requires } from "../../../support/requires.ts";
import "../../../support/open_libc.ts";

async function agreedSuite(cryptoBackend: "libcrypto" | "node:crypto"): Promise<string | null> {
  const address = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });
  await using listener = await listen(address, { alpn: ["suite"], cryptoBackend });
  const accepted = listener.accept();
  await using client = await connect(listener.local, {
    alpn: ["suite"],
    pins: [listener.pin],
    cryptoBackend,
  });
  await using _server = (await accepted)!;
  return client.handshake.cipherSuite;
}

Deno.test("both ends without libcrypto agree on ChaCha20, which is the fastest there", async () => {
  assert.equal(await agreedSuite("node:crypto"), "TLS_CHACHA20_POLY1305_SHA256");
});

Deno.test({
  name: "both ends with libcrypto agree on AES",
  ...requires("libcrypto"),
  async fn() {
    assert.equal(await agreedSuite("libcrypto"), "TLS_AES_128_GCM_SHA256");
  },
});
