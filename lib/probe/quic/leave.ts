import type { QuicConnection } from "../../quic/driver/api.ts";

/** RFC 9114 8.1 */
const H3_NO_ERROR = 0x100;

/** Closes a connection with the word that its protocol has for "nothing is wrong". */
export function leave(connection: QuicConnection): Promise<void> {
  return connection.close(connection.alpn === "h3" ? H3_NO_ERROR : 0);
}
