import { MptError } from "../base/errors.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import { contentLength, encodeRequest, parseResponseHead, type ResponseHead } from "./http1.ts";
import { StreamReader } from "./stream_reader.ts";

/** An answer whose body was read up to a limit. */
export interface HttpAnswer {
  /** The status line and the header fields. */
  readonly head: ResponseHead;
  /** The body, as far as it was read. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** True when the whole body was read, so that the connection can carry another request. */
  readonly complete: boolean;
}

/** HTTP/1.1 requests, one after the other on one connection. */
export class HttpClient {
  readonly #stream: ByteStream;
  readonly #host: string;
  /** What follows the answers: for an upgraded connection, the new protocol. */
  readonly reader: StreamReader;

  /**
   * A client on a connection.
   *
   * @param stream A connection's stream, with nothing sent yet.
   * @param host The Host field: name or address, with the port where it is not 80.
   */
  constructor(stream: ByteStream, host: string) {
    this.#stream = stream;
    // RFC 3986 3.2.2: a zone is no part of a host in a URI; it means nothing to the other end.
    this.#host = host.replace(/%[^\]]*/, "");
    this.reader = new StreamReader(stream);
  }

  /**
   * Sends the head of a request; its body, if it has one, is the caller's to write.
   *
   * @throws {MptError} `ERR_INVALID_VALUE` when a header field cannot be sent, and the stream's errors.
   */
  async send(
    method: string,
    target: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.#stream.write(encodeRequest(method, target, { Host: this.#host, ...headers }));
  }

  /**
   * Reads the head of the answer to the request that was sent. It may come before the request is complete.
   *
   * @throws {MptError} `ERR_PROTOCOL` when the answer is not HTTP, and the stream's errors.
   */
  async answer(): Promise<ResponseHead> {
    // RFC 9110 15.2: interim answers may come first; 101 is final, the protocol changes after it.
    for (let interim = 0; interim < 8; interim++) {
      const bytes = await this.reader.readHead();
      if (bytes === null) {
        throw new MptError(
          "ERR_CLOSED",
          "Cannot read the answer: the other end closed the connection instead",
        );
      }
      const head = parseResponseHead(bytes);
      if (head.status >= 200 || head.status === 101) return head;
    }
    throw new MptError("ERR_PROTOCOL", "Cannot read the answer: too many interim answers");
  }

  /**
   * Reads the body of an answer, at most `limit` bytes of it.
   *
   * @throws {MptError} `ERR_PROTOCOL` when its length is malformed, and the stream's errors.
   */
  async body(head: ResponseHead, limit: number): Promise<HttpAnswer> {
    const length = contentLength(head.headers);
    // RFC 9112 6.3: without a length the body is chunked or ends with the connection; neither is of use here.
    if (length === null && head.status !== 204 && head.status !== 304) {
      return { head, body: new Uint8Array(0), complete: false };
    }
    const wanted = Math.min(length ?? 0, limit);
    const body = await this.reader.readExactly(wanted);
    return { head, body, complete: wanted === (length ?? 0) };
  }

  /**
   * Sends a request without a body and reads the answer's head.
   *
   * @throws {MptError} `ERR_PROTOCOL` when the answer is not HTTP, and the stream's errors.
   */
  async request(
    method: string,
    target: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ResponseHead> {
    await this.send(method, target, headers);
    return await this.answer();
  }

  /**
   * Sends a GET and reads the body, at most `limit` bytes of it.
   *
   * @throws {MptError} `ERR_PROTOCOL` when the answer is not HTTP, and the stream's errors.
   */
  async get(
    target: string,
    limit: number,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    return await this.body(await this.request("GET", target, headers), limit);
  }
}
