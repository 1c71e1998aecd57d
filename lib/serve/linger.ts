import { sleep } from "../io/deadline.ts";

/** How much a client that was refused may still send, in bytes; then it finds the window closed. */
const LINGER_BYTES = 1_048_576;

/** How long a client that goes on has to notice its answer, in milliseconds. */
const LINGER_MS = 1000;

/**
 * RFC 9112 9.6: closing with unread bytes would reset the connection and destroy the answer on its way. So
 * reads a little of what the client still sends, then leaves it the time to notice.
 *
 * @param read The next bytes, or null at the end.
 * @param closed Resolves when the connection is over.
 */
export async function linger(
  read: () => Promise<Uint8Array | null>,
  closed: Promise<void>,
): Promise<void> {
  for (let left = LINGER_BYTES; left > 0;) {
    const chunk = await read();
    if (chunk === null) return;
    left -= chunk.length;
  }
  const over = new AbortController();
  closed.then(() => over.abort());
  await sleep(LINGER_MS, over.signal);
}
