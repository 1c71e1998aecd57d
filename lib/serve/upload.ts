import { MptError, toMptError } from "../base/errors.ts";
import { contentLength, encodeResponseHead, type RequestHead } from "../protocol/http1.ts";
import { type Http1Body, requestBody } from "../protocol/http1_body.ts";
import { tooManyBytes } from "./activity.ts";
import type { PerfSession } from "./perf_session.ts";
import type { Responder } from "./responder.ts";

/** What an upload is measured with. */
export interface UploadServices {
  readonly maxBytes: number;
  /** Makes the session, once it is clear that there will be an upload. */
  perf(): PerfSession;
}

/**
 * Takes the upload of a POST or PUT to `/perf`, and answers with the report when all of it has arrived:
 * MPTCP in Linux makes the packets of a sender smaller as soon as it has received anything.
 *
 * @returns Whether the connection may go on.
 * @throws {MptError} What broke the upload off; the client was told, where that was possible.
 */
export async function takeUpload(
  head: RequestHead,
  respond: Responder,
  services: UploadServices,
  keep: boolean,
): Promise<boolean> {
  let body: Http1Body | null;
  try {
    body = requestBody(head);
  } catch (error) {
    const { code, message } = toMptError(error, "Cannot read the HTTP body");
    // RFC 9112 6.1
    if (code === "ERR_NOT_SUPPORTED") return await respond.refuse(501, "Not Implemented", message);
    return await respond.refuse(400, "Bad Request", message);
  }
  // RFC 9110 15.5.12
  if (body === null) {
    const why = "an upload has a Content-Length or Transfer-Encoding: chunked";
    return await respond.refuse(411, "Length Required", why);
  }
  if ((contentLength(head.headers) ?? 0) > services.maxBytes) return await tooLarge(respond, services);
  const session = services.perf();
  try {
    await invite(head, respond);
    await session.upload(body);
  } catch (error) {
    if (error instanceof MptError && error.code === "ERR_LIMIT") await tooLarge(respond, services);
    if (error instanceof MptError && error.code === "ERR_PROTOCOL") {
      await respond.refuse(400, "Bad Request", error.message);
    }
    throw error;
  }
  return await respond.json(head, session.report(), keep);
}

/** RFC 9110 10.1.1: curl waits a second for this before it sends a large body. */
async function invite(head: RequestHead, respond: Responder): Promise<void> {
  if (head.version === "1.0" || head.headers.get("expect")?.toLowerCase() !== "100-continue") return;
  await respond.write(encodeResponseHead(100, "Continue", {}));
}

/** RFC 9110 15.5.14 */
function tooLarge(respond: Responder, { maxBytes }: UploadServices): Promise<false> {
  return respond.refuse(413, "Content Too Large", tooManyBytes(maxBytes).message);
}
