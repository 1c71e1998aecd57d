import { CIPHER_SUITES, type CipherSuite } from "../crypto/suites.ts";
import { QuicRuleError, TlsError } from "./alerts.ts";
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
import { HandshakeEnd, illegal, unexpected } from "./handshake_end.ts";
import type { HandshakeMessage } from "./handshake_reader.ts";
import type { Credentials, IdentityVerdict, PeerIdentity } from "./identity.ts";
import { Transcript } from "./key_schedule.ts";
import { type KeyShare, makeKeyShare, type Random } from "./key_share.ts";
import {
  type CertificateRequest,
  decodeCertificateRequest,
  decodeEncryptedExtensions,
  decodeTicketLimit,
} from "./messages.ts";
import { decodeServerHello, type HelloRetryRequest, type ServerHello } from "./server_hello.ts";
import type { KeyLog } from "./session.ts";

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
export class TlsClient extends HandshakeEnd<State> {
  readonly #options: TlsClientOptions;
  readonly #suites: readonly CipherSuite[];
  readonly #groups: readonly GroupName[];
  readonly #random: Uint8Array;
  #share: KeyShare;
  #hello: Uint8Array<ArrayBuffer>;
  #retry: HelloRetryRequest | undefined;
  #request: CertificateRequest | undefined;

  /** Begins a handshake: the ClientHello is the first event. */
  constructor(options: TlsClientOptions) {
    super("client", ["ServerHello", "NewSessionTicket"], options.keyLog);
    this.agreed.serverName = options.serverName;
    this.#options = options;
    this.#suites = options.suites ?? CIPHER_SUITES;
    this.#groups = options.groups ?? DEFAULT_GROUPS;
    this.#random = Uint8Array.from(options.random(32));
    this.#share = makeKeyShare(this.#groups[0] ?? "x25519", options.random);
    this.#hello = this.#encodeHello(null);
    this.handshake.send("initial", this.#hello);
  }

  protected override handle(message: HandshakeMessage): void {
    const { type } = message;
    switch (this.state) {
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
        if (type !== MESSAGE.certificateVerify) break;
        this.hearSignature(message);
        this.state = "Finished";
        return;
      case "Finished":
        if (type === MESSAGE.finished) return this.#onFinished(message);
        break;
      case "NewSessionTicket":
        // RFC 9001 4.4
        if (type === MESSAGE.certificateRequest) {
          throw new QuicRuleError("Cannot go on: the server asks for a certificate after the handshake");
        }
        // Sessions are not resumed; RFC 9001 6 forbids KeyUpdate.
        if (type === MESSAGE.newSessionTicket) return checkTicket(message);
        break;
      default:
        this.state satisfies never;
    }
    throw unexpected(message, this.state);
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
    this.agreed.suite = suite;
    this.agreed.group = this.#share.group;
    this.transcript ??= new Transcript(suite, this.#hello);
    this.hear(message);
    this.protect(suite, this.#share.agree(hello.keyShare.key), this.#random);
    this.state = "EncryptedExtensions";
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
    this.agreed.retried = true;
    this.transcript = Transcript.afterRetry(suite, this.#hello, message.raw);
    this.#hello = this.#encodeHello(retry.cookie);
    this.say(this.#hello, "initial");
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
    this.agreed.alpn = alpn;
    this.peerType = this.#chosenType(serverCertificateType);
    this.hear(message);
    this.handshake.emit({ type: "transport-parameters", bytes: transportParameters });
    this.state = "Certificate or CertificateRequest";
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
    this.hear(message);
    this.state = "Certificate";
  }

  #onCertificate(message: HandshakeMessage): void {
    const peer = this.readIdentity(message);
    // RFC 9846 4.5.1.3
    if (peer === null) throw new TlsError("decode_error", "Cannot go on: the server has no certificate");
    const verdict = this.#options.check(peer);
    this.agreed.peer = peer;
    this.agreed.verdict = verdict;
    if (!verdict.trusted && this.#options.insecure !== true) {
      throw new TlsError(verdict.alert, `Cannot trust the server's certificate: ${verdict.text}`);
    }
    this.hear(message);
    this.state = "CertificateVerify";
  }

  #onFinished(message: HandshakeMessage): void {
    this.hearFinished(message);
    const secrets = this.applicationSecrets();
    if (this.#request !== undefined) {
      const { context, schemes } = this.#request;
      this.sayIdentity(this.#options.credentials, context, schemes ?? []);
    }
    this.sayFinished();
    this.handshake.install("application", this.agreed.suite!, secrets, this.#random);
    this.end();
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

/** RFC 9001 4.6.1: in QUIC flow control limits early data, and a ticket allows all of it or none. */
function checkTicket(message: HandshakeMessage): void {
  const limit = decodeTicketLimit(message.body);
  if (limit === null || limit === 0xffffffff) return;
  throw new QuicRuleError(`Cannot go on: a session ticket allows ${limit} bytes of early data`);
}
