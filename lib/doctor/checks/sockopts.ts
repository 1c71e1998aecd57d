import { count, ok, unknown, warn } from "../check.ts";
import type { Fact } from "../fact.ts";
import type { Check } from "../result.ts";
import type { SockoptJson } from "../sockopt_json.ts";

/** The audit of socket options in one sentence. */
export function sockoptCheck(audit: Fact<readonly SockoptJson[]>): Check {
  const code = "sockopts";
  if (!audit.known) return unknown(code, "Which socket options work on MPTCP sockets", audit);
  const tried = audit.value.filter((each) => each.mptcp !== "untested");
  const refused = tried.filter((each) => each.mptcp === "refused");
  const early = tried.filter((each) => each.mptcp === "before-connect");
  const found = `${refused.length} refused, ${early.length} only before connect, of ${tried.length}`;
  if (refused.length === 0) {
    return ok(code, `All ${count(tried.length, "socket option")} of TCP work on MPTCP sockets.`, found);
  }
  return warn(
    code,
    `MPTCP sockets refuse ${refused.length} of ${
      count(tried.length, "socket option")
    } that TCP sockets take, and ` +
      `${early.length} once they are connected: a program that needs one of them fails over MPTCP.`,
    found,
  );
}
