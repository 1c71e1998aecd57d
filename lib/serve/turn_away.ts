import type { Connection } from "../io/connection.ts";
import { deadline, orAborted } from "../io/deadline.ts";
import { encodeResponseHead } from "../protocol/http1.ts";

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
  try {
    const stream = await connection.openStream();
    if (patient) {
      using limit = deadline(ASK_MS, signal);
      // A client that says nothing is answered all the same.
      await orAborted(stream.read(), "wait for a request", limit.signal).catch(() => {});
    }
    const body = new TextEncoder().encode(`${reason}; try again later\n`);
    // RFC 9110 15.6.4
    await stream.write(encodeResponseHead(503, "Service Unavailable", {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": String(body.length),
      "Retry-After": "1",
      Connection: "close",
    }));
    await stream.write(body);
    await connection.close();
  } catch {
    // It has gone by itself.
    connection.abort();
    await connection.closed;
  }
}
