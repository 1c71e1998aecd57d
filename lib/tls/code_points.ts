/** Handshake messages (RFC 9846 4). */
export const MESSAGE = {
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  encryptedExtensions: 8,
  certificate: 11,
  certificateRequest: 13,
  certificateVerify: 15,
  finished: 20,
  keyUpdate: 24,
  messageHash: 254,
} as const;

/** Extensions (RFC 9846 4.3; RFC 7250 for the certificate types; RFC 9001 8.2). */
export const EXTENSION = {
  serverName: 0,
  supportedGroups: 10,
  signatureAlgorithms: 13,
  alpn: 16,
  clientCertificateType: 19,
  serverCertificateType: 20,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  cookie: 44,
  pskModes: 45,
  certificateAuthorities: 47,
  signatureAlgorithmsCert: 50,
  keyShare: 51,
  quicTransportParameters: 57,
} as const;

/** TLS 1.3 in `supported_versions`. */
export const TLS_13 = 0x0304;
/** What `legacy_version` always says. */
export const TLS_12 = 0x0303;

/** RFC 7250 3, RFC 6091. */
export const CERTIFICATE_TYPE = { x509: 0, rawPublicKey: 2 } as const;

/** What a peer proves its identity with. */
export type CertificateType = keyof typeof CERTIFICATE_TYPE;

/** The key exchange groups. */
export type GroupName = "x25519" | "secp256r1" | "secp384r1";

/** Their code points (RFC 9846 4.3.7). */
export const GROUPS: Readonly<Record<GroupName, number>> = {
  x25519: 0x001d,
  secp256r1: 0x0017,
  secp384r1: 0x0018,
};

/** The name of a group's code point, if this implementation has it. */
export function groupName(code: number): GroupName | undefined {
  return (Object.keys(GROUPS) as GroupName[]).find((name) => GROUPS[name] === code);
}

/** The signature schemes of CertificateVerify messages. */
export type SchemeName =
  | "ecdsa_secp256r1_sha256"
  | "ecdsa_secp384r1_sha384"
  | "ed25519"
  | "rsa_pss_rsae_sha256"
  | "rsa_pss_rsae_sha384"
  | "rsa_pss_rsae_sha512";

/** Their code points (RFC 9846 4.3.3), in our order of preference. */
export const SCHEMES: Readonly<Record<SchemeName, number>> = {
  ecdsa_secp256r1_sha256: 0x0403,
  ed25519: 0x0807,
  ecdsa_secp384r1_sha384: 0x0503,
  rsa_pss_rsae_sha256: 0x0804,
  rsa_pss_rsae_sha384: 0x0805,
  rsa_pss_rsae_sha512: 0x0806,
};

/** RFC 9846 4.3.3: these may appear in certificates only, so that chains with RSA roots are sent to us. */
export const CERTIFICATE_ONLY_SCHEMES: readonly number[] = [0x0401, 0x0501, 0x0601];

/** The name of a scheme's code point, if this implementation has it. */
export function schemeName(code: number): SchemeName | undefined {
  return (Object.keys(SCHEMES) as SchemeName[]).find((name) => SCHEMES[name] === code);
}
