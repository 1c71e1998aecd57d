import type { Tuple } from "../connection/tuple.ts";
import type { FreshId } from "../ids/local_ids.ts";
import { MIN_DATAGRAM_BYTES } from "../mtu_discovery.ts";
import { ConnectionId } from "../wire/connection_id.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import type { PacketHeader } from "../wire/packet_header.ts";
import { type Admission, admit, type Load } from "./admission.ts";
import { type EndpointOptions, type ServerLimits, serverLimits, SUPPORTED_VERSIONS } from "./options.ts";
import { idsOf, refusal, retry, statelessReset, versionNegotiation } from "./stateless.ts";

/** RFC 9000 7.2: the first id that a client makes up has so many bytes at the least. */
const MIN_ORIGINAL_ID_BYTES = 8;

/** Answers without a connection that wait to be sent; what is more is dropped: nobody relies on them. */
const MAX_ANSWERS = 64;

/** Stateless resets of one second (RFC 9000 10.3: they should be limited). */
const MAX_RESETS_PER_SECOND = 100;

/** An answer without a connection. */
export interface Answer {
  readonly tuple: Tuple;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Counts of what was not given to any connection. */
export interface EndpointCounters {
  dropped: number;
  versionNegotiations: number;
  retries: number;
  refusals: number;
  resets: number;
}

/** A client whose first packet may begin a connection. */
export interface NewClient {
  readonly destination: ConnectionId;
  readonly source: ConnectionId;
  readonly admission: Extract<Admission, { type: "accept" }>;
}

/** Deals with datagrams that belong to no connection: what is answered is answered without remembering it. */
export class Strangers {
  readonly counters: EndpointCounters = {
    dropped: 0,
    versionNegotiations: 0,
    retries: 0,
    refusals: 0,
    resets: 0,
  };
  readonly #options: EndpointOptions;
  readonly #limits: ServerLimits | null;
  readonly #makeId: () => FreshId;
  /** Whether clients are let in at all. */
  accepting = true;
  readonly #answers: Answer[] = [];
  #resetSecond = -1;
  #resets = 0;

  /** @param makeId Makes an id that no connection has. */
  constructor(options: EndpointOptions, makeId: () => FreshId) {
    this.#options = options;
    this.#limits = options.server === null ? null : serverLimits(options.server);
    this.#makeId = makeId;
  }

  /** The next answer to send. */
  pollAnswer(): Answer | undefined {
    return this.#answers.shift();
  }

  /** A packet with a short header: a server that has lost its connection says so (RFC 9000 10.3). */
  onShort(
    nowUs: number,
    tuple: Tuple,
    bytes: Uint8Array,
    start: number,
    end: number,
    header: PacketHeader,
  ): void {
    this.counters.dropped++;
    const { tokens, config, server } = this.#options;
    if (server === null || !this.#mayReset(nowUs)) return;
    const id = ConnectionId.from(bytes, header.destinationStart, header.destinationEnd);
    const reset = statelessReset(end - start, tokens.resetToken(id), config.random);
    if (reset === null) return;
    this.counters.resets++;
    this.#answer(tuple, reset);
  }

  /**
   * A packet with a long header.
   *
   * @returns A client to make a connection for; null if it was answered or dropped.
   */
  onLong(
    nowUs: number,
    tuple: Tuple,
    bytes: Uint8Array,
    start: number,
    end: number,
    header: PacketHeader,
    load: Load,
  ): NewClient | null {
    // RFC 9000 14.1, 6.1: a client's first datagram is a full one, or it is not answered
    if (this.#limits === null || end - start < MIN_DATAGRAM_BYTES) return this.#drop();
    const { config: { random, backend }, tokens } = this.#options;
    if (header.type !== "version-negotiation" && !SUPPORTED_VERSIONS.includes(header.version)) {
      this.counters.versionNegotiations++;
      this.#answer(tuple, versionNegotiation(bytes.subarray(0, end), header, SUPPORTED_VERSIONS, random));
      return null;
    }
    const tooShort = header.destinationEnd - header.destinationStart < MIN_ORIGINAL_ID_BYTES;
    if (header.type !== "initial" || tooShort) return this.#drop();
    const { destination, source } = idsOf(bytes, header);
    const token = bytes.slice(header.tokenStart, header.tokenEnd);
    const admission: Admission = this.accepting
      ? admit(tokens, this.#limits, load, token, tuple, destination, nowUs)
      : { type: "refuse", errorCode: QUIC_ERROR.CONNECTION_REFUSED };
    switch (admission.type) {
      case "accept":
        return { destination, source, admission };
      case "retry": {
        const { connectionId } = this.#makeId();
        const sealed = tokens.retryToken(tuple.remote, destination, connectionId, nowUs);
        this.counters.retries++;
        this.#answer(tuple, retry(header, destination, connectionId, source, sealed, random));
        return null;
      }
      case "refuse":
        this.counters.refusals++;
        this.#answer(tuple, refusal(backend, header.version, destination, source, admission.errorCode));
        return null;
      default:
        return admission satisfies never;
    }
  }

  #drop(): null {
    this.counters.dropped++;
    return null;
  }

  #mayReset(nowUs: number): boolean {
    const second = Math.floor(nowUs / 1e6);
    if (second !== this.#resetSecond) {
      this.#resetSecond = second;
      this.#resets = 0;
    }
    return ++this.#resets <= MAX_RESETS_PER_SECOND;
  }

  #answer(tuple: Tuple, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#answers.length < MAX_ANSWERS) this.#answers.push({ tuple, bytes });
  }
}
