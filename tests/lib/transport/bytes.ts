import { createHash, type Hash } from "node:crypto";
import type { ByteStream } from "../../../lib/io/byte_stream.ts";

/** What went over a stream: how much, and a checksum that finds any byte changed, lost, doubled or moved. */
export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

const CHUNK_BYTES = 262_144;

/** Bytes without repetition inside a chunk. */
const NOISE: Uint8Array<ArrayBuffer> = noise(CHUNK_BYTES);

function noise(length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(length / 4);
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer);
}

/** Writes so many bytes, each chunk awaited; the sending side stays open. */
export async function sendBytes(stream: ByteStream, total: number): Promise<Digest> {
  const hash = createHash("sha256");
  // Each chunk carries its number, so that chunks in another order have another checksum.
  const chunk = NOISE.slice();
  const number = new DataView(chunk.buffer);
  for (let sent = 0; sent < total;) {
    number.setUint32(0, sent / CHUNK_BYTES);
    const part = chunk.subarray(0, Math.min(chunk.length, total - sent));
    hash.update(part);
    await stream.write(part);
    sent += part.length;
  }
  return { bytes: total, sha256: hash.digest("hex") };
}

/** Reads until the other end closes its side. */
export async function receiveBytes(stream: ByteStream): Promise<Digest> {
  const counted = counter();
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) counted.add(chunk);
  return counted.digest();
}

/** As {@linkcode receiveBytes}, by `consume`. */
export async function consumeBytes(stream: ByteStream): Promise<Digest> {
  const counted = counter();
  await stream.consume(counted.add);
  return counted.digest();
}

interface Counter {
  readonly add: (chunk: Uint8Array) => void;
  readonly digest: () => Digest;
}

function counter(): Counter {
  const hash: Hash = createHash("sha256");
  let bytes = 0;
  return {
    add: (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
    },
    digest: () => ({ bytes, sha256: hash.digest("hex") }),
  };
}

/** The whole answer as text. */
export async function receiveText(stream: ByteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
