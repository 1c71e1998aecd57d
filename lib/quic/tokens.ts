import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { MptError } from "../base/errors.ts";
import type { Ip } from "../base/ip.ts";
import { hkdfExpand } from "../crypto/hkdf.ts";
import { NODE_CRYPTO } from "../crypto/node_crypto.ts";
import { AES_128_GCM_SHA256, IV_BYTES, TAG_BYTES } from "../crypto/suites.ts";
import { UsedTokens } from "./used_tokens.ts";
import { ConnectionId, MAX_CONNECTION_ID_BYTES } from "./wire/connection_id.ts";
import { RESET_TOKEN_BYTES } from "./wire/frames.ts";

/** How many bytes a {@linkcode TokenKey} is made from at least. */
export const TOKEN_KEY_BYTES = 32;

/** RFC 9000 8.1.3: a Retry token is used at once. */
const RETRY_LIFETIME_US = 15e6;

/** RFC 9000 8.1.3: a token for later has to expire as well. */
const LATER_LIFETIME_US = 24 * 3600e6;

/** RFC 9000 8.1.1: the first byte tells what a token was for. */
const RETRY = 0x52;
const LATER = 0x4e;

const NONCE_BYTES = 16;
const TIME_BYTES = 8;

/** Kind, nonce, time and tag. */
const LATER_BYTES = 1 + NONCE_BYTES + TIME_BYTES + TAG_BYTES;
const RETRY_MIN_BYTES = LATER_BYTES + 1;
const RETRY_MAX_BYTES = RETRY_MIN_BYTES + MAX_CONNECTION_ID_BYTES;

/** The address that a client sends from. */
export interface ClientAddress {
  readonly ip: Ip;
  readonly port: number;
}

/**
 * What the token of an Initial packet proves. `retry` and `later`: the address of the client; `bad-retry`: it
 * says that it came from a Retry packet, but is not valid for this client, so that the connection is to be
 * refused with INVALID_TOKEN (RFC 9000 8.1.2); `nothing`: it is as if there were none (8.1.3).
 */
export type TokenVerdict =
  | { readonly kind: "retry"; readonly originalDestination: ConnectionId }
  | { readonly kind: "later" | "bad-retry" | "nothing" };

const NOTHING: TokenVerdict = { kind: "nothing" };
const BAD_RETRY: TokenVerdict = { kind: "bad-retry" };
const LATER_VALID: TokenVerdict = { kind: "later" };

/**
 * The secret of a server from which it makes what clients give back without the server remembering it:
 * tokens of Retry packets and NEW_TOKEN frames (RFC 9000 8.1), and stateless reset tokens (10.3.2). The
 * same secret makes the same reset tokens, after a restart too. Pure: times go in, in microseconds.
 *
 *     Token {
 *       Kind (8),
 *       Nonce (128),               the key and IV of what follows come from it
 *       Issued At (64),            encrypted from here on; microseconds
 *       [ Length (8), Original Destination Connection ID (0..160) ]      Retry only
 *       Tag (128),                 covers the client's address, too; for Retry its port, and the new id
 *     }
 */
export class TokenKey {
  readonly #random: (length: number) => Uint8Array;
  readonly #tokenKey: Uint8Array;
  readonly #resetKey: Uint8Array;
  readonly #used = new UsedTokens();

  /**
   * @param secret 32 bytes or more that nobody else knows.
   * @param random Gives so many random bytes.
   * @throws {MptError} `ERR_INVALID_VALUE` for a secret that is too short.
   */
  constructor(secret: Uint8Array, random: (length: number) => Uint8Array) {
    if (secret.length < TOKEN_KEY_BYTES) {
      throw new MptError("ERR_INVALID_VALUE", `Cannot make tokens from a secret of ${secret.length} bytes`, {
        fix: `use ${TOKEN_KEY_BYTES} random bytes`,
      });
    }
    const encoder = new TextEncoder();
    this.#random = random;
    this.#tokenKey = hkdfExpand("sha256", secret, encoder.encode("address validation"), TOKEN_KEY_BYTES);
    this.#resetKey = hkdfExpand("sha256", secret, encoder.encode("stateless reset"), TOKEN_KEY_BYTES);
  }

  /**
   * The token of a Retry packet.
   *
   * @param client Where the Initial packet came from.
   * @param originalDestination Its destination connection id, a transport parameter later on.
   * @param retrySource The source connection id of the Retry packet, which the client has to send to.
   */
  retryToken(
    client: ClientAddress,
    originalDestination: ConnectionId,
    retrySource: ConnectionId,
    nowUs: number,
  ): Uint8Array<ArrayBuffer> {
    const payload = timeWriter(nowUs);
    payload.u8(originalDestination.length);
    payload.bytes(originalDestination.toBytes());
    return this.#seal(RETRY, retryContext(client, retrySource), payload.finish());
  }

