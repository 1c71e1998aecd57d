import { CIPHER_SUITES, type CipherSuite } from "../crypto/suites.ts";
import { TlsError } from "./alerts.ts";
import { encodeClientHello, type WireKeyShare } from "./client_hello.ts";
import {
  CERTIFICATE_TYPE,
  type CertificateType,
  EXTENSION,
  type GroupName,
  groupName,
  GROUPS,
  MESSAGE,
} from "./code_points.ts";
import { requireKnown } from "./extensions.ts";
import { checkFinished, checkSignature, Handshake, readIdentity, unexpected } from "./handshake.ts";
import { type HandshakeMessage, handshakeMessage } from "./handshake_reader.ts";
import type { Credentials, IdentityVerdict, PeerIdentity } from "./identity.ts";
import { finishedData, KeySchedule, type TrafficSecrets, Transcript } from "./key_schedule.ts";
import { type KeyShare, makeKeyShare, type Random } from "./key_share.ts";
import {
  type CertificateRequest,
  decodeCertificateRequest,
  decodeEncryptedExtensions,
  encodeCertificate,
  encodeCertificateVerify,
} from "./messages.ts";
import { decodeServerHello, type HelloRetryRequest, type ServerHello } from "./server_hello.ts";
import type { KeyLog, TlsEvent, TlsLevel, TlsSession, TlsSummary } from "./session.ts";
import { signTranscript } from "./signatures.ts";

/** What a client wants. */
export interface TlsClientOptions {
  /** The name to ask for (SNI); null for an address. */
  readonly serverName: string | null;
  /** Application protocols, the preferred one first; at least one (RFC 9001 8.1). */
  readonly alpn: readonly string[];
  /** Our QUIC transport parameters, encoded. */
  readonly transportParameters: Uint8Array;
  /** Cipher suites, the preferred one first. @default {all} */
  readonly suites?: readonly CipherSuite[];
  /** Groups; a key is sent for the first. @default {x25519, secp256r1, secp384r1} */
  readonly groups?: readonly GroupName[];
  /** What the server may prove its identity with, the preferred one first. @default {X.509} */
  readonly serverCertificateTypes?: readonly CertificateType[];
  /** What we prove our identity with if the server asks. */
  readonly credentials?: Credentials;
  /** Decides about the server's identity; it is kept in the summary, and one that is not trusted is an error. */
  readonly check: (identity: PeerIdentity) => IdentityVerdict;
  /** Goes on with a server that is not trusted; the verdict stays in the summary. @default {false} */
  readonly insecure?: boolean;
  readonly random: Random;
  readonly keyLog?: KeyLog;
}

type State =
  | "ServerHello"
  | "EncryptedExtensions"
  | "Certificate or CertificateRequest"
  | "Certificate"
  | "CertificateVerify"
  | "Finished"
  | "NewSessionTicket";

const DEFAULT_GROUPS: readonly GroupName[] = ["x25519", "secp256r1", "secp384r1"];

/** The client's end of a TLS 1.3 handshake (RFC 9846 A.1) inside QUIC. */
export class TlsClient implements TlsSession {
  readonly #options: TlsClientOptions;
  readonly #suites: readonly CipherSuite[];
  readonly #groups: readonly GroupName[];
  readonly #random: Uint8Array;
  readonly #handshake: Handshake;
  #state: State = "ServerHello";
  #share: KeyShare;
  #hello: Uint8Array<ArrayBuffer>;
  #retry: HelloRetryRequest | undefined;
  #suite: CipherSuite | undefined;
  #transcript: Transcript | undefined;
  #schedule: KeySchedule | undefined;
  #secrets: TrafficSecrets | undefined;
  #serverType: CertificateType = "x509";
  #request: CertificateRequest | undefined;
  #alpn: string | null = null;
  #peer: PeerIdentity | null = null;
  #verdict: IdentityVerdict | null = null;

  /** Begins a handshake: the ClientHello is the first event. */
  constructor(options: TlsClientOptions) {
    this.#options = options;
    this.#suites = options.suites ?? CIPHER_SUITES;
    this.#groups = options.groups ?? DEFAULT_GROUPS;
    this.#random = Uint8Array.from(options.random(32));
    this.#handshake = new Handshake(options.keyLog);
    this.#share = makeKeyShare(this.#groups[0] ?? "x25519", options.random);
    this.#hello = this.#encodeHello(null);
    this.#handshake.send("initial", this.#hello);
  }

  get complete(): boolean {
    return this.#state === "NewSessionTicket";
  }

