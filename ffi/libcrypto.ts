import { cString } from "./library.ts";

/** The functions of OpenSSL 3 that are called here. Lengths are C ints; a `size_t` is passed as 32 bits of it. */
const SYMBOLS = {
  OPENSSL_version_major: { parameters: [], result: "u32" },
  OPENSSL_init_crypto: { parameters: ["u64", "pointer"], result: "i32" },
  EVP_CIPHER_fetch: { parameters: ["pointer", "buffer", "pointer"], result: "pointer" },
  EVP_CIPHER_CTX_new: { parameters: [], result: "pointer" },
  EVP_CIPHER_CTX_free: { parameters: ["pointer"], result: "void" },
  EVP_CIPHER_CTX_set_padding: { parameters: ["pointer", "i32"], result: "i32" },
  EVP_CIPHER_CTX_ctrl: { parameters: ["pointer", "i32", "i32", "pointer"], result: "i32" },
  EVP_EncryptInit_ex: { parameters: ["pointer", "pointer", "pointer", "pointer", "pointer"], result: "i32" },
  EVP_EncryptUpdate: { parameters: ["pointer", "pointer", "pointer", "pointer", "i32"], result: "i32" },
  EVP_EncryptFinal_ex: { parameters: ["pointer", "pointer", "pointer"], result: "i32" },
  EVP_DecryptInit_ex: { parameters: ["pointer", "pointer", "pointer", "pointer", "pointer"], result: "i32" },
  EVP_DecryptUpdate: { parameters: ["pointer", "pointer", "pointer", "pointer", "i32"], result: "i32" },
  EVP_DecryptFinal_ex: { parameters: ["pointer", "pointer", "pointer"], result: "i32" },
  EVP_sha256: { parameters: [], result: "pointer" },
  EVP_sha384: { parameters: [], result: "pointer" },
  HMAC: {
    parameters: ["pointer", "buffer", "i32", "buffer", "u32", "buffer", "pointer"],
    result: "pointer",
  },
  d2i_AutoPrivateKey: { parameters: ["pointer", "buffer", "u32"], result: "pointer" },
  d2i_PUBKEY: { parameters: ["pointer", "buffer", "u32"], result: "pointer" },
  EVP_PKEY_free: { parameters: ["pointer"], result: "void" },
  EVP_MD_CTX_new: { parameters: [], result: "pointer" },
  EVP_MD_CTX_free: { parameters: ["pointer"], result: "void" },
  EVP_DigestSignInit: { parameters: ["pointer", "pointer", "pointer", "pointer", "pointer"], result: "i32" },
  EVP_DigestSign: { parameters: ["pointer", "buffer", "buffer", "buffer", "u32"], result: "i32" },
  EVP_DigestVerifyInit: {
    parameters: ["pointer", "pointer", "pointer", "pointer", "pointer"],
    result: "i32",
  },
  EVP_DigestVerify: { parameters: ["pointer", "buffer", "u32", "buffer", "u32"], result: "i32" },
  ERR_clear_error: { parameters: [], result: "void" },
} as const;

/**
 * `OPENSSL_INIT_NO_ATEXIT` of openssl/crypto.h. Else libcrypto frees what it holds when the program exits,
 * which a worker that ends at the same moment frees as well.
 */
const INIT_NO_ATEXIT = 0x00080000n;

/** The opened libcrypto, its functions typed. */
export type LibCrypto = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Why libcrypto cannot be used here. */
export type LibCryptoProblem = "not-linux" | "no-permission" | "no-library" | "no-cipher";

/** OpenSSL's names of the ciphers that packet protection needs. */
const CIPHERS = ["AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305", "AES-128-ECB", "AES-256-ECB", "ChaCha20"];

/** The name of a cipher of packet or header protection. */
export type CipherName =
  | "AES-128-GCM"
  | "AES-256-GCM"
  | "ChaCha20-Poly1305"
  | "AES-128-ECB"
  | "AES-256-ECB"
  | "ChaCha20";

interface Loaded {
  readonly symbols: LibCrypto;
  readonly ciphers: ReadonlyMap<string, Deno.PointerObject>;
}

let loaded: Loaded | undefined;
let problem: LibCryptoProblem | undefined;

/** Why libcrypto cannot be called, or null when it can. Never prompts and never throws. */
export function libcryptoProblem(): LibCryptoProblem | null {
  if (loaded !== undefined) return null;
  if (problem !== undefined) return problem;
  if (Deno.build.os !== "linux") return problem = "not-linux";
  // Not remembered: the permission may be granted later in the life of the program.
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return "no-permission";
  let symbols: LibCrypto;
  try {
    symbols = Deno.dlopen("libcrypto.so.3", SYMBOLS).symbols;
    if (symbols.OPENSSL_version_major() !== 3) return problem = "no-library";
    // Before anything else, which would start it with its usual settings
    if (symbols.OPENSSL_init_crypto(INIT_NO_ATEXIT, null) !== 1) return problem = "no-library";
  } catch {
    return problem = "no-library";
  }
  const ciphers = new Map<string, Deno.PointerObject>();
  for (const name of CIPHERS) {
    const cipher = symbols.EVP_CIPHER_fetch(null, cString(name), null);
    // A library in FIPS mode has no ChaCha20; half a backend would be a surprise in mid-connection.
    if (cipher === null) return problem = "no-cipher";
    ciphers.set(name, cipher);
  }
  loaded = { symbols, ciphers };
  return null;
}

/** libcrypto. Call {@linkcode libcryptoProblem} first; this throws a plain Error when there is one. */
export function libcrypto(): LibCrypto {
  return load().symbols;
}

/** The implementation of a cipher, looked up once. */
export function cipherOf(name: CipherName): Deno.PointerObject {
  return load().ciphers.get(name)!;
}

function load(): Loaded {
  if (loaded === undefined) {
    const reason = libcryptoProblem();
    if (reason !== null) throw new Error(`Cannot call libcrypto: ${reason}`);
  }
  return loaded!;
}
