import type { ByteStream } from "../io/byte_stream.ts";
import { encodeResponseHead, type RequestHead } from "../protocol/http1.ts";
import type { StreamReader } from "../protocol/stream_reader.ts";
import { type Activity, sent } from "./activity.ts";
import { linger } from "./linger.ts";

type Fields = Readonly<Record<string, string>>;

/** Writes the answers of one HTTP/1.1 connection and counts their bytes. */
export class Responder {
  readonly #stream: ByteStream;
  readonly #reader: StreamReader;
  readonly #activity: Activity;

  constructor(stream: ByteStream, reader: StreamReader, activity: Activity) {
    this.#stream = stream;
    this.#reader = reader;
    this.#activity = activity;
  }

  /** Writes bytes of an answer. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#stream.write(bytes);
    sent(this.#activity, performance.now(), bytes.length);
  }

  /** 200 with a value as JSON; gives `keep` back. */
  async json(head: RequestHead, value: unknown, keep: boolean): Promise<boolean> {
    const text = `${JSON.stringify(value, null, 2)}\n`;
    await this.#text(head.method === "HEAD", 200, "OK", "application/json", text, keep);
    return keep;
  }

  /** An answer with its reason in words, after which the connection may go on; gives `keep` back. */
  async problem(
    head: RequestHead,
    status: number,
    reason: string,
    text: string,
    keep: boolean,
  ): Promise<boolean> {
    await this.#text(head.method === "HEAD", status, reason, "text/plain; charset=utf-8", `${text}\n`, keep);
    return keep;
  }

  /** An answer with its reason in words that ends the connection, whatever the client still sends. */
  async refuse(status: number, reason: string, text: string, headers: Fields = {}): Promise<false> {
    await this.#text(false, status, reason, "text/plain; charset=utf-8", `${text}\n`, false, headers);
    await this.#stream.closeWrite();
    await linger(() => this.#reader.readSome(65_536), this.#stream.closed);
    return false;
  }

  /** RFC 9110 15.5.2 */
  forbid(): Promise<false> {
    return this.refuse(401, "Unauthorized", "this server wants its token: mpt bench --token TOKEN", {
      "WWW-Authenticate": "Bearer",
    });
  }

  async #text(
    headOnly: boolean,
    status: number,
    reason: string,
    type: string,
    text: string,
    keep: boolean,
    headers: Fields = {},
  ): Promise<void> {
    const body = new TextEncoder().encode(text);
    await this.write(encodeResponseHead(status, reason, {
      "Content-Type": type,
      "Content-Length": String(body.length),
      "Cache-Control": "no-store",
      Connection: keep ? "keep-alive" : "close",
      ...headers,
    }));
    if (!headOnly) await this.write(body);
  }
}
