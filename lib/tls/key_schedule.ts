import { createHash, type Hash, timingSafeEqual } from "node:crypto";
import { HASH_BYTES, type HashName, hkdfExpandLabel, hkdfExtract, hmac } from "../crypto/hkdf.ts";
import type { CipherSuite } from "../crypto/suites.ts";
import { MESSAGE } from "./code_points.ts";
import { handshakeMessage } from "./handshake_reader.ts";

const EMPTY = new Uint8Array(0);

/** The secrets of both directions at one level. */
export interface TrafficSecrets {
  readonly client: Uint8Array<ArrayBuffer>;
  readonly server: Uint8Array<ArrayBuffer>;
}

/** The hash over all handshake messages (RFC 9846 4.1). */
export class Transcript {
  readonly #suite: CipherSuite;
  readonly #hash: Hash;

  /** @param firstHello A ClientHello with its header. */
  constructor(suite: CipherSuite, firstHello: Uint8Array) {
    this.#suite = suite;
    this.#hash = createHash(suite.hash).update(firstHello);
  }

  /** RFC 9846 4.1: after a HelloRetryRequest a hash stands for the first ClientHello. */
  static afterRetry(suite: CipherSuite, firstHello: Uint8Array, retry: Uint8Array): Transcript {
    const hash = createHash(suite.hash).update(firstHello).digest();
    const transcript = new Transcript(suite, handshakeMessage(MESSAGE.messageHash, hash));
    transcript.add(retry);
    return transcript;
  }

  /** Adds a message with its header. */
  add(message: Uint8Array): void {
    this.#hash.update(message);
  }

  /** The hash over what was added so far. */
  digest(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#hash.copy().digest());
  }

  /** The suite whose hash this is. */
  get suite(): CipherSuite {
    return this.#suite;
  }
}

/** The key schedule of a handshake without pre-shared key (RFC 9846 7.1). */
export class KeySchedule {
  readonly #suite: CipherSuite;
  readonly #handshakeSecret: Uint8Array;

  /** @param sharedSecret What the key exchange gave. */
  constructor(suite: CipherSuite, sharedSecret: Uint8Array) {
    this.#suite = suite;
    this.#handshakeSecret = hkdfExtract(suite.hash, constantsOf(suite.hash).salt, sharedSecret);
  }

  /** @param transcript Up to the ServerHello. */
  handshakeSecrets(transcript: Transcript): TrafficSecrets {
    const hash = transcript.digest();
    return {
      client: this.#derive(this.#handshakeSecret, "c hs traffic", hash),
      server: this.#derive(this.#handshakeSecret, "s hs traffic", hash),
    };
  }

  /** @param transcript Up to the server's Finished. */
  applicationSecrets(transcript: Transcript): TrafficSecrets {
    const zeros = new Uint8Array(HASH_BYTES[this.#suite.hash]);
    const salt = this.#derive(this.#handshakeSecret, "derived", constantsOf(this.#suite.hash).emptyHash);
    const master = hkdfExtract(this.#suite.hash, salt, zeros);
    const hash = transcript.digest();
    return {
      client: this.#derive(master, "c ap traffic", hash),
      server: this.#derive(master, "s ap traffic", hash),
    };
  }

  #derive(secret: Uint8Array, label: string, hash: Uint8Array): Uint8Array<ArrayBuffer> {
    return hkdfExpandLabel(this.#suite.hash, secret, label, hash, HASH_BYTES[this.#suite.hash]);
  }
}

/** What is the same in all handshakes without pre-shared key. */
interface Constants {
  /** The hash of nothing. */
  readonly emptyHash: Uint8Array;
  /** What follows from the Early Secret of zeros: the salt of the Handshake Secret. */
  readonly salt: Uint8Array;
}

const constants = new Map<HashName, Constants>();

function constantsOf(hash: HashName): Constants {
  let found = constants.get(hash);
  if (found === undefined) {
    const bytes = HASH_BYTES[hash];
    const zeros = new Uint8Array(bytes);
    const emptyHash = new Uint8Array(createHash(hash).digest());
    const early = hkdfExtract(hash, zeros, zeros);
    found = { emptyHash, salt: hkdfExpandLabel(hash, early, "derived", emptyHash, bytes) };
    constants.set(hash, found);
  }
  return found;
}

/**
 * What a Finished message says (RFC 9846 4.5.3).
 *
 * @param secret The sender's handshake secret.
 * @param transcript All messages before it.
 */
export function finishedData(secret: Uint8Array, transcript: Transcript): Uint8Array<ArrayBuffer> {
  const { hash } = transcript.suite;
  const key = hkdfExpandLabel(hash, secret, "finished", EMPTY, HASH_BYTES[hash]);
  return hmac(hash, key, transcript.digest());
}

/** Whether a Finished message is what it must be, in constant time. */
export function finishedMatches(expected: Uint8Array, got: Uint8Array): boolean {
  return expected.length === got.length && timingSafeEqual(expected, got);
}
