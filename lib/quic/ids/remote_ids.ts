import type { ConnectionId } from "../wire/connection_id.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import { type NewConnectionId, RESET_TOKEN_BYTES } from "../wire/frames.ts";
import { QuicError } from "../wire/quic_error.ts";

/** A peer that makes us owe more retirements than this does not read them (RFC 9000 5.1.2). */
const MAX_RETIRING_PER_ID = 4;

interface Known {
  readonly connectionId: ConnectionId;
  readonly resetToken: Uint8Array | null;
  /** Whether packets were sent to it: by the path, or to validate another address. */
  used: boolean;
}

/**
 * The connection ids of one path that the peer issued: we put them into packets to it (RFC 9000 5.1). Pure;
 * memory is bounded by the limit that was announced.
 */
export class RemoteIds {
  readonly #limit: number;
  readonly #known = new Map<number, Known>();
  readonly #retiring: number[] = [];
  /** Retirements that wait or are on their way: they count as long as they are not acknowledged. */
  readonly #owed = new Set<number>();
  /** Numbers that came beyond `seenBelow`, below which all have come. */
  readonly #seen = new Set<number>();
  #seenBelow: number;
  #retirePriorTo = 0;
  #current: number;

  /**
   * @param first The id of the handshake, with sequence number 0; null for a path that waits for its first.
   * @param limit The `active_connection_id_limit` that the peer was told.
   */
  constructor(first: ConnectionId | null, limit: number) {
    this.#limit = limit;
    this.#current = first === null ? -1 : 0;
    this.#seenBelow = first === null ? 0 : 1;
    if (first !== null) this.#known.set(0, { connectionId: first, resetToken: null, used: true });
  }

  /** The id to send to; undefined while there is none. */
  get current(): ConnectionId | undefined {
    return this.#known.get(this.#current)?.connectionId;
  }

  /** The sequence number of the id to send to; -1 while there is none. */
  get currentSequence(): number {
    return this.#current;
  }

