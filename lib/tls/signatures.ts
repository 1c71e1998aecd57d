import { constants, type KeyObject, sign, verify } from "node:crypto";
import { ecdsaSign, ecdsaVerify } from "../crypto/ecdsa.ts";
import type { HashName } from "../crypto/hkdf.ts";
import { TlsError } from "./alerts.ts";
import { type SchemeName, schemeName, SCHEMES } from "./code_points.ts";
import type { Transcript } from "./key_schedule.ts";

/** Which end signs. */
export type Signer = "client" | "server";

/** The hash that goes with a scheme; null where the algorithm has its own. */
const HASHES: Readonly<Record<SchemeName, string | null>> = {
  ecdsa_secp256r1_sha256: "sha256",
  ecdsa_secp384r1_sha384: "sha384",
  ed25519: null,
  rsa_pss_rsae_sha256: "sha256",
  rsa_pss_rsae_sha384: "sha384",
  rsa_pss_rsae_sha512: "sha512",
};

/** RFC 9846 4.5.2: spaces in front, so that no other protocol's signature fits. */
const PADDING_BYTES = 64;
const PADDING = 0x20;

/** The schemes that a key can sign with, in our order of preference. */
export function schemesOf(key: KeyObject): readonly SchemeName[] {
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return ["ed25519"];
    case "ec":
      return ecSchemes(key.asymmetricKeyDetails?.namedCurve);
    case "rsa":
      return ["rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512"];
    default:
      return [];
  }
}

/**
 * Signs the handshake so far (RFC 9846 4.5.2).
 *
 * @param offered What the other end can verify.
 * @throws {TlsError} If the key has no scheme that was offered.
 */
export function signTranscript(
  signer: Signer,
  key: KeyObject,
  offered: readonly number[],
  transcript: Transcript,
): { readonly scheme: number; readonly signature: Uint8Array<ArrayBuffer> } {
  const name = schemesOf(key).find((each) => offered.includes(SCHEMES[each]));
  if (name === undefined) {
    throw new TlsError(
      "handshake_failure",
      `Cannot sign: the peer verifies no ${key.asymmetricKeyType} signature`,
    );
  }
  const data = content(signer, transcript);
  const ecdsa = ecdsaHash(name);
  const signature = ecdsa === null
    ? new Uint8Array(sign(HASHES[name], data, { key, ...pss(name) }))
    : ecdsaSign(ecdsa, key, data);
  return { scheme: SCHEMES[name], signature };
}

/**
 * Checks the other end's signature over the handshake so far.
 *
 * @throws {TlsError} If it is wrong, or made with a scheme that does not go with the key.
 */
export function verifyTranscript(
  signer: Signer,
  key: KeyObject,
  scheme: number,
  signature: Uint8Array,
  transcript: Transcript,
): void {
  const name = schemeName(scheme);
  if (name === undefined || !schemesOf(key).includes(name)) {
    const text = `Cannot verify the ${signer}'s signature: scheme 0x${
      scheme.toString(16)
    } does not fit its key`;
    throw new TlsError("illegal_parameter", text);
  }
  const data = content(signer, transcript);
  const ecdsa = ecdsaHash(name);
  const isRight = ecdsa === null
    ? verify(HASHES[name], data, { key, ...pss(name) }, signature)
    : ecdsaVerify(ecdsa, key, data, signature);
  if (!isRight) {
    throw new TlsError("decrypt_error", `Cannot verify the ${signer}'s signature: it is wrong`);
  }
}

function ecSchemes(curve: string | undefined): readonly SchemeName[] {
  if (curve === "prime256v1" || curve === "P-256") return ["ecdsa_secp256r1_sha256"];
  if (curve === "secp384r1" || curve === "P-384") return ["ecdsa_secp384r1_sha384"];
  return [];
}

/** The hash of an ECDSA scheme; null for others. */
function ecdsaHash(name: SchemeName): HashName | null {
  if (name === "ecdsa_secp256r1_sha256") return "sha256";
  return name === "ecdsa_secp384r1_sha384" ? "sha384" : null;
}

function content(signer: Signer, transcript: Transcript): Uint8Array<ArrayBuffer> {
  const context = new TextEncoder().encode(`TLS 1.3, ${signer} CertificateVerify`);
  const hash = transcript.digest();
  const bytes = new Uint8Array(PADDING_BYTES + context.length + 1 + hash.length).fill(
    PADDING,
    0,
    PADDING_BYTES,
  );
  bytes.set(context, PADDING_BYTES);
  bytes.set(hash, PADDING_BYTES + context.length + 1);
  return bytes;
}

function pss(name: SchemeName): { readonly padding?: number; readonly saltLength?: number } {
  if (!name.startsWith("rsa_pss")) return {};
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}
