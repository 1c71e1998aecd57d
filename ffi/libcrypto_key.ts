import { addressOf } from "./datagram_memory.ts";
import { type DigestName, digestOf } from "./digest.ts";
import { libcrypto } from "./libcrypto.ts";

/** The longest signature that is made here: ECDSA with P-521. */
const MAX_SIGNATURE_BYTES = 144;

const abandoned = new FinalizationRegistry<Deno.PointerObject>((key) => libcrypto().EVP_PKEY_free(key));

/** An ECDSA key of libcrypto (`EVP_PKEY`), which is freed with this object. */
export class LibCryptoKey {
  readonly #key: Deno.PointerObject;

  private constructor(key: Deno.PointerObject) {
    this.#key = key;
    abandoned.register(this, key);
  }

  /** A private key from PKCS #8 in DER; null if libcrypto cannot read it. */
  static fromPrivate(der: Uint8Array<ArrayBuffer>): LibCryptoKey | null {
    return LibCryptoKey.#read("d2i_AutoPrivateKey", der);
  }

  /** A public key from a SubjectPublicKeyInfo in DER; null if libcrypto cannot read it. */
  static fromPublic(der: Uint8Array<ArrayBuffer>): LibCryptoKey | null {
    return LibCryptoKey.#read("d2i_PUBKEY", der);
  }

  /** Signs data with the private key; null if that is impossible. */
  sign(hash: DigestName, data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
    const lib = libcrypto();
    const signature = new Uint8Array(MAX_SIGNATURE_BYTES);
    // A size_t: before the call the room that there is, after it what was used
    const length = Uint32Array.of(MAX_SIGNATURE_BYTES, 0);
    const signed = withDigestContext((context) =>
      lib.EVP_DigestSignInit(context, null, digestOf(hash), null, this.#key) === 1 &&
      lib.EVP_DigestSign(context, signature, length, data, data.length) === 1
    );
    return signed ? signature.slice(0, length[0]) : null;
  }

  /** Whether a signature of data was made with the private key to this public one. */
  verify(hash: DigestName, data: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): boolean {
    const lib = libcrypto();
    return withDigestContext((context) =>
      lib.EVP_DigestVerifyInit(context, null, digestOf(hash), null, this.#key) === 1 &&
      lib.EVP_DigestVerify(context, signature, signature.length, data, data.length) === 1
    );
  }

  static #read(how: "d2i_AutoPrivateKey" | "d2i_PUBKEY", der: Uint8Array<ArrayBuffer>): LibCryptoKey | null {
    if (der.length === 0) return null;
    const lib = libcrypto();
    // `const unsigned char **`: libcrypto moves the address that it finds there
    const place = BigUint64Array.of(BigInt(addressOf(der)));
    const key = lib[how](null, place, der.length);
    if (key === null) lib.ERR_clear_error();
    return key === null ? null : new LibCryptoKey(key);
  }
}

/** Does something with an `EVP_MD_CTX`; false if it failed, without a trace in the thread's error queue. */
function withDigestContext(use: (context: Deno.PointerObject) => boolean): boolean {
  const lib = libcrypto();
  const context = lib.EVP_MD_CTX_new();
  if (context === null) throw new Error("Cannot make a digest context: out of memory");
  try {
    const done = use(context);
    if (!done) lib.ERR_clear_error();
    return done;
  } finally {
    lib.EVP_MD_CTX_free(context);
  }
}