  get summary(): TlsSummary {
    return {
      suite: this.#suite ?? null,
      group: this.#suite === undefined ? null : this.#share.group,
      alpn: this.#alpn,
      serverName: this.#options.serverName,
      retried: this.#retry !== undefined,
      peer: this.#peer,
      verdict: this.#verdict,
    };
  }

  receive(level: TlsLevel, bytes: Uint8Array): void {
    this.#handshake.receive(level, bytes, (message) => this.#handle(message));
  }

  poll(): TlsEvent | undefined {
    return this.#handshake.poll();
  }

  #handle(message: HandshakeMessage): void {
    const { type } = message;
    switch (this.#state) {
      case "ServerHello":
        if (type === MESSAGE.serverHello) return this.#onServerHello(message);
        break;
      case "EncryptedExtensions":
        if (type === MESSAGE.encryptedExtensions) return this.#onEncryptedExtensions(message);
        break;
      case "Certificate or CertificateRequest":
        if (type === MESSAGE.certificateRequest) return this.#onCertificateRequest(message);
        if (type === MESSAGE.certificate) return this.#onCertificate(message);
        break;
      case "Certificate":
        if (type === MESSAGE.certificate) return this.#onCertificate(message);
        break;
      case "CertificateVerify":
        if (type === MESSAGE.certificateVerify) return this.#onCertificateVerify(message);
        break;
      case "Finished":
        if (type === MESSAGE.finished) return this.#onFinished(message);
        break;
      case "NewSessionTicket":
        // Sessions are not resumed; RFC 9001 6 forbids KeyUpdate.
        if (type === MESSAGE.newSessionTicket) return;
        break;
      default:
        this.#state satisfies never;
    }
    throw unexpected(message, this.#state);
  }

  #onServerHello(message: HandshakeMessage): void {
    const hello = decodeServerHello(message.body);
    const suite = this.#suites.find(({ code }) => code === hello.cipherSuite);
    if (suite === undefined) throw illegal("the server chose a cipher suite that was not offered");
    if (hello.kind === "retry") return this.#onRetry(hello, suite, message);
    if (this.#retry !== undefined && this.#retry.cipherSuite !== hello.cipherSuite) {
      throw illegal("the server changed the cipher suite after its HelloRetryRequest");
    }
    if (hello.keyShare.group !== GROUPS[this.#share.group]) {
      throw illegal("the server's key is of another group");
    }
    this.#suite = suite;
    const transcript = this.#transcript ?? new Transcript(suite, this.#hello);
    this.#transcript = transcript;
    transcript.add(message.raw);
    this.#schedule = new KeySchedule(suite, this.#share.agree(hello.keyShare.key));
    this.#secrets = this.#schedule.handshakeSecrets(transcript);
    this.#handshake.install("handshake", suite, this.#secrets, this.#random);
    this.#handshake.expect("handshake");
    this.#state = "EncryptedExtensions";
    hello satisfies ServerHello;
  }

