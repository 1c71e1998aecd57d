import type { Connection } from "../io/connection.ts";
import type { Tristate } from "../mptcp/diagnosis/mod.ts";
import { inspectConnection } from "../mptcp/inspect.ts";
import type { SubflowJson } from "../mptcp/subflow_json.ts";
import type { CheckAnswer } from "../protocol/check.ts";

/**
 * Of what was sent, the part that was sent again. TCP sends the end of a transfer again when an acknowledgement is a
 * little late (RFC 8985 7), on any busy machine; a way that loses so little stops nothing.
 */
const LOSSY_SHARE = 0.05;

/** What a TCP socket tells of what it sent. */
export type SentBytes = Pick<SubflowJson, "total_retransmits" | "bytes_sent" | "bytes_retransmitted">;

/**
 * Whether either end of a plain TCP connection had to send again what the way had lost: its SYN, or a good part of
 * the data. The other end's part is known as far as it tells.
 */
export function sentAgain(
  connection: Pick<Connection, "local" | "remote">,
  server: CheckAnswer | null,
): Tristate {
  const here = inspectConnection(connection)?.subflows[0];
  return lossy(here, server?.subflows?.[0]);
}

/** The same from what the kernels of both ends say. */
export function lossy(here: SentBytes | undefined, there: SentBytes | undefined): Tristate {
  if ([here, there].some((end) => end !== undefined && hasLost(end))) return "yes";
  return here === undefined || here.total_retransmits === null ? "unknown" : "no";
}

function hasLost(
  { total_retransmits: times, bytes_sent: sent, bytes_retransmitted: again }: SentBytes,
): boolean {
  if (times === null || times <= 0) return false;
  // A SYN has no payload.
  return again === null || sent === null || again === 0 || again >= LOSSY_SHARE * sent;
}
