/** The findings about QUIC and multipath QUIC. */
export const QUIC_CODES = [
  "quic-works",
  "quic-fails",
  "quic-unknown",
  "quic-certificate-trusted",
  "quic-certificate-untrusted",
  "quic-certificate-unknown",
  "mpquic-works",
  "mpquic-old-draft",
  "mpquic-one-path",
  "mpquic-fails",
  "mpquic-unknown",
] as const;

/** The stable name of a finding about QUIC. */
export type QuicCode = (typeof QUIC_CODES)[number];
