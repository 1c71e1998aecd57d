/** Error codes of the transport (RFC 9000 20.1, RFC 9368 10.2). */
export const QUIC_ERROR = {
  NO_ERROR: 0x00,
  INTERNAL_ERROR: 0x01,
  CONNECTION_REFUSED: 0x02,
  FLOW_CONTROL_ERROR: 0x03,
  STREAM_LIMIT_ERROR: 0x04,
  STREAM_STATE_ERROR: 0x05,
  FINAL_SIZE_ERROR: 0x06,
  FRAME_ENCODING_ERROR: 0x07,
  TRANSPORT_PARAMETER_ERROR: 0x08,
  CONNECTION_ID_LIMIT_ERROR: 0x09,
  PROTOCOL_VIOLATION: 0x0a,
  INVALID_TOKEN: 0x0b,
  APPLICATION_ERROR: 0x0c,
  CRYPTO_BUFFER_EXCEEDED: 0x0d,
  KEY_UPDATE_ERROR: 0x0e,
  AEAD_LIMIT_REACHED: 0x0f,
  NO_VIABLE_PATH: 0x10,
  VERSION_NEGOTIATION_ERROR: 0x11,
} as const;

/** The name of a transport error. */
export type QuicErrorName = keyof typeof QUIC_ERROR;

/** RFC 9000 20.1: CRYPTO_ERROR, 0x0100 to 0x01ff, has a TLS alert in its low byte. */
const CRYPTO_ERROR = 0x0100;
const MAX_ALERT = 0xff;

/** RFC 9846 6.2, RFC 7301 3.2: the alerts by number. */
const ALERTS: ReadonlyMap<number, string> = new Map([
  [0, "close_notify"],
  [10, "unexpected_message"],
  [20, "bad_record_mac"],
  [22, "record_overflow"],
  [40, "handshake_failure"],
  [42, "bad_certificate"],
  [43, "unsupported_certificate"],
  [44, "certificate_revoked"],
  [45, "certificate_expired"],
  [46, "certificate_unknown"],
  [47, "illegal_parameter"],
  [48, "unknown_ca"],
  [49, "access_denied"],
  [50, "decode_error"],
  [51, "decrypt_error"],
  [70, "protocol_version"],
  [71, "insufficient_security"],
  [80, "internal_error"],
  [86, "inappropriate_fallback"],
  [90, "user_canceled"],
  [109, "missing_extension"],
  [110, "unsupported_extension"],
  [112, "unrecognized_name"],
  [113, "bad_certificate_status_response"],
  [115, "unknown_psk_identity"],
  [116, "certificate_required"],
  [120, "no_application_protocol"],
]);

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(QUIC_ERROR).map(([name, code]) => [code, name]),
);

/** The transport error that stands for a TLS alert. */
export function cryptoError(alert: number): number {
  return CRYPTO_ERROR + (alert & MAX_ALERT);
}

/** The TLS alert in a transport error, or null when it is another kind of error. */
export function alertOf(errorCode: number): number | null {
  return errorCode >= CRYPTO_ERROR && errorCode <= CRYPTO_ERROR + MAX_ALERT ? errorCode - CRYPTO_ERROR : null;
}

/** `FLOW_CONTROL_ERROR`, `CRYPTO_ERROR (no_application_protocol)`, or the number of an error without a name. */
export function errorName(errorCode: number): string {
  const alert = alertOf(errorCode);
  if (alert !== null) return `CRYPTO_ERROR (${ALERTS.get(alert) ?? `alert ${alert}`})`;
  return NAMES.get(errorCode) ?? `0x${errorCode.toString(16)}`;
}
