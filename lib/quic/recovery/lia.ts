import { CoupledReno } from "./coupled_reno.ts";
import type { Coupling } from "./coupling.ts";

/**
 * Linked Increases (RFC 6356): all paths together take what one connection would get on the best of them, and
 * no path takes more than a connection of its own would.
 */
export class Lia extends CoupledReno {
  readonly name = "lia";

  protected growth(ackedBytes: number): number {
    const { windowBytes, mtu, coupling } = this;
    // RFC 6356 3 (1)
    const alone = ackedBytes * mtu / windowBytes;
    const total = totalWindow(coupling);
    return total === 0 ? alone : Math.min(liaAlpha(coupling) * ackedBytes * mtu / total, alone);
  }
}

/**
 * How aggressive the connection is as a whole (RFC 6356 3 (2)); 0 before any RTT was measured.
 *
 * @param coupling The paths of the connection.
 */
export function liaAlpha(coupling: Coupling): number {
  let best = 0;
  let sum = 0;
  for (const { windowBytes, rttUs } of coupling.flows) {
    if (rttUs === 0) continue;
    best = Math.max(best, windowBytes / rttUs ** 2);
    sum += windowBytes / rttUs;
  }
  return sum === 0 ? 0 : totalWindow(coupling) * best / sum ** 2;
}

/** Paths that have not measured their RTT yet have not grown either. */
function totalWindow(coupling: Coupling): number {
  let total = 0;
  for (const { windowBytes, rttUs } of coupling.flows) if (rttUs > 0) total += windowBytes;
  return total;
}
