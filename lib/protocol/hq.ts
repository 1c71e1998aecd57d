import { MptError } from "../base/errors.ts";
import type { ByteStream } from "../io/byte_stream.ts";

/** The application protocol of HTTP/0.9 over QUIC, as the interop runner has it. */
export const HQ_ALPN = "hq-interop";

/**
 * Asks for a path over hq-interop: a request is a line, the answer is all that comes back.
 *
 * @param stream A stream of a connection with {@linkcode HQ_ALPN} that nothing was sent on.
 * @param path What to ask for.
 * @param maxBytes The longest answer.
 * @returns The answer as text.
 * @throws {MptError} `ERR_LIMIT` for a longer answer, and the stream's errors.
 */
export async function hqGet(stream: ByteStream, path: string, maxBytes: number): Promise<string> {
  await stream.write(new TextEncoder().encode(`GET ${path}\r\n`));
  await stream.closeWrite();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      stream.abort();
      throw new MptError("ERR_LIMIT", `Cannot read the answer: it has more than ${maxBytes} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
