import { MptError } from "../base/errors.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { CheckAnswer } from "../protocol/check.ts";
import { Payload } from "../protocol/payload.ts";
import { StreamReader } from "../protocol/stream_reader.ts";
import type { QuicTransport } from "../transport/quic.ts";
import { type Activity, sent, tooManyBytes } from "./activity.ts";
import type { ServeLimits } from "./options.ts";
import { PerfSession } from "./perf_session.ts";

/** The application protocols of the server: HTTP/0.9 as the interop runner has it, and perf. */
export const SERVE_ALPN: readonly string[] = ["hq-interop", "perf"];

/** A request line is no longer than this. */
const MAX_REQUEST_BYTES = 4096;

const NEWLINE = 0x0a;

/** What streams may use of their server. */
export interface QuicServices {
  readonly limits: ServeLimits;
  readonly token: string | undefined;
  /** How the server sees the connection. */
  readonly check: () => CheckAnswer;
}

/**
 * Serves the streams of a QUIC connection until the client closes it, all at once. A request that cannot be
 * served ends in a reset of its stream: the protocols have no other word for it.
 */
export async function serveQuicStreams(
  connection: QuicTransport,
  activity: Activity,
  services: QuicServices,
): Promise<void> {
  const { alpn } = connection.quic;
  activity.protocol = alpn === "perf" ? "perf" : "http";
  const running = new Set<Promise<void>>();
  for (let next = await connection.acceptStream(); next !== null; next = await connection.acceptStream()) {
    const stream = next;
    activity.requests++;
    activity.busy = true;
    activity.lastMoveMs = performance.now();
    const serving = alpn === "perf"
      ? perf(connection, stream, activity, services)
      : hq(stream, activity, services);
    const served = serving.catch(() => stream.abort()).finally(() => {
      running.delete(served);
      activity.busy = running.size > 0;
    });
    running.add(served);
  }
  await Promise.all(running);
}

async function perf(
  connection: QuicTransport,
  stream: ByteStream,
  activity: Activity,
  { limits, token }: QuicServices,
): Promise<void> {
  if (token !== undefined) {
    throw new MptError("ERR_PERMISSION", "Cannot serve raw perf: this server wants its token");
  }
  await new PerfSession(connection, stream, new StreamReader(stream), activity, limits, {}).raw();
}

/** `GET /path` and a line end, or the end of the stream; the answer is all that comes back. */
async function hq(stream: ByteStream, activity: Activity, services: QuicServices): Promise<void> {
  const path = /^GET (\/[^ ]*)$/.exec(await requestLine(stream))?.[1];
  if (path === "/") {
    await answer(stream, activity, new TextEncoder().encode(`${JSON.stringify(services.check())}\n`));
    return await stream.closeWrite();
  }
  const count = Number(/^\/bytes\/(\d{1,15})$/.exec(path ?? "")?.[1] ?? NaN);
  if (Number.isNaN(count) || services.token !== undefined) {
    throw new MptError("ERR_PROTOCOL", "Cannot serve the request: there is GET / and GET /bytes/N here");
  }
  if (count > services.limits.maxBytes) throw tooManyBytes(services.limits.maxBytes);
  const payload = new Payload(performance.now());
  for (let left = count; left > 0;) {
    const piece = payload.next(left);
    await answer(stream, activity, piece);
    payload.taken(performance.now());
    left -= piece.length;
  }
  await stream.closeWrite();
}

async function answer(stream: ByteStream, activity: Activity, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  await stream.write(bytes);
  sent(activity, performance.now(), bytes.length);
}

async function requestLine(stream: ByteStream): Promise<string> {
  const line: number[] = [];
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    for (const byte of chunk) {
      if (byte === NEWLINE) return text(line);
      if (line.push(byte) > MAX_REQUEST_BYTES) {
        throw new MptError("ERR_LIMIT", "Cannot read the request: its line is too long");
      }
    }
  }
  return text(line);
}

function text(line: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(line)).trimEnd();
}
