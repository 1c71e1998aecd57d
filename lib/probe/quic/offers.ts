import {
  CODE_POINTS,
  type DraftOffer,
  type MultipathDraft,
  offeredDrafts,
} from "../../quic/wire/multipath_drafts.ts";
import type { TransportParameters } from "../../quic/wire/transport_parameters.ts";

/**
 * The drafts whose multipath a server offers, the newest first. Those of other drafts than its own are among the
 * parameters that a connection does not know.
 *
 * @param codePoints Whose parameter the connection has read as `initial_max_path_id`.
 */
export function offersOf(
  peer: TransportParameters | null,
  codePoints: MultipathDraft = "final",
): readonly DraftOffer[] {
  if (peer === null) return [];
  const own = peer.initialMaxPathId === null ? [] : [CODE_POINTS[codePoints].initialMaxPathId];
  return offeredDrafts([...own, ...peer.unknown.map(({ id }) => id)]);
}
