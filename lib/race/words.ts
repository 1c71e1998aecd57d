import type { AddressFamily } from "../base/ip.ts";
import type { RaceAttemptJson, RaceQueryJson, RaceRound } from "./result.ts";

/** The family as people write it. */
export function familyName(family: AddressFamily): string {
  return `IPv${family}`;
}

/** The attempts that were made. */
export function started({ attempts }: RaceRound): readonly RaceAttemptJson[] {
  return attempts.filter(({ start_ms }) => start_ms !== null);
}

/** The reason at the end of a message, which says again where to. */
export function reasonOf({ error, outcome, cancel_reason }: RaceAttemptJson): string {
  if (error !== null) return error.message.replace(/^Cannot .*?: /, "");
  if (cancel_reason === "overtaken") return "given up when the next attempt started";
  return outcome === "cancelled" && cancel_reason !== null ? `given up (${cancel_reason})` : outcome;
}

/** What became of the last question to a server, where none of them answered. */
const SILENT: Readonly<Record<string, string>> = {
  timeout: "no answer from the DNS server",
  refused: "nobody listens at the port of the DNS server",
  unreachable: "the DNS server is unreachable",
  malformed: "what the DNS server answers is no DNS",
  closed: "the DNS server closed the connection",
};

/** Why a query failed. */
export function queryReason({ reason }: Pick<RaceQueryJson, "reason">): string {
  return reason === null ? "no answer" : SILENT[reason] ?? reason;
}
