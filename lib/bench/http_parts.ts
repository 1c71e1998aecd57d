import type { ByteStream } from "../io/byte_stream.ts";
import type { Connection } from "../io/connection.ts";
import type { HttpClient } from "../protocol/http_client.ts";

/** The parts of a connection that speaks HTTP. */
export interface HttpParts {
  readonly connection: Connection;
  readonly stream: ByteStream;
  readonly client: HttpClient;
}
