import type { Endpoint } from "../../../lib/base/endpoint.ts";
import type { Connection } from "../../../lib/io/connection.ts";
import { openDatagramSocket } from "../../../lib/io/open_datagram_socket.ts";
import { fillBacklog, type TransportUnderTest, V4 } from "./compliance_support.ts";

/** A place where a connect gets no answer. */
export interface Silence extends AsyncDisposable {
  readonly local: Endpoint;
}

/** A listener whose queue is full; or, where that is answered, a socket that nobody reads. */
export async function silence(transport: TransportUnderTest): Promise<Silence> {
  if (transport.overDatagrams ?? false) {
    const socket = await openDatagramSocket({ address: V4 });
    return { local: socket.local, [Symbol.asyncDispose]: () => socket.close() };
  }
  const listener = transport.listen(V4, 0, { backlog: 1 });
  const before: readonly Connection[] = await fillBacklog(transport, listener.local.port!);
  return {
    local: listener.local,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const client of before) client.abort();
      await Promise.all(before.map((client) => client.closed));
      await listener.close();
    },
  };
}