  /** RFC 9846 4.2.4 */
  #onRetry(retry: HelloRetryRequest, suite: CipherSuite, message: HandshakeMessage): void {
    if (this.#retry !== undefined) {
      throw new TlsError("unexpected_message", "Cannot go on: a second HelloRetryRequest");
    }
    if (retry.group === null && retry.cookie === null) throw illegal("the HelloRetryRequest changes nothing");
    if (retry.group !== null) {
      const group = groupName(retry.group);
      if (group === undefined || !this.#groups.includes(group) || group === this.#share.group) {
        throw illegal(
          "the HelloRetryRequest asks for a group that was not offered, or for the same key again",
        );
      }
      this.#share = makeKeyShare(group, this.#options.random);
    }
    this.#retry = retry;
    this.#transcript = Transcript.afterRetry(suite, this.#hello, message.raw);
    this.#hello = this.#encodeHello(retry.cookie);
    this.#transcript.add(this.#hello);
    this.#handshake.send("initial", this.#hello);
  }

  #onEncryptedExtensions(message: HandshakeMessage): void {
    const { alpn, transportParameters, serverCertificateType, extensions } = decodeEncryptedExtensions(
      message.body,
    );
    requireKnown("EncryptedExtensions", extensions, [
      EXTENSION.serverName,
      EXTENSION.supportedGroups,
      EXTENSION.alpn,
      EXTENSION.quicTransportParameters,
      ...(this.#options.serverCertificateTypes === undefined ? [] : [EXTENSION.serverCertificateType]),
      ...(this.#options.credentials?.type === "rawPublicKey" ? [EXTENSION.clientCertificateType] : []),
    ]);
    // RFC 9001 8.1, 8.2
    if (alpn === null || !this.#options.alpn.includes(alpn)) {
      throw new TlsError(
        "no_application_protocol",
        "Cannot go on: the server chose no application protocol of ours",
      );
    }
    if (transportParameters === null) {
      throw new TlsError("missing_extension", "Cannot go on: the server sent no QUIC transport parameters");
    }
    this.#alpn = alpn;
    this.#serverType = this.#chosenType(serverCertificateType);
    this.#transcript!.add(message.raw);
    this.#handshake.emit({ type: "transport-parameters", bytes: transportParameters });
    this.#state = "Certificate or CertificateRequest";
  }

  /** RFC 7250 4.2 */
  #chosenType(code: number | null): CertificateType {
    const offered = this.#options.serverCertificateTypes ?? ["x509"];
    const chosen = offered.find((type) => CERTIFICATE_TYPE[type] === (code ?? CERTIFICATE_TYPE.x509));
    if (chosen !== undefined) return chosen;
    throw new TlsError(
      "unsupported_certificate",
      "Cannot go on: the server shows a kind of identity not asked for",
    );
  }

  #onCertificateRequest(message: HandshakeMessage): void {
    const request = decodeCertificateRequest(message.body);
    if (request.context.length > 0) throw illegal("a CertificateRequest of a handshake has no context");
    if (request.schemes === null) {
      throw new TlsError(
        "missing_extension",
        "Cannot go on: the CertificateRequest names no signature algorithms",
      );
    }
    this.#request = request;
    this.#transcript!.add(message.raw);
    this.#state = "Certificate";
  }

  #onCertificate(message: HandshakeMessage): void {
    const peer = readIdentity(message, this.#serverType);
    // RFC 9846 4.5.1.3
    if (peer === null) throw new TlsError("decode_error", "Cannot go on: the server has no certificate");
    this.#peer = peer;
    this.#verdict = this.#options.check(peer);
    if (!this.#verdict.trusted && this.#options.insecure !== true) {
      throw new TlsError(this.#verdict.alert, `Cannot trust the server's certificate: ${this.#verdict.text}`);
    }
    this.#transcript!.add(message.raw);
    this.#state = "CertificateVerify";
  }

  #onCertificateVerify(message: HandshakeMessage): void {
    checkSignature(message, "server", this.#peer!, this.#transcript!);
    this.#transcript!.add(message.raw);
    this.#state = "Finished";
  }

  #onFinished(message: HandshakeMessage): void {
    const transcript = this.#transcript!;
    checkFinished(message, this.#secrets!.server, transcript);
    transcript.add(message.raw);
    const application = this.#schedule!.applicationSecrets(transcript);
    if (this.#request !== undefined) this.#sendCertificate(this.#request, transcript);
    const finished = handshakeMessage(MESSAGE.finished, finishedData(this.#secrets!.client, transcript));
    this.#handshake.send("handshake", finished);
    this.#handshake.install("application", this.#suite!, application, this.#random);
    this.#handshake.expect("application");
    this.#state = "NewSessionTicket";
    this.#handshake.emit({ type: "complete" });
  }

  /** RFC 9846 4.5.1: without credentials the list is empty, and nothing is signed. */
  #sendCertificate(request: CertificateRequest, transcript: Transcript): void {
    const { credentials } = this.#options;
    const certificate = encodeCertificate({ context: request.context, entries: credentials?.entries ?? [] });
    transcript.add(certificate);
    this.#handshake.send("handshake", certificate);
    if (credentials === undefined) return;
    const verify = encodeCertificateVerify(
      signTranscript("client", credentials.key, request.schemes ?? [], transcript),
    );
    transcript.add(verify);
    this.#handshake.send("handshake", verify);
  }

  #encodeHello(cookie: Uint8Array | null): Uint8Array<ArrayBuffer> {
    const { serverName, alpn, transportParameters, serverCertificateTypes, credentials } = this.#options;
    const keyShares: readonly WireKeyShare[] = [{
      group: GROUPS[this.#share.group],
      key: this.#share.publicKey,
    }];
    return encodeClientHello({
      random: this.#random,
      cipherSuites: this.#suites.map(({ code }) => code),
      groups: this.#groups,
      keyShares,
      serverName,
      alpn,
      transportParameters,
      cookie,
      serverCertificateTypes: serverCertificateTypes?.map((type) => CERTIFICATE_TYPE[type]) ?? null,
      clientCertificateTypes: credentials?.type === "rawPublicKey" ? [CERTIFICATE_TYPE.rawPublicKey] : null,
    });
  }
}

function illegal(why: string): TlsError {
  return new TlsError("illegal_parameter", `Cannot go on: ${why}`);
}
