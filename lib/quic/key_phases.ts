import type { CryptoBackend, PacketCipher } from "../crypto/aead.ts";
import { nextKeys, nextSecret } from "../crypto/key_update.ts";
import { AeadUsage, type SealVerdict } from "../crypto/limits.ts";
import { derivePacketKeys, type PacketKeys } from "../crypto/packet_keys.ts";
import type { CipherSuite } from "../crypto/suites.ts";
import { QUIC_ERROR } from "./wire/error_codes.ts";
import { QuicError } from "./wire/quic_error.ts";

/** How a packet could be opened; `update`: with the next keys, so that the peer has begun a key phase. */
export type OpenResult = "opened" | "update" | "failed";

/** One direction: the secret, the keys in use and those of the next phase. */
interface Direction {
  secret: Uint8Array<ArrayBuffer>;
  keys: PacketKeys;
  cipher: PacketCipher;
}

/**
 * The keys of 1-RTT packets through all key phases (RFC 9001 6). All paths share them; packet numbers are
 * told apart by path, as the nonce does. Pure: times go in, in microseconds.
 */
export class KeyPhases {
  readonly #backend: CryptoBackend;
  readonly #suite: CipherSuite;
  readonly #version: number;
  readonly #usage: AeadUsage;
  readonly #own: Direction;
  readonly #peer: Direction;
  #next: Direction;
  #previous: PacketCipher | undefined;
  #previousUntilUs = Infinity;
  #phase: 0 | 1 = 0;
  #updates = 0;
  /** The lowest number of a packet opened with the current keys, by path: lower ones are of the phase before. */
  readonly #firstOpened = new Map<number, number>();
  /** The first packet of ours in this phase, by path; one of them must be acknowledged before the next update. */
  readonly #firstSealed = new Map<number, number>();
  #acknowledged = false;
  #notBeforeUs = Infinity;

  /**
   * The keys after the handshake.
   *
   * @param ownSecret The application secret of this end.
   * @param peerSecret That of the other end.
   */
  constructor(
    backend: CryptoBackend,
    suite: CipherSuite,
    version: number,
    ownSecret: Uint8Array<ArrayBuffer>,
    peerSecret: Uint8Array<ArrayBuffer>,
  ) {
    this.#backend = backend;
    this.#suite = suite;
    this.#version = version;
    this.#usage = new AeadUsage(suite);
    this.#own = this.#direction(ownSecret);
    this.#peer = this.#direction(peerSecret);
    this.#next = this.#after(this.#peer);
  }

  /** The Key Phase bit of our packets. */
  get phase(): 0 | 1 {
    return this.#phase;
  }

  /** How many times the keys were changed. */
  get updates(): number {
    return this.#updates;
  }

