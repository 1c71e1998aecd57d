import { TCP_STATE } from "../io/tcp_path.ts";
import type { SockDiagEntry } from "../netlink/sock_diag.ts";
import { tcpSockets } from "../netlink/sockets.ts";
import { ULP_FLAGS } from "../netlink/ulp.ts";

/** Every state but those of sockets that carry nothing for anybody. */
const STATES = ~(1 << TCP_STATE.LISTEN | 1 << TCP_STATE.TIME_WAIT);

/**
 * The TCP sockets of the connection with a token, the initial subflow first: sock_diag has no subflow ids, so
 * joins come in the order found.
 */
export function subflowSockets(token: number): readonly SockDiagEntry[] {
  const entries = ([4, 6] as const).flatMap((family) =>
    tcpSockets(family, STATES).filter((entry) => entry.ulp?.tokenLocal === token)
  );
  return entries.sort((a, b) => Number(isJoin(a)) - Number(isJoin(b)));
}

/** Whether a socket is a further subflow of its connection. */
export function isJoin(entry: SockDiagEntry): boolean {
  return ((entry.ulp?.flags ?? 0) & (ULP_FLAGS.JOIN_REM | ULP_FLAGS.JOIN_LOC)) !== 0;
}
