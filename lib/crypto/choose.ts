import type { CryptoBackend } from "./aead.ts";
import { LIBCRYPTO, libcryptoReason } from "./libcrypto.ts";
import { NODE_CRYPTO } from "./node_crypto.ts";

/** The backend in use. */
export interface ChosenBackend {
  readonly backend: CryptoBackend;
  /** Why it is not the fastest one, in words; null when it is. */
  readonly reason: string | null;
}

/**
 * The fastest packet protection that works here: libcrypto through FFI, else node:crypto. Never prompts.
 *
 * @returns The backend, and what it would take to have a faster one.
 */
export function chooseBackend(): ChosenBackend {
  const reason = libcryptoReason();
  return { backend: reason === null ? LIBCRYPTO : NODE_CRYPTO, reason };
}
