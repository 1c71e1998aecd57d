import { MptError } from "../base/errors.ts";

/** The connection is over, at whichever end that began. */
export function closedError(peer: string): MptError {
  return new MptError("ERR_CLOSED", `Cannot exchange data with ${peer}: the connection is closed`);
}

/** This end has said that it sends no more. */
export function closedSideError(peer: string): MptError {
  return new MptError("ERR_CLOSED", `Cannot send to ${peer}: this side is already closed`);
}

/** This end gave the connection up. */
export function cancelledError(peer: string): MptError {
  return new MptError("ERR_ABORTED", `Cannot exchange data with ${peer}: it was cancelled`);
}

/** Somebody does the same on the same stream. */
export function busyError(verb: "read" | "write"): MptError {
  return new MptError("ERR_USAGE", `Cannot ${verb}: another ${verb} is under way on this stream`);
}
