import { CIPHER_SUITES, type CipherSuite } from "../crypto/suites.ts";
import { QuicRuleError, TlsError } from "./alerts.ts";
import { type ClientHello, decodeClientHello, offersType } from "./client_hello.ts";
import {
  CERTIFICATE_TYPE,
  type CertificateType,
  type GroupName,
  GROUPS,
  MESSAGE,
  SCHEMES,
  TLS_13,
} from "./code_points.ts";
import { HandshakeEnd, illegal, unexpected } from "./handshake_end.ts";
import type { HandshakeMessage } from "./handshake_reader.ts";
import type { Credentials, IdentityVerdict, PeerIdentity } from "./identity.ts";
import { Transcript } from "./key_schedule.ts";
import { makeKeyShare, type Random } from "./key_share.ts";
import { encodeCertificateRequest, encodeEncryptedExtensions } from "./messages.ts";
import { encodeHelloRetryRequest, encodeServerHello } from "./server_hello.ts";
import type { KeyLog } from "./session.ts";

/** What a server offers. */
export interface TlsServerOptions {
  /** What it can prove its identity with, for a name that the client asks for; the preferred one first. */
  readonly credentials: (serverName: string | null) => readonly Credentials[];
  /** Application protocols, the preferred one first. */
  readonly alpn: readonly string[];
  /** Our QUIC transport parameters, encoded. */
  readonly transportParameters: Uint8Array;
  /** Cipher suites, the preferred one first. @default {all} */
  readonly suites?: readonly CipherSuite[];
  /** Groups, the preferred one first. @default {x25519, secp256r1, secp384r1} */
  readonly groups?: readonly GroupName[];
  /** Asks the client for an identity, and decides about it (null: it showed none). @default {nobody is asked} */
  readonly checkClient?: (identity: PeerIdentity | null) => IdentityVerdict;
  readonly random: Random;
  readonly keyLog?: KeyLog;
}

type State =
  | "ClientHello"
  | "second ClientHello"
  | "Certificate"
  | "CertificateVerify"
  | "Finished"
  | "nothing more";

const DEFAULT_GROUPS: readonly GroupName[] = ["x25519", "secp256r1", "secp384r1"];

/** The server's end of a TLS 1.3 handshake (RFC 9846 A.2) inside QUIC. */
export class TlsServer extends HandshakeEnd<State> {
  readonly #options: Omit<TlsServerOptions, "transportParameters">;
  /** Ours; null when they are sent. */
  #transportParameters: Uint8Array | null;
  readonly #groups: readonly GroupName[];
  #hello: ClientHello | undefined;
  /** The group of the HelloRetryRequest that was sent. */
  #asked: GroupName | undefined;

  constructor(options: TlsServerOptions) {
    super("server", ["ClientHello", "nothing more"], options.keyLog);
    const { transportParameters, ...rest } = options;
    this.#options = rest;
    this.#transportParameters = transportParameters;
    this.#groups = options.groups ?? DEFAULT_GROUPS;
  }

  protected override handle(message: HandshakeMessage): void {
    const { type } = message;
    switch (this.state) {
      case "ClientHello":
      case "second ClientHello":
        if (type === MESSAGE.clientHello) return this.#onClientHello(message);
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
        if (type !== MESSAGE.finished) break;
        this.hearFinished(message);
        return this.end();
      case "nothing more":
        break;
      default:
        this.state satisfies never;
    }
    throw unexpected(message, this.state);
  }

