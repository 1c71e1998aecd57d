import { toHex } from "../base/hex.ts";
import { takeFirst } from "../base/take_first.ts";
import type { CipherSuite } from "../crypto/suites.ts";
import { QuicRuleError, TlsError } from "./alerts.ts";
import { type HandshakeMessage, HandshakeReader } from "./handshake_reader.ts";
import type { TrafficSecrets } from "./key_schedule.ts";
import type { KeyLog, KeyLogLabel, TlsEvent, TlsLevel } from "./session.ts";

/** The messages of a handshake at their levels: bytes in, events out. */
export class Handshake {
  readonly #readers: Readonly<Record<TlsLevel, HandshakeReader>> = {
    initial: new HandshakeReader(),
    handshake: new HandshakeReader(),
    application: new HandshakeReader(),
  };
  readonly #events: TlsEvent[] = [];
  readonly #keyLog: KeyLog | undefined;
  #expected: TlsLevel = "initial";
  #failure: TlsError | undefined;

  constructor(keyLog: KeyLog | undefined) {
    this.#keyLog = keyLog;
  }

  /** The next event. */
  poll(): TlsEvent | undefined {
    return takeFirst(this.#events);
  }

  /** Queues an event. */
  emit(event: TlsEvent): void {
    this.#events.push(event);
  }

  /** Queues bytes to send. */
  send(level: TlsLevel, bytes: Uint8Array<ArrayBuffer>): void {
    this.emit({ type: "send", level, bytes });
  }

  /**
   * Queues the keys of a level, and says that the peer's next messages come at it. Messages that are in part
   * at the level before are an error (RFC 9001 4.1.3).
   */
  install(
    level: "handshake" | "application",
    suite: CipherSuite,
    secrets: TrafficSecrets,
    clientRandom: Uint8Array,
  ): void {
    this.emit({ type: "keys", level, suite, clientSecret: secrets.client, serverSecret: secrets.server });
    const [client, server]: readonly KeyLogLabel[] = level === "handshake"
      ? ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"]
      : ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"];
    this.#keyLog?.(`${client} ${toHex(clientRandom)} ${toHex(secrets.client)}`);
    this.#keyLog?.(`${server} ${toHex(clientRandom)} ${toHex(secrets.server)}`);
  }

  /** From now on the peer's messages come at this level. */
  expect(level: TlsLevel): void {
    if (this.#readers[this.#expected].hasPartialMessage) {
      throw new QuicRuleError("Cannot go on: a message goes on beyond a change of keys");
    }
    this.#expected = level;
  }

  /**
   * Takes bytes and gives each whole message to `handle`.
   *
   * @throws {TlsError} Whatever is wrong; from then on always the same.
   */
  receive(level: TlsLevel, bytes: Uint8Array, handle: (message: HandshakeMessage) => void): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      // RFC 9001 4.1.3
      if (level !== this.#expected) {
        throw new QuicRuleError(`Cannot go on: ${level} bytes came where ${this.#expected} ones belong`);
      }
      const reader = this.#readers[level];
      reader.push(bytes);
      for (let message = reader.next(); message !== undefined; message = reader.next()) {
        handle(message);
        if (level !== this.#expected && reader.hasPartialMessage) {
          throw new QuicRuleError("Cannot go on: a message follows a change of keys");
        }
      }
    } catch (error) {
      this.#failure = error instanceof TlsError
        ? error
        : new TlsError("internal_error", `Cannot go on with the handshake: ${String(error)}`, error);
      throw this.#failure;
    }
  }
}
