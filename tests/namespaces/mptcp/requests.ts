import type { PathJson } from "../../../lib/base/path_json.ts";
import type { Connection } from "../../../lib/io/connection.ts";
import { StreamReader } from "../../../lib/protocol/stream_reader.ts";
import type { ByteStream } from "../../../lib/io/byte_stream.ts";

/** The length of a request to line_server.ts, padded with blanks. */
export const REQUEST_BYTES = 20;

/** How one end sees a connection. */
export interface View {
  readonly multipath: boolean;
  readonly in_force: string;
  readonly paths: readonly PathJson[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The client's side of line_server.ts. */
export class LineClient {
  readonly connection: Connection;
  readonly #stream: ByteStream;
  readonly #reader: StreamReader;

  private constructor(connection: Connection, stream: ByteStream) {
    this.connection = connection;
    this.#stream = stream;
    this.#reader = new StreamReader(stream);
  }

  static async over(connection: Connection): Promise<LineClient> {
    return new LineClient(connection, await connection.openStream());
  }

  /** How the server sees the connection now. */
  async look(): Promise<View> {
    await this.#ask("look");
    const length = Number(decoder.decode(await this.#reader.readExactly(6)));
    return JSON.parse(decoder.decode(await this.#reader.readExactly(length)));
  }

  /** Sends so many bytes and waits until the server has read them. */
  async upload(bytes: number): Promise<void> {
    await this.#ask(`take ${bytes}`);
    await this.#stream.write(new Uint8Array(bytes));
    await this.#reader.readExactly(1);
  }

  /** Receives so many bytes. */
  async download(bytes: number): Promise<void> {
    await this.#ask(`give ${bytes}`);
    for (let rest = bytes; rest > 0;) rest -= (await this.#reader.readSome(rest))!.length;
  }

  /** Ends the sending side; the connection goes on. */
  closeWrite(): Promise<void> {
    return this.#stream.closeWrite();
  }

  /** Reads to the end and gives the number of bytes that came before it. */
  async end(): Promise<number> {
    let bytes = 0;
    await this.#reader.consume((chunk) => void (bytes += chunk.length));
    return bytes;
  }

  #ask(request: string): Promise<void> {
    return this.#stream.write(encoder.encode(request.padEnd(REQUEST_BYTES)));
  }
}
