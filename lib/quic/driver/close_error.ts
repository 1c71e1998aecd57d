import { MptError } from "../../base/errors.ts";
import { TlsError } from "../../tls/alerts.ts";
import type { CloseReason } from "../connection/events.ts";
import { alertOf, errorName, QUIC_ERROR } from "../wire/error_codes.ts";

/** What an alert of the other end means for whoever reads it. */
const ALERT_WORDS: ReadonlyMap<number, string> = new Map([
  [40, "it finds no cipher suite, group or signature in common"],
  [42, "it does not accept our certificate"],
  [48, "it does not know who issued our certificate"],
  [70, "it does not speak TLS 1.3"],
  [80, "it has an internal error"],
  [112, "it serves no such name"],
  [116, "it wants a certificate"],
  [120, "it speaks none of our application protocols"],
]);

/**
 * The typed error for the end of a connection that this end did not ask for.
 *
 * @param reason Why it is over.
 * @param action What cannot be done because of it, such as `connect to 192.0.2.1:443`.
 */
export function closeError(reason: CloseReason, action: string): MptError {
  const data = {
    closed_by: reason.by,
    quic_layer: reason.layer,
    quic_error: reason.errorCode,
    quic_error_name: reason.layer === "transport" && reason.errorCode !== null
      ? errorName(reason.errorCode)
      : null,
    reason: reason.text,
  };
  const make = (code: MptError["code"], why: string): MptError =>
    new MptError(code, `Cannot ${action}: ${why}`, { data, cause: reason.cause });
  switch (reason.by) {
    case "idle-timeout":
      return make("ERR_TIMED_OUT", "the other end has been silent for too long");
    case "stateless-reset":
      return make("ERR_RESET", "the other end no longer knows the connection");
    case "version":
      return make("ERR_PROTOCOL", reasonOf(reason.text));
    case "local":
      if (reason.cause instanceof TlsError) return make("ERR_TLS", reasonOf(reason.cause.message));
      return make(reason.layer === "transport" ? "ERR_PROTOCOL" : "ERR_CLOSED", reasonOf(reason.text));
    case "peer":
      return byPeer(reason, make);
    default:
      return reason.by satisfies never;
  }
}

function byPeer(reason: CloseReason, make: (code: MptError["code"], why: string) => MptError): MptError {
  const { layer, errorCode, text } = reason;
  const said = text === "" ? "" : ` and says ${JSON.stringify(text)}`;
  if (layer === "application" || errorCode === null) {
    return make("ERR_RESET", `the other end closed the connection with code ${errorCode}${said}`);
  }
  if (errorCode === QUIC_ERROR.CONNECTION_REFUSED) return make("ERR_REFUSED", `the server refuses it${said}`);
  const alert = alertOf(errorCode);
  if (alert === null) {
    const code = errorCode === QUIC_ERROR.NO_ERROR ? "ERR_RESET" : "ERR_PROTOCOL";
    return make(code, `the other end closed the connection with ${errorName(errorCode)}${said}`);
  }
  const words = ALERT_WORDS.get(alert);
  return make(
    "ERR_TLS",
    `the other end ended the handshake with ${errorName(errorCode)}${
      words === undefined ? "" : `: ${words}`
    }${said}`,
  );
}

/** What follows "Cannot X: ". */
function reasonOf(message: string): string {
  return message.replace(
    /^Cannot trust the server's certificate: /,
    "the server's certificate is not trusted: ",
  )
    .replace(/^Cannot [^:]*: /, "");
}
