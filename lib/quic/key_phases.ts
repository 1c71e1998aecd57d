import { MptError } from "../base/errors.ts";
import type { CryptoBackend, PacketCipher } from "../crypto/aead.ts";
import { nextSecret } from "../crypto/key_update.ts";
import { AeadUsage, type SealVerdict } from "../crypto/limits.ts";
import { deriveSealKeys } from "../crypto/packet_keys.ts";
import type { CipherSuite } from "../crypto/suites.ts";
import { QUIC_ERROR } from "./wire/error_codes.ts";
import { QuicError } from "./wire/quic_error.ts";

/** RFC 9001 6.5: how many probe timeouts old keys are kept, and an update waits after the one before. */
const KEEP_PROBE_TIMEOUTS = 3;

/** How a packet could be opened; `update`: with the next keys, so that the peer has begun a key phase. */
export type OpenResult = "opened" | "update" | "failed";

/** The packets of one path that were opened with the current keys. */
interface Opened {
  lowest: number;
  highest: number;
}

/** One direction: the secret, the keys in use and those of the next phase. */
interface Direction {
  secret: Uint8Array<ArrayBuffer>;
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
  /** How long the keys before are kept after a packet was opened with those in use. */
  #keepUs = 0;
  #phase: 0 | 1 = 0;
  #updates = 0;
  #isClosed = false;
  /** By path: lower numbers than these are of the phase before, higher ones of the next. */
  readonly #opened = new Map<number, Opened>();
  /** The first packet of ours in this phase, by path; one of them must be acknowledged before the next update. */
  readonly #firstSealed = new Map<number, number>();
  /** Whether anything was sealed in this phase. */
  #hasSealed = false;
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

  /** When {@linkcode handleTimeout} has something to do; Infinity for never. */
  get timeoutUs(): number {
    return this.#previousUntilUs;
  }

  /** Whether the next packet may be sealed, and whether an update is due (RFC 9001 6.6). */
  get sealVerdict(): SealVerdict {
    return this.#usage.verdict;
  }

  /** Packets sealed with the keys in use. */
  get sealed(): number {
    return this.#usage.sealed;
  }

  /** Whether so many packets were forged that the connection has to close (RFC 9001 6.6). */
  get integrityLost(): boolean {
    return this.#usage.integrityLost;
  }

  /** Packets that failed authentication. */
  get forged(): number {
    return this.#usage.forged;
  }

  /**
   * Seals a packet in place; its end with the tag. See {@linkcode PacketCipher.seal}.
   *
   * @throws {MptError} `ERR_LIMIT` when the keys are used up (RFC 9001 6.6); `ERR_CLOSED`.
   */
  seal(
    buffer: Uint8Array<ArrayBuffer>,
    headerStart: number,
    payloadStart: number,
    payloadEnd: number,
    pathId: number,
    packetNumber: number,
  ): number {
    // RFC 9001 6.6
    if (this.#usage.verdict === "stop") {
      throw new MptError("ERR_LIMIT", "Cannot protect a packet: its keys have protected as many as they may");
    }
    if (!this.#firstSealed.has(pathId)) {
      this.#firstSealed.set(pathId, packetNumber);
      this.#hasSealed = true;
    }
    this.#usage.countSealed();
    return this.#own.cipher.seal(buffer, headerStart, payloadStart, payloadEnd, pathId, packetNumber);
  }

  /**
   * Opens a packet in place, with the keys that its phase and number ask for (RFC 9001 6.3, 6.5). Just one
   * key is tried, so that the time it takes does not tell which.
   *
   * @param phase Its Key Phase bit.
   * @returns For `update`, call {@linkcode follow} before the frames are looked at.
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
    nowUs: number,
  ): OpenResult {
    const opened = this.#opened.get(pathId);
    const isCurrent = phase === this.#phase;
    // On a path that is silent since the update such a packet is of the phase before as long as its keys are kept
    const isOlder = !isCurrent && this.#previous !== undefined &&
      (opened === undefined || packetNumber <= opened.highest);
    const cipher = isCurrent ? this.#peer.cipher : isOlder ? this.#previous! : this.#next.cipher;
    if (!cipher.open(buffer, headerStart, payloadStart, packetEnd, pathId, packetNumber)) {
      this.#usage.countForged();
      return "failed";
    }
    if (isCurrent) {
      this.#note(opened, pathId, packetNumber);
      // RFC 9001 6.5: the peer has answered an update of ours
      if (this.#previousUntilUs === Infinity && this.#previous !== undefined) {
        this.#previousUntilUs = nowUs + this.#keepUs;
      }
      return "opened";
    }
    // RFC 9001 6.4: higher numbers have the same keys or newer ones
    const isOutOfOrder = opened !== undefined &&
      (isOlder ? packetNumber >= opened.lowest : packetNumber <= opened.highest);
    if (isOutOfOrder) {
      const text = `Cannot take packet ${packetNumber}: its keys are not those of the packets around it`;
      throw new QuicError(QUIC_ERROR.KEY_UPDATE_ERROR, text);
    }
    if (isOlder) return "opened";
    // RFC 9001 6.2: the peer cannot have an acknowledgment for this phase, in which nothing was sent
    if (this.#updates > 0 && !this.#hasSealed) {
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
   * @throws {MptError} `ERR_CLOSED`.
   */
  follow(nowUs: number, probeTimeoutUs: number, pathId: number, packetNumber: number): void {
    this.#advance(probeTimeoutUs);
    this.#previousUntilUs = nowUs + this.#keepUs;
    this.#note(undefined, pathId, packetNumber);
  }

