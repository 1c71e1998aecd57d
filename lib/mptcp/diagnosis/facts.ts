import type { Certainty } from "../../base/verdict.ts";
import type { CounterEvidence, EndEvidence, Evidence } from "./evidence.ts";

type Side = "client" | "server";
type Counting = Pick<EndEvidence, "counters">;

/** By how much an MPTCP counter moved at one end, or unknown: not told, or not on that kernel. */
export function moved(end: Counting, name: string): number | "unknown" {
  if (end.counters === "unknown") return "unknown";
  return valueOf(end.counters, `MPTcpExt${name}`);
}

/** As {@linkcode moved}, for a counter of any group, by its full name. */
export function movedFully(end: Counting, name: string): number | "unknown" {
  return end.counters === "unknown" ? "unknown" : valueOf(end.counters, name);
}

function valueOf(counters: CounterEvidence, name: string): number | "unknown" {
  const value = Object.hasOwn(counters.moved, name) ? counters.moved[name] : undefined;
  return value === undefined || !Number.isFinite(value) ? "unknown" : value;
}

/**
 * How sure it is that this connection moved a counter, or null when that is not known. Others count in the
 * same namespace; only where there are none is a movement ours.
 */
export function saw(end: Counting, name: string): Certainty | null {
  const by = moved(end, name);
  if (by === "unknown" || by <= 0 || end.counters === "unknown") return null;
  return end.counters.shared === "no" ? "proved" : "likely";
}

/** Whether a counter is known not to have moved. Others cannot make it so. */
export function never(end: Counting, name: string): boolean {
  return moved(end, name) === 0;
}

/** Whether others are known to have moved the counters of an end as well: a movement may be all theirs. */
export function isShared({ counters }: Counting): boolean {
  return counters !== "unknown" && counters.shared === "yes";
}

/** A line of evidence about a counter. */
export function counterLine(evidence: Evidence, side: Side, name: string): string {
  const by = moved(evidence[side], name);
  const whose = side === "client" ? "this host" : "the server";
  const { counters } = evidence[side];
  const others = counters !== "unknown" && counters.shared !== "no" && by !== 0
    ? " (other connections may have been counted as well)"
    : "";
  return `${whose} counted ${name} ${by === "unknown" ? "unknown" : `+${by}`}${others}`;
}

/** Lines of evidence about counters. */
export function counterLines(evidence: Evidence, side: Side, names: readonly string[]): readonly string[] {
  return names.map((name) => counterLine(evidence, side, name));
}

/** Whether the server told its side of this attempt. */
export function hasServerView(evidence: Evidence): boolean {
  return evidence.server.kind === "mpt" && evidence.server.counters !== "unknown";
}

/** The address of an `address:port`, brackets of IPv6 taken off. */
export function addressOf(endpoint: string): string {
  const colon = endpoint.lastIndexOf(":");
  const host = colon < 0 ? endpoint : endpoint.slice(0, colon);
  return host.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
}

/** Milliseconds for people. */
export function millis(ms: number | "unknown"): string {
  if (ms === "unknown") return "an unknown time";
  return ms < 10
    ? `${Math.round(ms * 10) / 10} ms`
    : ms < 10_000
    ? `${Math.round(ms)} ms`
    : `${Math.round(ms / 1000)} s`;
}

/** The control as a line of evidence. */
export function controlLine({ tcp }: Evidence): string {
  switch (tcp.outcome) {
    case "connected":
      return `plain TCP connected in ${millis(tcp.ms)} at the same time`;
    case "not-tried":
      return "plain TCP was not tried beside it";
    default:
      return `plain TCP beside it: ${tcp.outcome}`;
  }
}
