import assert from "node:assert/strict";
import type { FreshId } from "../../../../lib/quic/ids/local_ids.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QuicError } from "../../../../lib/quic/wire/quic_error.ts";

/** The id of a number, and its reset token; no two numbers have the same. */
export function freshId(number: number, series = 0): FreshId {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, series);
  new DataView(bytes.buffer).setUint32(4, number);
  const resetToken = new Uint8Array(16).fill(0x5a);
  resetToken.set(bytes, 8);
  return { connectionId: ConnectionId.from(bytes), resetToken };
}

/** Makes one id after the other, starting with 1. */
export function idMaker(series = 0): () => FreshId {
  let made = 0;
  return () => freshId(++made, series);
}

/** The transport error that something ends in; -1 if it does not. */
export function errorCodeOf(work: () => void): number {
  try {
    work();
  } catch (error) {
    assert(error instanceof QuicError, String(error));
    return error.errorCode;
  }
  return -1;
}
