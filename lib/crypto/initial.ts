import { hkdfExpandLabel, hkdfExtract } from "./hkdf.ts";
import { versionConstants } from "./version_constants.ts";

/** The secrets of the Initial packets of both sides. */
export interface InitialSecrets {
  readonly client: Uint8Array<ArrayBuffer>;
  readonly server: Uint8Array<ArrayBuffer>;
}

const NO_CONTEXT = new Uint8Array(0);

/**
 * RFC 9001 5.2: the secrets of Initial packets, which everybody on the path can derive. They go with
 * AES-128-GCM and SHA-256 whatever the cipher suite will be.
 *
 * @param connectionId The Destination Connection ID of the client's first Initial packet; after a Retry,
 * that of the first Initial packet after it.
 */
export function initialSecrets(version: number, connectionId: Uint8Array): InitialSecrets {
  const secret = hkdfExtract("sha256", versionConstants(version).initialSalt, connectionId);
  return {
    client: hkdfExpandLabel("sha256", secret, "client in", NO_CONTEXT, 32),
    server: hkdfExpandLabel("sha256", secret, "server in", NO_CONTEXT, 32),
  };
}
