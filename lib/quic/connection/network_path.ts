import { MIN_DATAGRAM_BYTES } from "../mtu_discovery.ts";
import { GRANULARITY_US } from "../recovery/rtt.ts";
import type { Random } from "./config.ts";
import type { Tuple } from "./tuple.ts";

/** RFC 9000 8.1: what may be sent to an address that is not validated, for each byte from it. */
const AMPLIFICATION_FACTOR = 3;

/** Challenges to one address whose answers still count. */
const MAX_CHALLENGES = 4;

/** Answers that wait to be sent; of a flood the oldest go without one. */
const MAX_RESPONSES = 4;

/** RFC 9000 8.2.1 */
const CHALLENGE_BYTES = 8;

/** A PATH_CHALLENGE that was sent. */
interface Challenge {
  readonly data: Uint8Array;
  /** Whether its datagram was as large as the limit of an address that is not validated leaves room for (8.2.1). */
  readonly isFull: boolean;
}

/** RFC 9000 8.2.1: how often a validated way is asked whether it carries full datagrams. */
const MAX_SIZE_CHALLENGES = 4;

/** Where a validation stands. */
export type ValidationState = "unvalidated" | "validating" | "validated" | "failed";

/**
 * One way through the network: its addresses, whether the peer was seen to be there, and how much may be sent
 * before that. A path has one in use, and others while it migrates.
 */
export class NetworkPath {
  readonly tuple: Tuple;
  /** Tells packets sent here from those sent another way. */
  readonly generation: number;
  /** The sequence number of an id that is used on this way only; null for the path's own (RFC 9000 9.5). */
  idSequence: number | null = null;
  /** Whether the peer uses the same id on this way as on the path's own: then so may we (RFC 9000 9.5). */
  sharesId = false;
  readonly #limited: boolean;
  #state: ValidationState;
  #received = 0;
  #sent = 0;
  #challenges: Challenge[] = [];
  /** Challenges that are left to find out whether a validated way carries full datagrams. */
  #sizeChallenges = 0;
  #due = false;
  #nextAtUs = Infinity;
  #deadlineUs = Infinity;
  #intervalUs = 0;
  #responses: Uint8Array[] = [];

  /**
   * @param validated Whether the peer is known to be there: of the server of a client, and by a token.
   * @param limited Whether the peer's address could be somebody else's: of clients, not of the server that a
   *   client has chosen.
   */
  constructor(tuple: Tuple, generation: number, validated: boolean, limited: boolean) {
    this.tuple = tuple;
    this.generation = generation;
    this.#limited = limited;
    this.#state = validated ? "validated" : "unvalidated";
  }

  get state(): ValidationState {
    return this.#state;
  }

  get validated(): boolean {
    return this.#state === "validated";
  }

  /** Bytes that came this way. */
  get receivedBytes(): number {
    return this.#received;
  }

  /** Bytes that were sent this way. */
  get sentBytes(): number {
    return this.#sent;
  }

  /** How many bytes may be sent now (RFC 9000 8.1). */
  get budget(): number {
    return this.validated || !this.#limited ? Infinity : AMPLIFICATION_FACTOR * this.#received - this.#sent;
  }

  onReceived(bytes: number): void {
    this.#received += bytes;
  }

  onSent(bytes: number): void {
    this.#sent += bytes;
  }

  /** The peer has shown that it is there: by a Handshake packet, a token or an answered challenge. */
  validate(): void {
    this.#state = "validated";
    this.#challenges = [];
    this.#due = false;
    this.#nextAtUs = this.#deadlineUs = Infinity;
  }

  /**
   * Starts to ask the peer whether it is there (RFC 9000 8.2).
   *
   * @param probeTimeoutUs How long an answer should take; three times as long the asking goes on (8.2.4).
   * @param intervalUs After which time it is asked again at first.
   */
  challenge(nowUs: number, probeTimeoutUs: number, intervalUs: number = probeTimeoutUs): void {
    this.#state = "validating";
    this.#due = true;
    this.#intervalUs = Math.max(intervalUs, GRANULARITY_US);
    this.#deadlineUs = nowUs + 3 * probeTimeoutUs;
    this.#nextAtUs = nowUs;
  }

  /** Whether a PATH_CHALLENGE has to be sent. */
  get challengeDue(): boolean {
    return this.#due;
  }

  /** The data of the next PATH_CHALLENGE, which is sent now. */
  takeChallenge(nowUs: number, random: Random): Uint8Array {
    const data = random(CHALLENGE_BYTES).slice();
    this.#challenges.push({ data, isFull: this.budget >= MIN_DATAGRAM_BYTES });
    if (this.#challenges.length > MAX_CHALLENGES) this.#challenges.shift();
    this.#due = false;
    this.#nextAtUs = nowUs + this.#intervalUs;
    this.#intervalUs *= 2;
    if (this.validated && --this.#sizeChallenges <= 0) this.#nextAtUs = Infinity;
    return data;
  }

  /** Takes a PATH_RESPONSE. @returns Whether it answers one of ours, and the peer was not known to be there. */
  onResponse(data: Uint8Array): boolean {
    const answered = this.#challenges.find((each) => each.data.every((byte, i) => byte === data[i]));
    if (answered === undefined) return false;
    const isNews = !this.validated;
    this.validate();
    this.#sizeChallenges = answered.isFull ? 0 : MAX_SIZE_CHALLENGES;
    // RFC 9000 8.2.1: it is there; whether it can be sent full datagrams is another question
    this.#due = !answered.isFull;
    return isNews;
  }

  /** Notes a PATH_CHALLENGE that came this way: each is answered once (RFC 9000 8.2.2). */
  onChallenge(data: Uint8Array): void {
    this.#responses.push(data);
    if (this.#responses.length > MAX_RESPONSES) this.#responses.shift();
  }

  /** Whether a PATH_RESPONSE has to be sent. */
  get responseDue(): boolean {
    return this.#responses.length > 0;
  }

  /** The data of the next PATH_RESPONSE. */
  get nextResponse(): Uint8Array | null {
    return this.#responses[0] ?? null;
  }

  /** The next PATH_RESPONSE was written. */
  onResponseSent(): void {
    this.#responses.shift();
  }

  /** Forgets what has to be answered: the peer asks again. */
  dropResponses(): void {
    this.#responses = [];
  }

  /** When {@linkcode handleTimeout} has something to do. */
  get timeoutUs(): number {
    return Math.min(this.#due ? Infinity : this.#nextAtUs, this.#deadlineUs);
  }

  /** @returns Whether the validation failed just now. */
  handleTimeout(nowUs: number): boolean {
    if (this.validated && this.#sizeChallenges > 0 && nowUs >= this.#nextAtUs) this.#due = true;
    if (this.#state !== "validating") return false;
    if (nowUs >= this.#deadlineUs) {
      this.#state = "failed";
      this.#challenges = [];
      this.#due = false;
      this.#nextAtUs = this.#deadlineUs = Infinity;
      return true;
    }
    if (nowUs >= this.#nextAtUs) this.#due = true;
    return false;
  }
}