  /**
   * Whether an update of ours is allowed now: a packet of this phase was acknowledged, the one that confirms
   * the update before three probe timeouts ago (RFC 9001 6.1, 6.5; draft-ietf-quic-multipath-21 2.5).
   */
  mayUpdate(nowUs: number, handshakeConfirmed: boolean): boolean {
    if (!handshakeConfirmed || !this.#acknowledged) return false;
    return this.#updates === 0 || nowUs >= this.#notBeforeUs;
  }

  /**
   * Begins a key phase; see {@linkcode mayUpdate}. The old keys are kept until a packet of the peer came under
   * the new ones, and three probe timeouts longer.
   *
   * @param probeTimeoutUs The longest of all paths.
   * @throws {MptError} `ERR_CLOSED`.
   */
  update(probeTimeoutUs: number): void {
    this.#advance(probeTimeoutUs);
  }

  /**
   * A packet of ours was acknowledged; the newest of an ACK frame will do.
   *
   * @param ackPhase The Key Phase bit of the packet that brought the acknowledgment.
   * @param probeTimeoutUs The longest of all paths.
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
    if (first === undefined || packetNumber < first) return;
    if (ackPhase !== this.#phase) {
      throw new QuicError(
        QUIC_ERROR.KEY_UPDATE_ERROR,
        "Cannot take an acknowledgment: it came under older keys",
      );
    }
    if (this.#acknowledged) return;
    this.#acknowledged = true;
    this.#notBeforeUs = nowUs + KEEP_PROBE_TIMEOUTS * probeTimeoutUs;
  }

  /** Forgets the packets of a path that was abandoned. */
  forgetPath(pathId: number): void {
    this.#opened.delete(pathId);
    this.#firstSealed.delete(pathId);
  }

  /** Forgets the keys of the phase before when their time is over. */
  handleTimeout(nowUs: number): void {
    if (nowUs < this.#previousUntilUs) return;
    this.#previous?.close();
    this.#previous = undefined;
    this.#previousUntilUs = Infinity;
  }

  /** Frees all keys. Using them afterwards throws. */
  close(): void {
    this.#isClosed = true;
    for (const cipher of [this.#own.cipher, this.#peer.cipher, this.#next.cipher, this.#previous]) {
      cipher?.close();
    }
    this.#previous = undefined;
    this.#previousUntilUs = Infinity;
  }

  #advance(probeTimeoutUs: number): void {
    if (this.#isClosed) throw new MptError("ERR_CLOSED", "Cannot change keys: they were discarded");
    this.#previous?.close();
    this.#previous = this.#peer.cipher;
    // RFC 9001 6.1: at least until a packet was opened with the new keys
    this.#previousUntilUs = Infinity;
    this.#keepUs = KEEP_PROBE_TIMEOUTS * probeTimeoutUs;
    Object.assign(this.#peer, this.#next);
    this.#next = this.#after(this.#peer);
    const own = this.#after(this.#own);
    this.#own.cipher.close();
    Object.assign(this.#own, own);
    this.#phase = this.#phase === 0 ? 1 : 0;
    this.#updates++;
    this.#usage.startKey();
    this.#opened.clear();
    this.#firstSealed.clear();
    this.#hasSealed = false;
    this.#acknowledged = false;
  }

  #note(opened: Opened | undefined, pathId: number, packetNumber: number): void {
    if (opened === undefined) {
      this.#opened.set(pathId, { lowest: packetNumber, highest: packetNumber });
    } else if (packetNumber > opened.highest) opened.highest = packetNumber;
    else if (packetNumber < opened.lowest) opened.lowest = packetNumber;
  }

  #direction(secret: Uint8Array<ArrayBuffer>): Direction {
    const keys = deriveSealKeys(this.#suite, secret, this.#version);
    return { secret, cipher: this.#backend.packetCipher(this.#suite, keys) };
  }

  #after({ secret }: Direction): Direction {
    return this.#direction(nextSecret(this.#suite, secret, this.#version));
  }
}
