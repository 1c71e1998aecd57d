import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { Buffer } from "node:buffer";
import { fromHex } from "../base/hex.ts";
import { TlsError } from "./alerts.ts";
import type { GroupName } from "./code_points.ts";

/** Gives so many random bytes. */
export type Random = (length: number) => Uint8Array;

/** Our half of a key exchange. */
export interface KeyShare {
  readonly group: GroupName;
  /** What the other end gets. */
  readonly publicKey: Uint8Array;
  /**
   * The shared secret (RFC 9846 7.4.2).
   *
   * @throws {TlsError} If the other end's key is none.
   */
  agree(peerKey: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** DER around a raw X25519 key: the algorithm (RFC 8410 3) is all there is to say. */
const X25519_PRIVATE = fromHex("302e020100300506032b656e04220420");
const X25519_PUBLIC = fromHex("302a300506032b656e032100");
const X25519_BYTES = 32;

const CURVES: Readonly<Record<"secp256r1" | "secp384r1", { readonly name: string; readonly bytes: number }>> =
  {
    secp256r1: { name: "prime256v1", bytes: 32 },
    secp384r1: { name: "secp384r1", bytes: 48 },
  };

/** How often a random number may lie beyond the order of the curve; once in 2^32 is bad luck. */
const MAX_TRIES = 8;

/** Makes our half for a group. */
export function makeKeyShare(group: GroupName, random: Random): KeyShare {
  return group === "x25519" ? makeX25519(random) : makeEcdh(group, random);
}

function makeX25519(random: Random): KeyShare {
  const der = join(X25519_PRIVATE, random(X25519_BYTES));
  const privateKey = createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    group: "x25519",
    publicKey: new Uint8Array(spki).slice(-X25519_BYTES),
    agree: (peerKey) => {
      if (peerKey.length !== X25519_BYTES) throw badKey("x25519");
      let secret: Uint8Array<ArrayBuffer>;
      try {
        const publicKey = createPublicKey({
          key: Buffer.from(join(X25519_PUBLIC, peerKey)),
          format: "der",
          type: "spki",
        });
        secret = new Uint8Array(diffieHellman({ privateKey, publicKey }));
      } catch (error) {
        throw badKey("x25519", error);
      }
      // RFC 9846 7.4.2: a key of small order gives zeros.
      if (secret.every((byte) => byte === 0)) throw badKey("x25519");
      return secret;
    },
  };
}

function makeEcdh(group: "secp256r1" | "secp384r1", random: Random): KeyShare {
  const { name, bytes } = CURVES[group];
  const ecdh = createECDH(name);
  for (let tries = 1;; tries++) {
    try {
      ecdh.setPrivateKey(Buffer.from(random(bytes)));
      break;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
  return {
    group,
    publicKey: new Uint8Array(ecdh.getPublicKey()),
    agree: (peerKey) => {
      // RFC 9846 4.3.8.2: the uncompressed form, and a point of the curve
      if (peerKey.length !== 2 * bytes + 1 || peerKey[0] !== 4) throw badKey(group);
      try {
        return new Uint8Array(ecdh.computeSecret(Buffer.from(peerKey)));
      } catch (error) {
        throw badKey(group, error);
      }
    },
  };
}

function badKey(group: GroupName, cause?: unknown): TlsError {
  return new TlsError(
    "illegal_parameter",
    `Cannot agree on a key: the peer's ${group} key is not one`,
    cause,
  );
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}