  /** A token for a NEW_TOKEN frame: never the same twice, and good for one connection from this address. */
  laterToken(client: Ip, nowUs: number): Uint8Array<ArrayBuffer> {
    return this.#seal(LATER, laterContext(client), timeWriter(nowUs).finish());
  }

  /**
   * Checks the token of an Initial packet that belongs to no connection yet. A token for later is used up.
   *
   * @param token What the packet has, as long as it may be.
   * @param client Where it came from.
   * @param destination Its destination connection id.
   */
  check(token: Uint8Array, client: ClientAddress, destination: ConnectionId, nowUs: number): TokenVerdict {
    if (token[0] === RETRY && token.length >= RETRY_MIN_BYTES && token.length <= RETRY_MAX_BYTES) {
      const payload = this.#open(token, retryContext(client, destination));
      if (payload === null || !isValidAt(payload, nowUs, RETRY_LIFETIME_US)) return BAD_RETRY;
      const id = payload.bytes(payload.u8());
      return { kind: "retry", originalDestination: ConnectionId.from(id) };
    }
    if (token[0] !== LATER || token.length !== LATER_BYTES) return NOTHING;
    const payload = this.#open(token, laterContext(client.ip));
    if (payload === null || !isValidAt(payload, nowUs, LATER_LIFETIME_US)) return NOTHING;
    // RFC 9000 8.1.4: not to be accepted several times
    return this.#used.add(token.subarray(1, 1 + NONCE_BYTES)) ? LATER_VALID : NOTHING;
  }

  /** The stateless reset token of a connection id that we issued; 16 bytes (RFC 9000 10.3.2). */
  resetToken(connectionId: ConnectionId): Uint8Array<ArrayBuffer> {
    return hkdfExpand("sha256", this.#resetKey, connectionId.toBytes(), RESET_TOKEN_BYTES);
  }

  #seal(kind: number, context: Uint8Array, payload: Uint8Array): Uint8Array<ArrayBuffer> {
    const nonce = this.#random(NONCE_BYTES);
    const payloadStart = context.length + 1 + NONCE_BYTES;
    const buffer = new Uint8Array(payloadStart + payload.length + TAG_BYTES);
    buffer.set(context);
    buffer[context.length] = kind;
    buffer.set(nonce, context.length + 1);
    buffer.set(payload, payloadStart);
    this.#withCipher(
      nonce,
      (cipher) => cipher.seal(buffer, 0, payloadStart, payloadStart + payload.length, 0, 0),
    );
    return buffer.slice(context.length);
  }

  #open(token: Uint8Array, context: Uint8Array): ByteReader | null {
    const payloadStart = context.length + 1 + NONCE_BYTES;
    const buffer = new Uint8Array(context.length + token.length);
    buffer.set(context);
    buffer.set(token, context.length);
    const nonce = token.subarray(1, 1 + NONCE_BYTES);
    const isAuthentic = this.#withCipher(
      nonce,
      (cipher) => cipher.open(buffer, 0, payloadStart, buffer.length, 0, 0),
    );
    return isAuthentic ? new ByteReader(buffer.subarray(payloadStart, buffer.length - TAG_BYTES)) : null;
  }

  /** Each token has a key of its own, so that no number of tokens comes near the limits of the AEAD. */
  #withCipher<Result>(
    nonce: Uint8Array,
    use: (cipher: ReturnType<typeof NODE_CRYPTO.packetCipher>) => Result,
  ): Result {
    const { keyBytes } = AES_128_GCM_SHA256;
    const material = hkdfExpand("sha256", this.#tokenKey, nonce, keyBytes + IV_BYTES);
    const keys = { key: material.slice(0, keyBytes), iv: material.slice(keyBytes) };
    const cipher = NODE_CRYPTO.packetCipher(AES_128_GCM_SHA256, keys);
    try {
      return use(cipher);
    } finally {
      cipher.close();
    }
  }
}

/** RFC 9000 8.1.4: the address and port remain constant during a handshake. */
function retryContext({ ip, port }: ClientAddress, retrySource: ConnectionId): Uint8Array {
  const writer = new ByteWriter();
  writer.bytes(laterContext(ip));
  writer.u16(port);
  writer.u8(retrySource.length);
  writer.bytes(retrySource.toBytes());
  return writer.finish();
}

/** RFC 9000 8.1.3, 8.1.4: the address only, since the port is another one next time. */
function laterContext({ family, bytes }: Ip): Uint8Array {
  return Uint8Array.of(family, ...bytes);
}

function timeWriter(nowUs: number): ByteWriter {
  const writer = new ByteWriter();
  writer.u32(Math.floor(nowUs / 2 ** 32));
  writer.u32(Math.floor(nowUs) % 2 ** 32);
  return writer;
}

function isValidAt(payload: ByteReader, nowUs: number, lifetimeUs: number): boolean {
  const issuedAtUs = payload.u32() * 2 ** 32 + payload.u32();
  return issuedAtUs <= nowUs && nowUs < issuedAtUs + lifetimeUs;
}