  #onClientHello(message: HandshakeMessage): void {
    const hello = decodeClientHello(message.body);
    const suite = this.#choose(hello);
    if (this.state === "second ClientHello") this.#requireSame(hello, suite);
    this.#hello = hello;
    this.agreed.serverName = hello.serverName;
    const shares = hello.keyShares ?? [];
    // RFC 9846 4.3.8: after a HelloRetryRequest the key is one for the group that it named
    const groups = this.#asked === undefined ? this.#groups : [this.#asked];
    const group = groups.find((each) =>
      hello.groups?.includes(GROUPS[each]) && shares.some((share) => share.group === GROUPS[each])
    );
    if (group === undefined) return this.#retry(hello, suite, message);
    if (this.transcript === undefined) this.transcript = new Transcript(suite, message.raw);
    else this.hear(message);
    this.agreed.suite = suite;
    this.agreed.group = group;
    this.#answer(hello, suite, group, shares.find((share) => share.group === GROUPS[group])!.key);
  }

  /** What a ClientHello must have (RFC 9846 4.2.2, 9.2; RFC 9001 8), and the suite for it. */
  #choose(hello: ClientHello): CipherSuite {
    if (hello.versions?.includes(TLS_13) !== true) {
      throw new TlsError("protocol_version", "Cannot go on: the client does not speak TLS 1.3");
    }
    // RFC 9001 8.4
    if (hello.sessionId.length > 0) {
      throw new QuicRuleError("Cannot go on: the client asks for the compatibility mode of TLS over TCP");
    }
    if (hello.compression.length !== 1 || hello.compression[0] !== 0) {
      throw illegal("a legacy field of the ClientHello is wrong");
    }
    for (
      const [name, value] of Object.entries({
        supported_groups: hello.groups,
        key_share: hello.keyShares,
        signature_algorithms: hello.schemes,
        quic_transport_parameters: hello.transportParameters,
      })
    ) {
      if (value === null) {
        throw new TlsError("missing_extension", `Cannot go on: the ClientHello has no ${name}`);
      }
    }
    const alpn = this.#options.alpn.find((protocol) => hello.alpn?.includes(protocol));
    if (alpn === undefined) {
      throw new TlsError(
        "no_application_protocol",
        "Cannot go on: the client offers no protocol of this server",
      );
    }
    this.agreed.alpn = alpn;
    const suite = (this.#options.suites ?? CIPHER_SUITES).find(({ code }) =>
      hello.cipherSuites.includes(code)
    );
    if (suite === undefined) throw new TlsError("handshake_failure", "Cannot go on: no common cipher suite");
    return suite;
  }

  /** RFC 9846 4.2.4: the client has no key for a group that both have. */
  #retry(hello: ClientHello, suite: CipherSuite, message: HandshakeMessage): void {
    const group = this.#groups.find((each) => hello.groups?.includes(GROUPS[each]));
    if (group === undefined) {
      throw new TlsError("handshake_failure", "Cannot go on: no common key exchange group");
    }
    if (this.#asked !== undefined) throw illegal("the second ClientHello has no key for the group asked for");
    const retry = encodeHelloRetryRequest({ cipherSuite: suite.code, group: GROUPS[group], cookie: null });
    this.transcript = Transcript.afterRetry(suite, message.raw, retry);
    this.agreed.suite = suite;
    this.agreed.retried = true;
    this.#asked = group;
    this.state = "second ClientHello";
    this.handshake.send("initial", retry);
  }

  #requireSame(second: ClientHello, suite: CipherSuite): void {
    const first = this.#hello!;
    const same = suite === this.agreed.suite && first.random.every((byte, i) => byte === second.random[i]) &&
      first.serverName === second.serverName;
    if (!same) throw illegal("the second ClientHello is not the first one with another key");
  }

  #answer(hello: ClientHello, suite: CipherSuite, group: GroupName, peerKey: Uint8Array): void {
    const { random } = this.#options;
    const transportParameters = this.#transportParameters;
    this.#transportParameters = null;
    const credentials = this.#credentials(hello);
    this.#hello = undefined;
    const share = makeKeyShare(group, random);
    const secret = share.agree(peerKey);
    const serverHello = encodeServerHello({
      random: Uint8Array.from(random(32)),
      cipherSuite: suite.code,
      keyShare: { group: GROUPS[group], key: share.publicKey },
    });
    this.say(serverHello, "initial");
    this.handshake.emit({ type: "transport-parameters", bytes: hello.transportParameters! });
    this.protect(suite, secret, hello.random);
    const asksClient = this.#options.checkClient !== undefined;
    this.peerType = asksClient && hello.clientCertificateTypes !== null ? this.#typeOfClient(hello) : "x509";
    this.say(encodeEncryptedExtensions({
      alpn: this.agreed.alpn,
      transportParameters,
      serverCertificateType: hello.serverCertificateTypes === null
        ? null
        : CERTIFICATE_TYPE[credentials.type],
      clientCertificateType: asksClient && hello.clientCertificateTypes !== null
        ? CERTIFICATE_TYPE[this.peerType]
        : null,
    }));
    if (asksClient) this.say(encodeCertificateRequest(Object.values(SCHEMES)));
    this.sayIdentity(credentials, new Uint8Array(0), hello.schemes!);
    this.sayFinished();
    this.handshake.install("application", suite, this.applicationSecrets(), hello.random);
    this.state = asksClient ? "Certificate" : "Finished";
  }

  #credentials(hello: ClientHello): Credentials {
    const all = this.#options.credentials(hello.serverName);
    if (all.length === 0) {
      throw new TlsError(
        "unrecognized_name",
        `Cannot go on: there is no certificate for ${hello.serverName}`,
      );
    }
    const fitting = all.find(({ type }) => offersType(hello.serverCertificateTypes, type));
    if (fitting !== undefined) return fitting;
    throw new TlsError(
      "unsupported_certificate",
      "Cannot go on: the client takes no kind of identity we have",
    );
  }

  #typeOfClient(hello: ClientHello): CertificateType {
    const types: readonly CertificateType[] = ["rawPublicKey", "x509"];
    const type = types.find((each) => offersType(hello.clientCertificateTypes, each));
    if (type !== undefined) return type;
    throw new TlsError("unsupported_certificate", "Cannot go on: the client has no kind of identity we take");
  }

  #onCertificate(message: HandshakeMessage): void {
    const peer = this.readIdentity(message);
    const verdict = this.#options.checkClient!(peer);
    this.agreed.peer = peer;
    this.agreed.verdict = verdict;
    if (!verdict.trusted) throw new TlsError(verdict.alert, `Cannot trust the client: ${verdict.text}`);
    this.hear(message);
    this.state = peer === null ? "Finished" : "CertificateVerify";
  }
}