  /** How many ids there are that nothing was sent to yet. */
  get spare(): number {
    let spare = 0;
    for (const { used } of this.#known.values()) spare += used ? 0 : 1;
    return spare;
  }

  /** The id with a sequence number, as long as it is not retired. */
  get(sequence: number): ConnectionId | undefined {
    return this.#known.get(sequence)?.connectionId;
  }

  /** Whether the peer issued this id, and it is not retired. */
  has(connectionId: ConnectionId): boolean {
    for (const known of this.#known.values()) {
      if (known.connectionId.equals(connectionId)) return true;
    }
    return false;
  }

  /** The sequence number after the last one below which all have come. */
  get nextSequence(): number {
    return this.#seenBelow;
  }

  /** The path is abandoned: all ids are retired without a word (draft-ietf-quic-multipath-21 3.4). */
  forget(): void {
    this.#known.clear();
    this.#retiring.length = 0;
    this.#owed.clear();
    this.#current = -1;
  }

  /** In the handshake the server chooses another first id: by Retry, and by its first packet (RFC 9000 7.2). */
  replaceFirst(connectionId: ConnectionId): void {
    if (this.#known.has(0)) this.#known.set(0, { connectionId, resetToken: null, used: true });
  }

  /** The stateless reset token of the first id, from the transport parameters. */
  setFirstResetToken(resetToken: Uint8Array): void {
    const first = this.#known.get(0);
    if (first !== undefined) this.#known.set(0, { ...first, resetToken });
  }

  /**
   * Takes what a NEW_CONNECTION_ID frame says.
   *
   * @throws {QuicError} `PROTOCOL_VIOLATION` if it contradicts one before, or the peer's ids are empty;
   *   `CONNECTION_ID_LIMIT_ERROR` if there are too many, or too many that have to be retired.
   */
  onNew(frame: Omit<NewConnectionId, "kind">): void {
    const { sequence, retirePriorTo, connectionId, resetToken } = frame;
    // RFC 9000 19.15
    if (this.current?.length === 0) {
      const text = "Cannot take a connection id: the peer chose to have none";
      throw new QuicError(QUIC_ERROR.PROTOCOL_VIOLATION, text);
    }
    this.#requireConsistent(frame);
    const isNew = !this.#known.has(sequence) && !this.#wasRetired(sequence);
    if (isNew && sequence >= Math.max(retirePriorTo, this.#retirePriorTo)) {
      this.#known.set(sequence, { connectionId, resetToken, used: false });
    } else if (isNew) {
      // RFC 9000 19.15: an id that has to be retired already is retired at once.
      this.#obey(sequence);
    }
    this.#note(sequence);
    if (retirePriorTo > this.#retirePriorTo) {
      this.#retirePriorTo = retirePriorTo;
      for (const each of [...this.#known.keys()]) {
        if (each >= retirePriorTo) continue;
        this.#known.delete(each);
        this.#obey(each);
      }
    }
    // Without a spare one an id for another address is better than none
    if (!this.#known.has(this.#current) && !this.#take()) this.#current = Math.max(-1, ...this.#known.keys());
    // RFC 9000 5.1.1
    if (this.#known.size > this.#limit) {
      const text = `Cannot take connection id ${sequence}: there are more than ${this.#limit}`;
      throw new QuicError(QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR, text);
    }
  }

  /**
   * Changes to an id that was not used before and retires the one in use (RFC 9000 5.1.2, 9.5).
   *
   * @returns Whether there was one, and the peer reads what we retire.
   */
  change(): boolean {
    const before = this.#current;
    if (this.#mayNotRetire || !this.#take()) return false;
    this.retire(before);
    return true;
  }

  /**
   * Takes an id that was not used before to validate another address, beside the one in use (RFC 9000 9.5).
   *
   * @returns Its sequence number, for {@linkcode get}, and {@linkcode use} or {@linkcode retire}; null for none.
   */
  takeSpare(): number | null {
    // The one in use may have to be retired as well
    if (this.#owed.size + 1 >= this.#maxOwed) return null;
    const sequence = this.#lowestSpare();
    if (sequence === null) return null;
    this.#known.get(sequence)!.used = true;
    return sequence;
  }

  /** Changes to an id that {@linkcode takeSpare} gave and retires the one before; false if it is retired already. */
  use(sequence: number): boolean {
    if (!this.#known.has(sequence)) return false;
    const before = this.#current;
    this.#current = sequence;
    if (before !== sequence) this.retire(before);
    return true;
  }

  /** Retires an id that {@linkcode takeSpare} gave and that is not needed any more. */
  retire(sequence: number): void {
    if (sequence === this.#current || !this.#known.delete(sequence)) return;
    this.#retiring.push(sequence);
    this.#owed.add(sequence);
  }

  /** The sequence number for the next RETIRE_CONNECTION_ID frame; null for none. */
  pollRetire(): number | null {
    return this.#retiring.shift() ?? null;
  }

  /** Whether {@linkcode pollRetire} has one. */
  get wantsToRetire(): boolean {
    return this.#retiring.length > 0;
  }

  /** The frame was acknowledged. */
  onRetireAcked(sequence: number): void {
    this.#owed.delete(sequence);
  }

  /** The frame was lost. */
  onRetireLost(sequence: number): void {
    if (this.#owed.has(sequence) && !this.#retiring.includes(sequence)) this.#retiring.push(sequence);
  }

  /**
   * Whether a datagram that could not be opened is a stateless reset (RFC 9000 10.3.1).
   *
   * @param bytes The memory that holds the datagram.
   * @param end Where it ends there: the last 16 bytes are compared, in constant time for each token.
   */
  isReset(bytes: Uint8Array, end: number): boolean {
    const start = end - RESET_TOKEN_BYTES;
    if (start < 0) return false;
    let found = false;
    for (const { resetToken, used } of this.#known.values()) {
      // RFC 9000 10.3.1: tokens of ids that were not used, or are retired, are not looked at
      if (resetToken === null || !used) continue;
      let difference = 0;
      for (let i = 0; i < RESET_TOKEN_BYTES; i++) difference |= resetToken[i]! ^ bytes[start + i]!;
      found = difference === 0 || found;
    }
    return found;
  }

  #wasRetired(sequence: number): boolean {
    return (sequence < this.#seenBelow || this.#seen.has(sequence)) && !this.#known.has(sequence);
  }

  #note(sequence: number): void {
    if (sequence < this.#seenBelow) return;
    this.#seen.add(sequence);
    while (this.#seen.delete(this.#seenBelow)) this.#seenBelow++;
    if (this.#seen.size > this.#maxOwed) {
      throw new QuicError(
        QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR,
        "Cannot take connection ids: too many are missing",
      );
    }
  }

  get #maxOwed(): number {
    return this.#limit * MAX_RETIRING_PER_ID;
  }

  get #mayNotRetire(): boolean {
    return this.#owed.size >= this.#maxOwed;
  }

  /** The peer wants an id retired. */
  #obey(sequence: number): void {
    this.#retiring.push(sequence);
    this.#owed.add(sequence);
    // RFC 9000 5.1.2
    if (this.#owed.size > this.#maxOwed) {
      throw new QuicError(
        QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR,
        "Cannot retire connection ids: too many at a time",
      );
    }
  }

  #take(): boolean {
    const sequence = this.#lowestSpare();
    if (sequence === null) return false;
    this.#known.get(sequence)!.used = true;
    this.#current = sequence;
    return true;
  }

  #lowestSpare(): number | null {
    let lowest = Infinity;
    for (const [sequence, { used }] of this.#known) {
      if (!used && sequence < lowest) lowest = sequence;
    }
    return lowest === Infinity ? null : lowest;
  }

  /** RFC 9000 19.15: the same number always brings the same id, and the same id the same number. */
  #requireConsistent({ sequence, connectionId, resetToken }: Omit<NewConnectionId, "kind">): void {
    for (const [number, known] of this.#known) {
      const sameId = known.connectionId.equals(connectionId);
      if (sameId !== (number === sequence)) throw contradiction(sequence);
      const sameToken = known.resetToken === null ||
        known.resetToken.every((byte, i) => byte === resetToken[i]);
      if (sameId && !sameToken) throw contradiction(sequence);
    }
  }
}

function contradiction(sequence: number): QuicError {
  const text = `Cannot take connection id ${sequence}: it contradicts one that came before`;
  return new QuicError(QUIC_ERROR.PROTOCOL_VIOLATION, text);
}
