import { type CipherName, cipherOf, libcrypto } from "./libcrypto.ts";
import { pointersInto, pointerTo } from "./pointers.ts";

/** `EVP_CTRL_AEAD_GET_TAG` and `EVP_CTRL_AEAD_SET_TAG` of openssl/evp.h. */
const GET_TAG = 0x10;
const SET_TAG = 0x11;

const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const BLOCK_BYTES = 16;

// Where libcrypto writes the length of its output, which packet protection knows beforehand.
const outputLength = new Uint8Array(4);
let outputLengthPointer: Deno.PointerObject | undefined;

const abandoned = new FinalizationRegistry<Deno.PointerObject>((context) => {
  libcrypto().EVP_CIPHER_CTX_free(context);
});

/** One `EVP_CIPHER_CTX`. It is freed with {@linkcode CipherContext.free}, at the latest with this object. */
class CipherContext {
  #context: Deno.PointerObject | null;

  constructor(name: CipherName, key: Uint8Array<ArrayBuffer>) {
    outputLengthPointer ??= pointerTo(outputLength);
    const lib = libcrypto();
    const context = lib.EVP_CIPHER_CTX_new();
    if (context === null) throw new Error("Cannot make a cipher context: out of memory");
    this.#context = context;
    abandoned.register(this, context, this);
    if (lib.EVP_EncryptInit_ex(context, cipherOf(name), null, pointerTo(key), null) !== 1) {
      lib.ERR_clear_error();
      throw new Error(`Cannot set the key of ${name}`);
    }
  }

  /** The context; a plain Error after it was freed, since C would read freed memory. */
  protected get context(): Deno.PointerObject {
    if (this.#context === null) throw new Error("Cannot use a cipher: it was freed");
    return this.#context;
  }

  /** Frees the context and the key in it. */
  free(): void {
    if (this.#context === null) return;
    abandoned.unregister(this);
    libcrypto().EVP_CIPHER_CTX_free(this.#context);
    this.#context = null;
  }
}

/** An AEAD with a key: 12-byte nonce, 16-byte tag, in place in a buffer. */
export class AeadContext extends CipherContext {
  /** The nonce of the next call, to be filled in before it. */
  readonly nonce: Uint8Array<ArrayBuffer> = new Uint8Array(NONCE_BYTES);
  readonly #noncePointer: Deno.PointerObject = pointerTo(this.nonce);

  constructor(
    name: "AES-128-GCM" | "AES-256-GCM" | "ChaCha20-Poly1305",
    key: Uint8Array<ArrayBuffer>,
  ) {
    super(name, key);
  }

  /**
   * Encrypts `[textStart, textEnd)`, authenticates `[dataStart, textStart)` with it and writes the tag at
   * `textEnd`. The caller has checked that the buffer reaches that far.
   */
  seal(buffer: Uint8Array<ArrayBuffer>, dataStart: number, textStart: number, textEnd: number): boolean {
    const lib = libcrypto();
    const context = this.context;
    const pointers = pointersInto(buffer);
    const text = pointers.at(textStart);
    const length = outputLengthPointer!;
    const sealed = lib.EVP_EncryptInit_ex(context, null, null, null, this.#noncePointer) === 1 &&
      lib.EVP_EncryptUpdate(context, null, length, pointers.at(dataStart), textStart - dataStart) === 1 &&
      lib.EVP_EncryptUpdate(context, text, length, text, textEnd - textStart) === 1 &&
      lib.EVP_EncryptFinal_ex(context, length, length) === 1 &&
      lib.EVP_CIPHER_CTX_ctrl(context, GET_TAG, TAG_BYTES, pointers.at(textEnd)) === 1;
    if (!sealed) lib.ERR_clear_error();
    return sealed;
  }

  /**
   * Decrypts `[textStart, textEnd)` if it and `[dataStart, textStart)` match the tag at `textEnd`; else the
   * text is spoilt. The caller has checked that the buffer reaches that far.
   */
  open(buffer: Uint8Array<ArrayBuffer>, dataStart: number, textStart: number, textEnd: number): boolean {
    const lib = libcrypto();
    const context = this.context;
    const pointers = pointersInto(buffer);
    const text = pointers.at(textStart);
    const length = outputLengthPointer!;
    const opened = lib.EVP_DecryptInit_ex(context, null, null, null, this.#noncePointer) === 1 &&
      lib.EVP_DecryptUpdate(context, null, length, pointers.at(dataStart), textStart - dataStart) === 1 &&
      lib.EVP_DecryptUpdate(context, text, length, text, textEnd - textStart) === 1 &&
      lib.EVP_CIPHER_CTX_ctrl(context, SET_TAG, TAG_BYTES, pointers.at(textEnd)) === 1 &&
      lib.EVP_DecryptFinal_ex(context, length, length) === 1;
    // The error queue of the thread would grow with every forged packet.
    if (!opened) lib.ERR_clear_error();
    return opened;
  }
}

/** A block cipher or stream cipher that turns samples of 16 bytes into masks of 16 bytes. */
export class MaskContext extends CipherContext {
  readonly #stream: boolean;

  constructor(name: "AES-128-ECB" | "AES-256-ECB" | "ChaCha20", key: Uint8Array<ArrayBuffer>) {
    super(name, key);
    this.#stream = name === "ChaCha20";
    libcrypto().EVP_CIPHER_CTX_set_padding(this.context, 0);
  }

  /**
   * Makes `count` masks. With ChaCha20 the sample is the block counter and the nonce, and the mask is what
   * becomes of zeros. The caller has checked that both buffers are so long.
   */
  run(samples: Uint8Array<ArrayBuffer>, masks: Uint8Array<ArrayBuffer>, count: number): boolean {
    const lib = libcrypto();
    const context = this.context;
    const from = pointersInto(samples);
    const to = pointersInto(masks);
    const length = outputLengthPointer!;
    if (!this.#stream) {
      return lib.EVP_EncryptUpdate(context, to.at(0), length, from.at(0), count * BLOCK_BYTES) === 1;
    }
    masks.fill(0, 0, count * BLOCK_BYTES);
    for (let at = 0; at < count * BLOCK_BYTES; at += BLOCK_BYTES) {
      const mask = to.at(at);
      if (lib.EVP_EncryptInit_ex(context, null, null, null, from.at(at)) !== 1) return false;
      if (lib.EVP_EncryptUpdate(context, mask, length, mask, BLOCK_BYTES) !== 1) return false;
    }
    return true;
  }
}