  /** The header protection keys of both directions, which never change (RFC 9001 6.1). */
  get headerKeys(): { readonly own: PacketKeys; readonly peer: PacketKeys } {
    return { own: this.#own.keys, peer: this.#peer.keys };
  }

  /** When {@linkcode handleTimeout} has something to do; Infinity for never. */
  get timeoutUs(): number {
    return this.#previousUntilUs;
  }

  /** Whether the next packet may be sealed, and whether an update is due (RFC 9001 6.6). */
  get sealVerdict(): SealVerdict {
    return this.#usage.verdict;
  }

  /** Whether so many packets were forged that the connection has to close (RFC 9001 6.6). */
  get integrityLost(): boolean {
    return this.#usage.integrityLost;
  }

  /** Packets that failed authentication. */
  get forged(): number {
    return this.#usage.forged;
  }

  /** Seals a packet in place; its end with the tag. See {@linkcode PacketCipher.seal}. */
  seal(
    buffer: Uint8Array<ArrayBuffer>,
    headerStart: number,
    payloadStart: number,
    payloadEnd: number,
    pathId: number,
    packetNumber: number,
  ): number {
    if (!this.#firstSealed.has(pathId)) this.#firstSealed.set(pathId, packetNumber);
    this.#usage.countSealed();
    return this.#own.cipher.seal(buffer, headerStart, payloadStart, payloadEnd, pathId, packetNumber);
  }

  /**
   * Opens a packet in place, with the keys that its phase and number ask for (RFC 9001 6.3, 6.5).
   *
   * @param phase Its Key Phase bit.
   * @throws {QuicError} `KEY_UPDATE_ERROR` if the peer changed its keys when it may not.
   */
  open(
    buffer: Uint8Array<ArrayBuffer>,
    headerStart: number,
    payloadStart: number,
    packetEnd: number,
    pathId: number,
    packetNumber: number,
    phase: 0 | 1,
  ): OpenResult {
    const first = this.#firstOpened.get(pathId);
    if (phase === this.#phase) {
      // RFC 9001 6.4: a number above that of a newer phase under older keys
      const opened = this.#peer.cipher.open(
        buffer,
        headerStart,
        payloadStart,
        packetEnd,
        pathId,
        packetNumber,
      );
      if (!opened) return this.#fail();
      if (first === undefined || packetNumber < first) this.#firstOpened.set(pathId, packetNumber);
      return "opened";
    }
    const isOlder = this.#updates > 0 &&
      (first === undefined ? this.#previous !== undefined : packetNumber < first);
    if (isOlder && this.#previous !== undefined) {
      if (this.#previous.open(buffer, headerStart, payloadStart, packetEnd, pathId, packetNumber)) {
        return "opened";
      }
      // On a path that is silent since the update a packet may be of either phase.
      return this.#fail();
    }
    if (isOlder) return this.#fail();
    const { cipher } = this.#next;
    if (!cipher.open(buffer, headerStart, payloadStart, packetEnd, pathId, packetNumber)) return this.#fail();
    // RFC 9001 6.2: an update before the one before was acknowledged
    if (this.#updates > 0 && !this.#acknowledged && this.#firstSealed.size === 0) {
      throw new QuicError(
        QUIC_ERROR.KEY_UPDATE_ERROR,
        "Cannot change keys: the peer did so twice without an answer",
      );
    }
    return "update";
  }

  /**
   * The peer has begun a key phase with the packet that was just opened: both directions change (RFC 9001 6.2).
   *
   * @param probeTimeoutUs The longest of all paths; the old keys are kept three times as long (6.5).
   */
  follow(nowUs: number, probeTimeoutUs: number, pathId: number, packetNumber: number): void {
    this.#advance(nowUs, probeTimeoutUs);
    this.#firstOpened.set(pathId, packetNumber);
  }

  /** Whether an update of ours is allowed now: the one before was acknowledged 3 PTO ago (RFC 9001 6.1, 6.5). */
  mayUpdate(nowUs: number, handshakeConfirmed: boolean): boolean {
    if (!handshakeConfirmed || this.#previous !== undefined) return false;
    return this.#updates === 0 ? this.#acknowledged : this.#acknowledged && nowUs >= this.#notBeforeUs;
  }

  /** Begins a key phase; see {@linkcode mayUpdate}. */
  update(nowUs: number, probeTimeoutUs: number): void {
    this.#advance(nowUs, probeTimeoutUs);
  }

  /**
   * A packet of ours was acknowledged.
   *
   * @throws {QuicError} `KEY_UPDATE_ERROR` if it is of this phase and the acknowledgment came under older keys
   *   (RFC 9001 6.2).
   */
  onAcked(
    pathId: number,
    packetNumber: number,
    ackPhase: 0 | 1,
    nowUs: number,
    probeTimeoutUs: number,
  ): void {
    const first = this.#firstSealed.get(pathId);
    if (this.#acknowledged || first === undefined || packetNumber < first) return;
    if (ackPhase !== this.#phase) {
      throw new QuicError(
        QUIC_ERROR.KEY_UPDATE_ERROR,
        "Cannot take an acknowledgment: it came under older keys",
      );
    }
    this.#acknowledged = true;
    this.#notBeforeUs = nowUs + 3 * probeTimeoutUs;
  }

  /** Forgets the keys of the phase before when their time is over. */
  handleTimeout(nowUs: number): void {
    if (nowUs < this.#previousUntilUs) return;
    this.#previous?.close();
    this.#previous = undefined;
    this.#previousUntilUs = Infinity;
  }

  /** Frees all keys. */
  close(): void {
    for (const cipher of [this.#own.cipher, this.#peer.cipher, this.#next.cipher, this.#previous]) {
      cipher?.close();
    }
    this.#previous = undefined;
  }

  #advance(nowUs: number, probeTimeoutUs: number): void {
    this.#previous?.close();
    this.#previous = this.#peer.cipher;
    this.#previousUntilUs = nowUs + 3 * probeTimeoutUs;
    Object.assign(this.#peer, this.#next);
    this.#next = this.#after(this.#peer);
    const own = this.#after(this.#own);
    this.#own.cipher.close();
    Object.assign(this.#own, own);
    this.#phase = this.#phase === 0 ? 1 : 0;
    this.#updates++;
    this.#usage.startKey();
    this.#firstOpened.clear();
    this.#firstSealed.clear();
    this.#acknowledged = false;
  }

  #fail(): OpenResult {
    this.#usage.countForged();
    return "failed";
  }

  #direction(secret: Uint8Array<ArrayBuffer>): Direction {
    const keys = derivePacketKeys(this.#suite, secret, this.#version);
    return { secret, keys, cipher: this.#backend.packetCipher(this.#suite, keys) };
  }

  #after({ secret, keys }: Direction): Direction {
    const following = nextSecret(this.#suite, secret, this.#version);
    const next = nextKeys(this.#suite, following, this.#version, keys);
    return { secret: following, keys: next, cipher: this.#backend.packetCipher(this.#suite, next) };
  }
}
