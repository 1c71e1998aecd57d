import { connect, listen } from "../../../lib/transport/connect.ts";
import { connectDenoTcp, listenDenoTcp } from "../../../lib/transport/deno_tcp.ts";
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
