import { ERRNO, errnoName } from "../../ffi/mod.ts";
import { MptError, type MptErrorCode } from "../base/errors.ts";
import { align } from "./attribute.ts";

/** `nlmsg_flags` of requests. */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP = 0x300;

/** In an answer: the table changed during the dump, so that entries may be missing or doubled. */
const NLM_F_DUMP_INTR = 0x10;

/** `sizeof(struct nlmsghdr)`: u32 length with the header, u16 type, u16 flags, u32 sequence, u32 port. */
const HEADER = 16;

/** Message types below `NLMSG_MIN_TYPE` (16) are netlink's own. */
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSG_OVERRUN = 4;
const NLMSG_MIN_TYPE = 16;

/** A message to send. */
export interface OutgoingMessage {
  readonly type: number;
  readonly flags: number;
  /** The kernel repeats it in every message of its answer. */
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** One message of an answer. */
export interface NetlinkMessage {
  readonly type: number;
  readonly sequence: number;
  /** What follows the header: a view, not a copy. */
  readonly body: Uint8Array;
}

/** Everything that the kernel answered to one request. */
export interface NetlinkAnswer {
  readonly messages: readonly NetlinkMessage[];
  /** Whether the table changed during the dump: ask again for a consistent one. */
  readonly interrupted: boolean;
}

/** The bytes of a message. */
export function encodeMessage(message: OutgoingMessage): Uint8Array<ArrayBuffer> {
  const length = HEADER + message.body.length;
  const bytes = new Uint8Array(align(length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  view.setUint16(4, message.type, true);
  view.setUint16(6, message.flags, true);
  view.setUint32(8, message.sequence, true);
  bytes.set(message.body, HEADER);
  return bytes;
}

/**
 * The messages of an answer, up to the one that ends it. An acknowledgement is an answer without messages.
 *
 * @param parts What each read from the socket returned.
 * @throws {MptError} `ERR_PERMISSION`, `ERR_NOT_SUPPORTED`, `ERR_NO_ROUTE` or `ERR_SYSTEM` when the kernel
 *   refused, with the errno's name in `data.errno`; `ERR_PROTOCOL` when a length points outside the answer.
 */
export function decodeMessages(parts: readonly Uint8Array[]): NetlinkAnswer {
  const messages: NetlinkMessage[] = [];
  let interrupted = false;
  for (const part of parts) {
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    let at = 0;
    while (at < part.length) {
      const left = part.length - at;
      const length = left < HEADER ? 0 : view.getUint32(at, true);
      if (length < HEADER || length > left) {
        throw new MptError(
          "ERR_PROTOCOL",
          `Cannot read a netlink message at offset ${at}: its length is ${length} and ${left} bytes are left`,
        );
      }
      const type = view.getUint16(at + 4, true);
      const body = part.subarray(at + HEADER, at + length);
      if ((view.getUint16(at + 6, true) & NLM_F_DUMP_INTR) !== 0) interrupted = true;
      if (type === NLMSG_DONE || type === NLMSG_ERROR) {
        throwRefusal(body, type);
        return { messages, interrupted };
      }
      if (type === NLMSG_OVERRUN) {
        throw new MptError("ERR_SYSTEM", "Cannot read the kernel's answer: messages were lost");
      }
      if (type >= NLMSG_MIN_TYPE) {
        messages.push({ type, sequence: view.getUint32(at + 8, true), body });
      }
      at += align(length);
    }
  }
  return { messages, interrupted };
}

const CODES: ReadonlyMap<number, MptErrorCode> = new Map([
  [ERRNO.EPERM, "ERR_PERMISSION"],
  [ERRNO.EACCES, "ERR_PERMISSION"],
  [ERRNO.EOPNOTSUPP, "ERR_NOT_SUPPORTED"],
  [ERRNO.ENETUNREACH, "ERR_NO_ROUTE"],
  [ERRNO.EHOSTUNREACH, "ERR_NO_ROUTE"],
]);

/** Both `NLMSG_ERROR` and the end of a dump that failed half-way begin with an int: minus an errno. */
function throwRefusal(body: Uint8Array, type: number): void {
  if (body.length < 4) {
    if (type === NLMSG_DONE) return;
    throw new MptError("ERR_PROTOCOL", "Cannot read the kernel's error message: it is too short");
  }
  const result = new DataView(body.buffer, body.byteOffset, body.byteLength).getInt32(0, true);
  if (result >= 0) return;
  const errno = errnoName(-result);
  throw new MptError(
    CODES.get(-result) ?? "ERR_SYSTEM",
    `Cannot read from the kernel by netlink: it answered ${errno}`,
    { data: { errno } },
  );
}

/** Whether the kernel refused because what was looked up does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof MptError && error.data["errno"] === errnoName(ERRNO.ENOENT);
}

/**
 * A view of the fixed struct at the head of a message's body.
 *
 * @throws {MptError} `ERR_PROTOCOL` when the body is shorter.
 */
export function headOf(message: NetlinkMessage, size: number): DataView {
  const { body } = message;
  if (body.length < size) {
    throw new MptError(
      "ERR_PROTOCOL",
      `Cannot read a netlink message of type ${message.type}: it has ${body.length} bytes of at least ${size}`,
    );
  }
  return new DataView(body.buffer, body.byteOffset, size);
}
