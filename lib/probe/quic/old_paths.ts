import type { Endpoint } from "../../base/endpoint.ts";
import { toMptError } from "../../base/errors.ts";
import { dial } from "../../quic/driver/connect.ts";
import type { DrivenConnection } from "../../quic/driver/connection.ts";
import { reasonOf } from "../failure.ts";
import type { ProbePlan } from "../options.ts";
import type { CheckJson } from "../result.ts";
import { dialOptions } from "./dial_options.ts";
import { leave } from "./leave.ts";
import { offersOf } from "./offers.ts";
import { withoutPaths } from "./outcome.ts";
import { checkPaths } from "./paths.ts";
import type { MpquicCheckJson } from "./result.ts";

/**
 * Asks a server again that offers several paths by the code points of an older draft only, with those: one
 * connection speaks one draft.
 *
 * @param first The connection with the final code points, whose handshake told what the server offers.
 * @param quic What the check of QUIC said.
 * @returns Null where there is nothing that could be asked.
 */
export async function checkOldPaths(
  target: Endpoint,
  first: DrivenConnection,
  plan: ProbePlan,
  quic: CheckJson,
  signal: AbortSignal | undefined,
): Promise<MpquicCheckJson | null> {
  if (!plan.transports.includes("mpquic") || first.multipath) return null;
  const offers = offersOf(first.peerParameters);
  const offer = offers.find(({ codePoints }) => codePoints !== null && codePoints !== "final");
  if (offer === undefined || offer.codePoints === null) return null;
  let connection: DrivenConnection | undefined;
  const started = performance.now();
  try {
    connection = await dial(target, dialOptions(plan, signal, offer.codePoints));
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    const found = await checkPaths(connection, plan, { ...quic, ms }, signal, offer.codePoints);
    await leave(connection);
    return found;
  } catch (error) {
    const failure = toMptError(error, "Cannot connect");
    const why = signal?.aborted ? "the probe was cut short" : reasonOf(failure);
    return {
      ...withoutPaths({
        status: "unknown",
        reason:
          `the server offers those of ${offer.drafts}, and a connection with their code points failed: ${why}`,
        ms: null,
        detail: { error: failure.code, data: null, server: null },
        paths: [],
      }),
      drafts_offered: offers.map(({ drafts }) => drafts),
    };
  } finally {
    connection?.abort();
  }
}
