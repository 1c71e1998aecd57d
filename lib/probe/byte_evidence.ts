import type { ByteEvidence } from "../mptcp/diagnosis/mod.ts";
import type { MptcpInspection } from "../mptcp/inspect.ts";

/** Bytes that MPTCP, or TCP after a fallback, knows to have arrived. */
export function acked(seen: MptcpInspection | null): number {
  return seen?.mptcp?.bytes_acked ?? sum(seen?.subflows.map(({ bytes_acked }) => bytes_acked) ?? []);
}

/** Bytes since an earlier look: data that came twice in the meantime is none that MPTCP missed. */
export function bytesOf(last: MptcpInspection, since: MptcpInspection | null): ByteEvidence | "unknown" {
  const [whole, before] = [totals(last), since === null ? NO_BYTES : totals(since)];
  if (whole === null || before === null) return "unknown";
  return {
    subflowsAcked: whole.subflowsAcked - before.subflowsAcked,
    connectionAcked: whole.connectionAcked - before.connectionAcked,
    subflowsReceived: whole.subflowsReceived - before.subflowsReceived,
    connectionReceived: whole.connectionReceived - before.connectionReceived,
  };
}

const NO_BYTES: ByteEvidence = {
  subflowsAcked: 0,
  connectionAcked: 0,
  subflowsReceived: 0,
  connectionReceived: 0,
};

function totals({ mptcp, subflows }: MptcpInspection): ByteEvidence | null {
  if (mptcp === null || mptcp.bytes_acked === null || mptcp.bytes_received === null) return null;
  return {
    subflowsAcked: sum(subflows.map(({ bytes_acked }) => bytes_acked)),
    connectionAcked: mptcp.bytes_acked,
    subflowsReceived: sum(subflows.map(({ bytes_received }) => bytes_received)),
    connectionReceived: mptcp.bytes_received,
  };
}

function sum(numbers: readonly (number | null)[]): number {
  return numbers.reduce((total: number, each) => total + (each ?? 0), 0);
}
