import { MptError, type MptErrorCode } from "../../base/errors.ts";
import type { OpenRefusal } from "../connection/open_path.ts";

/** What a refusal is to its user: a code and the reason in words. */
const REFUSALS: Readonly<Record<OpenRefusal, readonly [MptErrorCode, string]>> = {
  "server-may-not": ["ERR_NOT_SUPPORTED", "only the client of a connection opens paths"],
  closing: ["ERR_CLOSED", "the connection is over"],
  "handshake-not-confirmed": ["ERR_TIMED_OUT", "the handshake is not confirmed by the server yet"],
  "not-negotiated": ["ERR_NOT_SUPPORTED", "the ends did not agree on multipath QUIC"],
  "not-allowed": ["ERR_OPTION_REFUSED", "the server wants no further paths to this address of it"],
  "no-path-id": ["ERR_LIMIT", "all path ids that both ends allow are in use"],
  "no-connection-id": ["ERR_LIMIT", "the other end has given no connection id for another path"],
};

/** The error for a path that cannot be opened; its data names the limit. */
export function refusalError(refusal: OpenRefusal, action: string): MptError {
  const [code, why] = REFUSALS[refusal];
  return new MptError(code, `Cannot ${action}: ${why}`, { data: { refusal } });
}

/** The error for a path whose validation came to nothing. */
export function noAnswer(action: string): MptError {
  return new MptError("ERR_TIMED_OUT", `Cannot ${action}: no answer came back on it`, {
    data: { refusal: "not-validated" },
  });
}
