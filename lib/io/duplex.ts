import { Duplex } from "node:stream";
import type { ByteStream } from "./byte_stream.ts";

/**
 * A stream as Node's Duplex, for the parts of Node that want one, such as TLS. Ending it half-closes the
 * stream; destroying it leaves the stream to whoever opened it.
 */
export function duplexOf(stream: ByteStream): Duplex {
  let reading = false;
  const duplex = new Duplex({
    async read(): Promise<void> {
      if (reading) return;
      reading = true;
      try {
        // The chunk is the stream's until the next read: hand on a copy.
        const chunk = await stream.read();
        reading = false;
        duplex.push(chunk === null ? null : chunk.slice());
      } catch (error) {
        duplex.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    },
    write(chunk: Uint8Array, _encoding, done): void {
      stream.write(new Uint8Array(chunk)).then(() => done(), done);
    },
    final(done): void {
      stream.closeWrite().then(() => done(), done);
    },
  });
  return duplex;
}
