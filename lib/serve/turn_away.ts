import type { Connection } from "../io/connection.ts";
import { deadline, orAborted } from "../io/deadline.ts";
import { encodeResponseHead } from "../protocol/http1.ts";
import { QuicTransport } from "../transport/quic.ts";
import { linger } from "./linger.ts";

/** The application error code for a client that is one too many. */
const TOO_MANY = 1;

/** How long a client that is one too many has to ask for something, in milliseconds. */
const ASK_MS = 1000;

/**
 * Ends a connection that is one too many, with the reason.
 *
 * @param connection The connection; it is over when this resolves. Never rejects.
 * @param reason Why it is not served.
 * @param patient Whether to wait for the request: most HTTP clients take no answer before it.
 * @param signal Ends the wait.
 */
export async function turnAway(
  connection: Connection,
  reason: string,
  patient: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (connection instanceof QuicTransport) return await connection.quic.close(TOO_MANY, reason);
  try {
    const stream = await connection.openStream();
    // A client that says nothing is answered all the same.
    const asked = patient && await inTime(stream.read(), signal) !== undefined;
    const body = new TextEncoder().encode(`${reason}; try again later\n`);
    // RFC 9110 15.6.4
    await stream.write(encodeResponseHead(503, "Service Unavailable", {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": String(body.length),
      "Retry-After": "1",
      Connection: "close",
    }));
    await stream.write(body);
    await stream.closeWrite();
    if (asked) await inTime(linger(() => stream.read(), stream.closed), signal);
    await connection.close();
  } catch {
    // It has gone by itself.
    connection.abort();
    await connection.closed;
  }
}

/** The promise's result, or undefined when it takes too long. */
async function inTime<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  using limit = deadline(ASK_MS, signal);
  return await orAborted(promise, "wait for the client", limit.signal).catch(() => undefined);
}
