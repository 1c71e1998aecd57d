import { connect, listen } from "../../../lib/transport/connect.ts";
import { connectDenoTcp, listenDenoTcp } from "../../../lib/transport/deno_tcp.ts";
import type { DatagramBackend } from "../../../lib/io/datagram_socket.ts";
import { withoutFfi } from "../../support/requires.ts";
import type { TransportUnderTest } from "./compliance.ts";

/** TCP; without --allow-ffi it is the transport over Deno.connect. */
export const TCP: TransportUnderTest = {
  connect: (ip, port, options) => connect("tcp", ip, port, options),
  listen: (ip, port, options) => listen("tcp", ip, port, options),
  needs: [],
  resets: !withoutFfi(),
  socketOptions: !withoutFfi(),
};

/** MPTCP. */
export const MPTCP: TransportUnderTest = {
  connect: (ip, port, options) => connect("mptcp", ip, port, options),
  listen: (ip, port, options) => listen("mptcp", ip, port, options),
  needs: ["mptcp"],
  // Subflows repeat what was sent over others, and probe closed windows with a byte; those that have ended
  // forget their numbers.
  exactBytes: false,
};

/** TCP over Deno's own sockets. */
export const DENO_TCP: TransportUnderTest = {
  connect: (ip, port, options = {}) => connectDenoTcp(ip, port, options),
  listen: (ip, port, options = {}) => listenDenoTcp(ip, port, options),
  needs: [],
  resets: false,
  socketOptions: false,
};

/** What QUIC is made with; without them the fastest there is. */
interface QuicBackends {
  readonly socketBackend?: DatagramBackend;
  readonly cryptoBackend?: "libcrypto" | "node:crypto";
}

function quic(
  backends: QuicBackends,
  datagramFacts: boolean,
  transport: "quic" | "mpquic" = "quic",
): TransportUnderTest {
  return {
    connect: (ip, port, options) =>
      connect(transport, ip, port, { ...options, quic: { ...backends, insecure: true } }),
    listen: (ip, port, options) => listen(transport, ip, port, { ...options, quic: backends }),
    needs: [],
    // Paths count headers and repetition too.
    exactBytes: false,
    oneStream: false,
    socketOptions: false,
    overDatagrams: true,
    datagramFacts,
  };
}

/** QUIC over the fastest sockets and packet protection. */
export const QUIC: TransportUnderTest = quic({}, !withoutFfi());

/** QUIC with several paths. */
export const MPQUIC: TransportUnderTest = quic({}, !withoutFfi(), "mpquic");

/** QUIC over Deno's own sockets. */
export const DENO_QUIC: TransportUnderTest = quic({ socketBackend: "deno" }, false);

/** QUIC over node:dgram, and packets protected by node:crypto: what is left where there is neither FFI nor --unstable-net. */
export const NODE_QUIC: TransportUnderTest = quic(
  { socketBackend: "node", cryptoBackend: "node:crypto" },
  false,
);

/** QUIC with packets protected by node:crypto. */
export const NODE_CRYPTO_QUIC: TransportUnderTest = quic({ cryptoBackend: "node:crypto" }, !withoutFfi());
