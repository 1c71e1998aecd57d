import type { CipherSuite } from "../crypto/suites.ts";
import { TlsError } from "./alerts.ts";
import { type CertificateType, MESSAGE } from "./code_points.ts";
import { Handshake } from "./handshake.ts";
import { type HandshakeMessage, handshakeMessage } from "./handshake_reader.ts";
import { type Credentials, identityOf, type PeerIdentity } from "./identity.ts";
import {
  finishedData,
  finishedMatches,
  KeySchedule,
  type TrafficSecrets,
  type Transcript,
} from "./key_schedule.ts";
import {
  decodeCertificate,
  decodeCertificateVerify,
  encodeCertificate,
  encodeCertificateVerify,
} from "./messages.ts";
import type { KeyLog, TlsEvent, TlsLevel, TlsSession, TlsSummary } from "./session.ts";
import { type Signer, signTranscript, verifyTranscript } from "./signatures.ts";

/** What the client's and the server's end of a handshake have in common; `State` is what they wait for. */
export abstract class HandshakeEnd<State extends string> implements TlsSession {
  protected readonly handshake: Handshake;
  /** What has been agreed so far. */
  protected readonly agreed: { -readonly [Key in keyof TlsSummary]: TlsSummary[Key] } = {
    suite: null,
    group: null,
    alpn: null,
    serverName: null,
    retried: false,
    peer: null,
    verdict: null,
  };
  protected state: State;
  /** What the peer shows its identity with. */
  protected peerType: CertificateType = "x509";
  /** Undefined before the cipher suite is known. */
  protected transcript: Transcript | undefined;
  readonly #own: Signer;
  readonly #peer: Signer;
  readonly #last: State;
  #schedule: KeySchedule | undefined;
  #secrets: TrafficSecrets | undefined;

  /** @param states The first, and the one in which the handshake is complete. */
  protected constructor(own: Signer, [first, last]: readonly [State, State], keyLog: KeyLog | undefined) {
    this.#own = own;
    this.#peer = own === "client" ? "server" : "client";
    this.state = first;
    this.#last = last;
    this.handshake = new Handshake(keyLog);
  }

  get complete(): boolean {
    return this.state === this.#last;
  }

  get summary(): TlsSummary {
    return { ...this.agreed };
  }

  receive(level: TlsLevel, bytes: Uint8Array): void {
    this.handshake.receive(level, bytes, (message) => this.handle(message));
  }

  poll(): TlsEvent | undefined {
    return this.handshake.poll();
  }

  /** Takes a message; what has no place in the state is an error. */
  protected abstract handle(message: HandshakeMessage): void;

  /** Adds a message of the peer to the transcript. */
  protected hear(message: HandshakeMessage): void {
    this.transcript!.add(message.raw);
  }

  /** Sends a message, and adds it to the transcript. */
  protected say(bytes: Uint8Array<ArrayBuffer>, level: TlsLevel = "handshake"): void {
    this.transcript!.add(bytes);
    this.handshake.send(level, bytes);
  }

  /** Changes to the handshake keys, which follow from the messages up to the ServerHello. */
  protected protect(suite: CipherSuite, sharedSecret: Uint8Array, clientRandom: Uint8Array): void {
    this.#schedule = new KeySchedule(suite, sharedSecret);
    this.#secrets = this.#schedule.handshakeSecrets(this.transcript!);
    this.handshake.install("handshake", suite, this.#secrets, clientRandom);
    this.handshake.expect("handshake");
  }

  /** The secrets of the connection, which follow from the messages up to the server's Finished. */
  protected applicationSecrets(): TrafficSecrets {
    return this.#schedule!.applicationSecrets(this.transcript!);
  }

  /** RFC 9846 4.5.1: without credentials the list is empty, and nothing is signed. */
  protected sayIdentity(
    credentials: Credentials | undefined,
    context: Uint8Array,
    schemes: readonly number[],
  ): void {
    this.say(encodeCertificate({ context, entries: credentials?.entries ?? [] }));
    if (credentials === undefined) return;
    this.say(encodeCertificateVerify(signTranscript(this.#own, credentials.key, schemes, this.transcript!)));
  }

  protected sayFinished(): void {
    const data = finishedData(this.#secrets![this.#own], this.transcript!);
    this.say(handshakeMessage(MESSAGE.finished, data));
  }

  /** Reads a Certificate message; null if it is empty. */
  protected readIdentity(message: HandshakeMessage): PeerIdentity | null {
    const { context, entries } = decodeCertificate(message.body);
    if (context.length > 0) throw illegal("the certificate answers no request of ours");
    if (this.peerType === "rawPublicKey" && entries.length > 1) {
      throw illegal("there are several raw public keys");
    }
    return entries.length === 0 ? null : identityOf(this.peerType, entries);
  }

  /** Takes a CertificateVerify message, which signs the transcript before it. */
  protected hearSignature(message: HandshakeMessage): void {
    const { scheme, signature } = decodeCertificateVerify(message.body);
    verifyTranscript(this.#peer, this.agreed.peer!.publicKey, scheme, signature, this.transcript!);
    this.hear(message);
  }

  /** Takes a Finished message, which is a code of the transcript before it. */
  protected hearFinished(message: HandshakeMessage): void {
    const expected = finishedData(this.#secrets![this.#peer], this.transcript!);
    if (!finishedMatches(expected, message.body)) {
      throw new TlsError("decrypt_error", "Cannot go on: the peer's Finished message is wrong");
    }
    this.hear(message);
  }

  /** The handshake is complete; what the peer still says comes under the connection's keys. */
  protected end(): void {
    this.handshake.expect("application");
    this.state = this.#last;
    // The connection lasts longer
    this.transcript = this.#schedule = this.#secrets = undefined;
    this.handshake.emit({ type: "complete" });
  }
}

/** The error for a message that has no place here. */
export function unexpected(message: HandshakeMessage, state: string): TlsError {
  const name = Object.entries(MESSAGE).find(([, type]) => type === message.type)?.[0] ??
    `message ${message.type}`;
  return new TlsError("unexpected_message", `Cannot go on: ${name} came while waiting for ${state}`);
}

/** The error for a message that says something it must not say. */
export function illegal(why: string): TlsError {
  return new TlsError("illegal_parameter", `Cannot go on: ${why}`);
}
