import { MptError } from "../base/errors.ts";

/** The alerts of RFC 9846 6 and RFC 7301 that a QUIC handshake can end with. */
export const ALERTS = {
  close_notify: 0,
  unexpected_message: 10,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
} as const;

/** The name of an alert. */
export type AlertName = keyof typeof ALERTS;

/** A handshake that cannot go on: `ERR_TLS`, with the alert to close the connection with. */
export class TlsError extends MptError {
  /** The alert in the words of the standard. */
  readonly alert: AlertName;

  /**
   * Makes an error.
   *
   * @param alert The alert for the other end.
   * @param message A sentence of the form "Cannot X: reason".
   */
  constructor(alert: AlertName, message: string, cause?: unknown) {
    super("ERR_TLS", message, { data: { alert }, ...(cause === undefined ? {} : { cause }) });
    this.name = "TlsError";
    this.alert = alert;
  }

  /** RFC 9001 4.8: the QUIC error code of this alert. */
  get quicErrorCode(): number {
    return 0x100 + ALERTS[this.alert];
  }
}

/** What TLS allows and QUIC does not: the connection ends with PROTOCOL_VIOLATION and not with an alert. */
export class QuicRuleError extends TlsError {
  /** @param message A sentence of the form "Cannot X: reason". */
  constructor(message: string) {
    super("unexpected_message", message);
    this.name = "QuicRuleError";
  }

  override get quicErrorCode(): number {
    return 0x0a;
  }
}
