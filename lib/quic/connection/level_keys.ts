import type { CryptoBackend, HeaderCipher, PacketCipher } from "../../crypto/aead.ts";
import { HeaderProtection } from "../../crypto/header_protection.ts";
import { initialSecrets } from "../../crypto/initial.ts";
import { deriveHeaderKey, derivePacketKeys, type PacketKeys } from "../../crypto/packet_keys.ts";
import { AES_128_GCM_SHA256, type CipherSuite } from "../../crypto/suites.ts";
import type { Side } from "../streams/stream_id.ts";
import { KeyPhases } from "../key_phases.ts";
import type { ConnectionId } from "../wire/connection_id.ts";

/** Header protection of both directions. */
export class HeaderKeys {
  readonly out: HeaderProtection;
  readonly in: HeaderProtection;
  readonly #ciphers: readonly HeaderCipher[];

  constructor(
    backend: CryptoBackend,
    suite: CipherSuite,
    own: Pick<PacketKeys, "headerKey">,
    peer: Pick<PacketKeys, "headerKey">,
  ) {
    const out = backend.headerCipher(suite, own);
    const into = backend.headerCipher(suite, peer);
    this.out = new HeaderProtection(out);
    this.in = new HeaderProtection(into);
    this.#ciphers = [out, into];
  }

  close(): void {
    for (const cipher of this.#ciphers) cipher.close();
  }
}

/** The keys of Initial or Handshake packets, in both directions. */
export class LevelKeys {
  readonly headers: HeaderKeys;
  readonly seal: PacketCipher;
  readonly open: PacketCipher;

  constructor(
    backend: CryptoBackend,
    suite: CipherSuite,
    version: number,
    ownSecret: Uint8Array,
    peerSecret: Uint8Array,
  ) {
    const own = derivePacketKeys(suite, ownSecret, version);
    const peer = derivePacketKeys(suite, peerSecret, version);
    this.headers = new HeaderKeys(backend, suite, own, peer);
    this.seal = backend.packetCipher(suite, own);
    this.open = backend.packetCipher(suite, peer);
  }

  close(): void {
    this.headers.close();
    this.seal.close();
    this.open.close();
  }
}

/** The keys of 1-RTT packets, in both directions. */
export class ApplicationKeys {
  readonly headers: HeaderKeys;
  readonly phases: KeyPhases;

  constructor(
    backend: CryptoBackend,
    suite: CipherSuite,
    version: number,
    ownSecret: Uint8Array<ArrayBuffer>,
    peerSecret: Uint8Array<ArrayBuffer>,
  ) {
    this.phases = new KeyPhases(backend, suite, version, ownSecret, peerSecret);
    const headerKey = (secret: Uint8Array): Pick<PacketKeys, "headerKey"> =>
      deriveHeaderKey(suite, secret, version);
    this.headers = new HeaderKeys(backend, suite, headerKey(ownSecret), headerKey(peerSecret));
  }

  close(): void {
    this.headers.close();
    this.phases.close();
  }
}

/** RFC 9001 5.2: the keys of Initial packets, from the id that the client sends them to. */
export function initialKeys(
  backend: CryptoBackend,
  version: number,
  side: Side,
  destination: ConnectionId,
): LevelKeys {
  const secrets = initialSecrets(version, destination.toBytes());
  const [own, peer] = side === "client" ? [secrets.client, secrets.server] : [secrets.server, secrets.client];
  return new LevelKeys(backend, AES_128_GCM_SHA256, version, own, peer);
}
