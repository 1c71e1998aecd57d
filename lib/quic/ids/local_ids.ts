import type { ConnectionId } from "../wire/connection_id.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import { QuicError } from "../wire/quic_error.ts";

/** A connection id with what the peer gets to know of it. */
export interface FreshId {
  readonly connectionId: ConnectionId;
  /** 16 bytes. */
  readonly resetToken: Uint8Array;
}

/** What a NEW_CONNECTION_ID frame says (RFC 9000 19.15). */
export interface IssuedId extends FreshId {
  readonly sequence: number;
  readonly retirePriorTo: number;
}

/** Options of {@linkcode LocalIds}. */
export interface LocalIdsOptions {
  /** The id of the handshake, which has sequence number 0; null for a path that has none yet. */
  readonly first: ConnectionId | null;
  /** How many ids the peer shall have, if it takes so many. */
  readonly wanted: number;
  /** Makes an id that no other connection of this endpoint has. */
  readonly make: () => FreshId;
}

/**
 * The connection ids of one path that we issued: the peer puts them into packets to us (RFC 9000 5.1). Pure.
 */
export class LocalIds {
  #wanted: number;
  readonly #make: () => FreshId;
  readonly #active = new Map<number, ConnectionId>();
  /** The tokens of those whose frame the peer has not acknowledged. */
  readonly #tokens = new Map<number, Uint8Array>();
  /** Issued ids whose frame was lost. */
  readonly #again = new Set<number>();
  /** Whether the peer sends to us without any id. */
  readonly #isEmpty: boolean;
  // RFC 9000 5.1.1: the id of the handshake counts
  #peerLimit = 1;
  #nextSequence = 0;
  #retirePriorTo = 0;

  constructor(options: LocalIdsOptions) {
    this.#wanted = options.wanted;
    this.#make = options.make;
    this.#isEmpty = options.first?.length === 0;
    if (options.first !== null) this.#active.set(this.#nextSequence++, options.first);
  }

  /** The ids that the peer may use. */
  get active(): Iterable<ConnectionId> {
    return this.#active.values();
  }

  /** The sequence number of the next id to be issued. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** How many ids the peer shall have from now on, if it takes so many. */
  want(count: number): void {
    this.#wanted = count;
  }

  /** The peer's `active_connection_id_limit`: from now on more ids are issued. */
  setPeerLimit(limit: number): void {
    this.#peerLimit = limit;
  }

  /**
   * Counts the id of a preferred address, which has sequence number 1 (RFC 9000 5.1.1).
   *
   * @param fresh The id that the transport parameter has.
   */
  addPreferred(fresh: FreshId): void {
    this.#add(fresh);
  }

  /** Whether {@linkcode poll} has an id to issue. */
  get wantsToIssue(): boolean {
    return this.#again.size > 0 || this.#hasRoom;
  }

  /** Whether the peer still has ids that {@linkcode rotate} asked it to retire. */
  get isRotating(): boolean {
    for (const sequence of this.#active.keys()) {
      if (sequence < this.#retirePriorTo) return true;
    }
    return false;
  }

  /** The next id to issue, a new one or one whose frame was lost; null if the peer has enough. */
  poll(): IssuedId | null {
    for (const sequence of this.#again) {
      this.#again.delete(sequence);
      const connectionId = this.#active.get(sequence);
      const resetToken = this.#tokens.get(sequence);
      if (connectionId === undefined || resetToken === undefined) continue;
      return { sequence, retirePriorTo: Math.min(this.#retirePriorTo, sequence), connectionId, resetToken };
    }
    return this.#hasRoom ? this.#issue() : null;
  }

  /** The frame with this id was acknowledged. */
  onAcked(sequence: number): void {
    this.#tokens.delete(sequence);
  }

  /** The frame with this id was lost. */
  onLost(sequence: number): void {
    if (this.#tokens.has(sequence)) this.#again.add(sequence);
  }

  /**
   * Takes a RETIRE_CONNECTION_ID frame.
   *
   * @param sequence What the frame says.
   * @param usedBy The id that the packet with the frame was sent to.
   * @returns The id to forget, or null if it was retired before.
   * @throws {QuicError} `PROTOCOL_VIOLATION` for an id that was never issued, or the one in use.
   */
  onRetire(sequence: number, usedBy: ConnectionId): ConnectionId | null {
    // RFC 9000 19.16
    if (this.#isEmpty) {
      throw new QuicError(
        QUIC_ERROR.PROTOCOL_VIOLATION,
        "Cannot retire a connection id: the peer sends without one",
      );
    }
    if (sequence >= this.#nextSequence) {
      throw new QuicError(
        QUIC_ERROR.PROTOCOL_VIOLATION,
        `Cannot retire connection id ${sequence}: it was never issued`,
      );
    }
    const connectionId = this.#active.get(sequence);
    if (connectionId === undefined) return null;
    // RFC 9000 19.16
    if (connectionId.equals(usedBy)) {
      throw new QuicError(
        QUIC_ERROR.PROTOCOL_VIOLATION,
        `Cannot retire connection id ${sequence}: the frame came in a packet to that very id`,
      );
    }
    this.#active.delete(sequence);
    this.#tokens.delete(sequence);
    this.#again.delete(sequence);
    return connectionId;
  }

  /**
   * Asks the peer to retire all ids it has (RFC 9000 5.1.2). The id issued for it may be one more than the
   * peer's limit, since it retires the others first.
   *
   * @returns The id to issue; null while the peer has not done so the last time, or when it needs no ids.
   */
  rotate(): IssuedId | null {
    // RFC 9000 5.1.2: not before all ids of the Retire Prior To before are retired
    if (this.#isEmpty || this.isRotating) return null;
    this.#retirePriorTo = this.#nextSequence;
    return this.#issue();
  }

  get #hasRoom(): boolean {
    // RFC 9000 5.1.1: never more than the peer's limit; 19.15: none when the first one is empty
    return !this.#isEmpty && this.#active.size < Math.min(this.#wanted, this.#peerLimit);
  }

  #issue(): IssuedId {
    const fresh = this.#make();
    const sequence = this.#add(fresh);
    return { sequence, retirePriorTo: this.#retirePriorTo, ...fresh };
  }

  #add({ connectionId, resetToken }: FreshId): number {
    const sequence = this.#nextSequence++;
    this.#active.set(sequence, connectionId);
    this.#tokens.set(sequence, resetToken);
    return sequence;
  }
}
