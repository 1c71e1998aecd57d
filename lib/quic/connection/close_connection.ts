import { TlsError } from "../../tls/alerts.ts";
import { QUIC_ERROR } from "../wire/error_codes.ts";
import type { ConnectionClose } from "../wire/frames.ts";
import { QuicError } from "../wire/quic_error.ts";
import type { Core } from "./core.ts";
import type { CloseReason } from "./events.ts";
import { logClosed } from "./log.ts";

/** RFC 9000 10.2: how many probe timeouts an end is remembered. */
const CLOSE_PROBE_TIMEOUTS = 3;

/** RFC 9000 19.6 */
const CRYPTO_FRAME = 0x06;

/** A reason is cut here: it has to fit a packet. */
const MAX_REASON_CHARACTERS = 256;

/** Closes the connection from this end. */
export function closeConnection(
  core: Core,
  nowUs: number,
  layer: "transport" | "application",
  errorCode: number,
  text: string,
  frameType: number,
  cause?: unknown,
): void {
  const frame: ConnectionClose = {
    kind: "connection_close",
    layer,
    errorCode,
    frameType,
    reason: text.slice(0, MAX_REASON_CHARACTERS),
  };
  const reason: CloseReason = {
    by: "local",
    layer,
    errorCode,
    frameType: frameType === 0 ? null : frameType,
    text,
    ...(cause === undefined ? {} : { cause }),
  };
  const untilUs = nowUs + CLOSE_PROBE_TIMEOUTS * core.longestProbeTimeoutUs;
  if (core.closing.close(frame, reason, untilUs)) tellClosed(core, reason, nowUs);
}

/** Closes the connection because of something that was thrown while a packet was processed. */
export function closeForError(core: Core, nowUs: number, error: unknown): void {
  if (error instanceof QuicError) {
    closeConnection(core, nowUs, "transport", error.errorCode, error.message, error.frameType ?? 0, error);
  } else if (error instanceof TlsError) {
    closeConnection(core, nowUs, "transport", error.quicErrorCode, error.message, CRYPTO_FRAME, error);
  } else {
    // Nothing of ours is told to the peer
    const text = "Cannot go on: internal error";
    closeConnection(core, nowUs, "transport", QUIC_ERROR.INTERNAL_ERROR, text, 0, error);
  }
}

/**
 * Ends a connection out of which an exception came: with INTERNAL_ERROR, and without a word when even that
 * throws. Its neighbours on the same socket go on.
 */
export function closeForFault(core: Core, nowUs: number, error: unknown): void {
  if (core.closing.isOpen) {
    try {
      // Packets that were left half done must not get their masks later, when others stand there
      core.keys.application?.headers.out.protect();
      closeForError(core, nowUs, error);
      return;
    } catch {
      // What is broken cannot be asked for timeouts
    }
  }
  const text = "Cannot go on: internal error";
  const reason: CloseReason = {
    by: "local",
    layer: "transport",
    errorCode: QUIC_ERROR.INTERNAL_ERROR,
    frameType: null,
    text,
    cause: error,
  };
  if (core.closing.forget(reason)) core.events.push({ type: "closed", reason });
  releaseKeys(core);
}

/** The peer has closed, or does not know the connection any more: nothing more is sent. */
export function drainConnection(core: Core, nowUs: number, reason: CloseReason): void {
  const untilUs = nowUs + CLOSE_PROBE_TIMEOUTS * core.longestProbeTimeoutUs;
  if (core.closing.drain(reason, untilUs)) tellClosed(core, reason, nowUs);
}

/** The connection is over without a word to anybody (RFC 9000 10.1, 6.2). */
export function forgetConnection(
  core: Core,
  nowUs: number,
  by: "idle-timeout" | "version",
  text: string,
  versions?: readonly number[],
): void {
  const reason: CloseReason = {
    by,
    layer: null,
    errorCode: null,
    frameType: null,
    text,
    ...(versions === undefined ? {} : { versions }),
  };
  if (core.closing.forget(reason)) tellClosed(core, reason, nowUs);
  releaseKeys(core);
}

/** Frees the keys of a connection that nobody needs any more. */
export function releaseKeys(core: Core): void {
  core.keys.initial?.close();
  core.keys.handshake?.close();
  core.keys.application?.close();
  core.keys.initial = core.keys.handshake = core.keys.application = null;
}

function tellClosed(core: Core, reason: CloseReason, nowUs: number): void {
  core.events.push({ type: "closed", reason });
  if (core.qlog !== null) logClosed(core.qlog, reason, nowUs);
}
