import type { ConnectionId } from "../wire/connection_id.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import { type NewConnectionId, RESET_TOKEN_BYTES } from "../wire/frames.ts";
import { QuicError } from "../wire/quic_error.ts";

/** A peer that makes us owe more retirements than this does not read them (RFC 9000 5.1.2). */
const MAX_RETIRING_PER_ID = 4;

interface Known {
  readonly connectionId: ConnectionId;
  readonly resetToken: Uint8Array | null;
}

/**
 * The connection ids of one path that the peer issued: we put them into packets to it (RFC 9000 5.1). Pure;
 * memory is bounded by the limit that was announced.
 */
export class RemoteIds {
  readonly #limit: number;
  readonly #known = new Map<number, Known>();
  readonly #retiring: number[] = [];
  /** Retirements that are on their way or wait: they count as long as they are not acknowledged. */
  #owed = 0;
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
    if (first !== null) this.#known.set(0, { connectionId: first, resetToken: null });
  }

  /** The id to send to; undefined while there is none. */
  get current(): ConnectionId | undefined {
    return this.#known.get(this.#current)?.connectionId;
  }

  /** The sequence number of the id to send to; -1 while there is none. */
  get currentSequence(): number {
    return this.#current;
  }

  /** How many more ids there are to change to. */
  get spare(): number {
    return this.#known.size - (this.#known.has(this.#current) ? 1 : 0);
  }

  /** In the handshake the server chooses another first id: by Retry, and by its first packet (RFC 9000 7.2). */
  replaceFirst(connectionId: ConnectionId): void {
    this.#known.set(0, { connectionId, resetToken: null });
  }

  /** The stateless reset token of the first id, from the transport parameters. */
  setFirstResetToken(resetToken: Uint8Array): void {
    const first = this.#known.get(0);
    if (first !== undefined) this.#known.set(0, { ...first, resetToken });
  }

  /**
   * Takes what a NEW_CONNECTION_ID frame says.
   *
   * @throws {QuicError} `PROTOCOL_VIOLATION` if it contradicts one before, `CONNECTION_ID_LIMIT_ERROR`.
   */
  onNew(frame: Omit<NewConnectionId, "kind">): void {
    const { sequence, retirePriorTo, connectionId, resetToken } = frame;
    this.#requireConsistent(frame);
    const isNew = !this.#known.has(sequence) && !this.#wasRetired(sequence);
    if (isNew && sequence >= Math.max(retirePriorTo, this.#retirePriorTo)) {
      this.#known.set(sequence, { connectionId, resetToken });
    } else if (isNew) {
      // RFC 9000 19.15: an id that has to be retired already is retired at once.
      this.#retire(sequence);
    }
    this.#note(sequence);
    if (retirePriorTo > this.#retirePriorTo) {
      this.#retirePriorTo = retirePriorTo;
      for (const each of [...this.#known.keys()]) {
        if (each >= retirePriorTo) continue;
        this.#known.delete(each);
        this.#retire(each);
      }
      if (!this.#known.has(this.#current)) this.#take();
    }
    if (this.#current < 0) this.#take();
    // RFC 9000 5.1.1
    if (this.#known.size > this.#limit) {
      const text = `Cannot take connection id ${sequence}: there are more than ${this.#limit}`;
      throw new QuicError(QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR, text);
    }
  }

  /**
   * Changes to an id that was not used before and retires the one in use (RFC 9000 5.1.2, 9.5).
   *
   * @returns Whether there was one.
   */
  change(): boolean {
    if (this.spare === 0) return false;
    this.#known.delete(this.#current);
    this.#retire(this.#current);
    this.#take();
    return true;
  }

  /** The sequence number for the next RETIRE_CONNECTION_ID frame; null for none. */
  pollRetire(): number | null {
    return this.#retiring.shift() ?? null;
  }

  /** The frame was acknowledged. */
  onRetireAcked(): void {
    this.#owed = Math.max(0, this.#owed - 1);
  }

  /** The frame was lost. */
  onRetireLost(sequence: number): void {
    this.#retiring.push(sequence);
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
    for (const { resetToken } of this.#known.values()) {
      if (resetToken === null) continue;
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
    if (this.#seen.size > this.#limit * MAX_RETIRING_PER_ID) {
      throw new QuicError(
        QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR,
        "Cannot take connection ids: too many are missing",
      );
    }
  }

  #retire(sequence: number): void {
    this.#retiring.push(sequence);
    this.#owed++;
    if (this.#owed > this.#limit * MAX_RETIRING_PER_ID) {
      throw new QuicError(
        QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR,
        "Cannot retire connection ids: too many at a time",
      );
    }
  }

  #take(): void {
    const [first] = [...this.#known.keys()].sort((a, b) => a - b);
    this.#current = first ?? -1;
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
