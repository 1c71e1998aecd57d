// deno-lint-ignore-file no-console
/** Prints the packet protection in use with the permissions that it was given, and why, as JSON. */
import { chooseBackend } from "../../../lib/crypto/choose.ts";
import { AES_128_GCM_SHA256 } from "../../../lib/crypto/suites.ts";

if (import.meta.main) {
  const { backend, reason } = chooseBackend();
  const cipher = backend.packetCipher(AES_128_GCM_SHA256, {
    key: new Uint8Array(16),
    iv: new Uint8Array(12),
  });
  const packetEnd = cipher.seal(new Uint8Array(64), 0, 4, 8, 0, 0);
  cipher.close();
  console.log(JSON.stringify({ name: backend.name, reason, packetEnd }));
}
