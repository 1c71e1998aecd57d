import { MptError } from "../../base/errors.ts";
import { errorName } from "./error_codes.ts";

/**
 * Something the peer sent that closes the connection: an {@linkcode MptError} with what the
 * CONNECTION_CLOSE frame has to say.
 */
export class QuicError extends MptError {
  /** The transport error code to close with. */
  readonly errorCode: number;
  /** The code point of the frame at fault, or null when it is not known or not a frame. */
  readonly frameType: number | null;

  constructor(errorCode: number, message: string, frameType: number | null = null) {
    super("ERR_PROTOCOL", message, {
      data: { quic_error: errorCode, quic_error_name: errorName(errorCode), frame_type: frameType },
    });
    this.name = "QuicError";
    this.errorCode = errorCode;
    this.frameType = frameType;
  }
}
