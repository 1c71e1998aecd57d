import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import type { QuicConnection, QuicListener } from "../../../../lib/quic/driver/api.ts";
import { dial } from "../../../../lib/quic/driver/connect.ts";
import type { DrivenConnection } from "../../../../lib/quic/driver/connection.ts";
import { listen } from "../../../../lib/quic/driver/listen.ts";
import type { QuicConnectOptions, QuicListenOptions } from "../../../../lib/quic/driver/options.ts";
import "../../../support/open_libc.ts";

export const ALPN = "test";

/** Any free port of this machine. */
export const LOOPBACK: Endpoint = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });

/** A listener, a client and the accepted connection; leaving the scope aborts what is still open. */
export interface Pair extends AsyncDisposable {
  readonly listener: QuicListener;
  readonly client: DrivenConnection;
  readonly server: QuicConnection;
}

/** Options of {@linkcode pair}. */
export interface PairOptions {
  readonly connect?: Partial<QuicConnectOptions>;
  readonly listen?: Partial<QuicListenOptions>;
}

/** Both ends of a connection over real sockets. */
export async function pair(options: PairOptions = {}): Promise<Pair> {
  const listener = await listen(LOOPBACK, { alpn: [ALPN], ...options.listen });
  try {
    const accepting = listener.accept();
    const client = await dial(listener.local, { alpn: [ALPN], ca: listener.certificate, ...options.connect });
    const server = await accepting;
    assert(server !== null);
    return {
      listener,
      client,
      server,
      async [Symbol.asyncDispose](): Promise<void> {
        client.abort();
        server.abort();
        await Promise.all([client.closed, server.closed, listener.close()]);
      },
    };
  } catch (error) {
    await listener.close();
    throw error;
  }
}
