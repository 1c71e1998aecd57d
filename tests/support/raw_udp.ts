/** A UDP server without any protocol. */
export interface RawUdp extends AsyncDisposable {
  readonly port: number;
  /** How many datagrams have come. */
  readonly received: number;
}

/**
 * Takes datagrams on the loopback address.
 *
 * @param answer What to send back for a datagram; null for nothing.
 */
export function rawUdp(answer: (datagram: Uint8Array) => Uint8Array | null): RawUdp {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  let received = 0;
  const reading = (async () => {
    for await (const [datagram, from] of socket) {
      received++;
      const back = answer(datagram);
      if (back !== null) await socket.send(back, from);
    }
  })();
  return {
    port: (socket.addr as Deno.NetAddr).port,
    get received(): number {
      return received;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      socket.close();
      await reading;
    },
  };
}
