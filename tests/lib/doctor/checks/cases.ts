import assert from "node:assert/strict";
import { known } from "../../../../lib/doctor/fact.ts";
import type { Facts, SocketProblem, SourceRoute, SysctlPath } from "../../../../lib/doctor/facts.ts";
import type { CheckStatus } from "../../../../lib/doctor/result.ts";
import type { LocalAddress } from "../../../../lib/netlink/interfaces.ts";
import type { PathManagerEndpoint } from "../../../../lib/netlink/mptcp_pm.ts";
import { address, checkOf, ETH0, healthy, source, sysctls, WLAN0 } from "../some_facts.ts";

/**
 * What is the case, the facts that differ from a healthy machine's, the check that tells, how it goes, what its
 * text says, and what its fix says (null: that there is none).
 */
export type Case = readonly [string, Partial<Facts>, string, CheckStatus, RegExp, (RegExp | null)?];

/** One test for each case. */
export function testCases(cases: readonly Case[]): void {
  for (const [claim, changes, code, status, text, fix] of cases) {
    Deno.test(`${claim} makes the check ${code} ${status}`, () => {
      const check = checkOf({ ...healthy, ...changes }, code);
      assert.equal(check.status, status, check.text);
      assert.match(check.text, text);
      assert.match(check.text, /\.$/);
      if (fix === null) assert.equal(check.fix, null);
      else if (fix !== undefined) assert.match(check.fix ?? "", fix);
    });
  }
}

/** The limits of a healthy machine. */
export const LIMITS = { subflows: 2, addAddrAccepted: 2 } as const;

/** The addresses of a healthy machine. */
export const FIRST: LocalAddress = address("10.0.0.2", ETH0);
export const SECOND: LocalAddress = address("10.1.0.2", WLAN0);

/** Packets from the second address leave by the first interface. */
export const WRONG_WAY: SourceRoute = source(SECOND, { interfaceIndex: 2 });

/** One setting is different. */
export function setting(path: SysctlPath, value: string | null): Partial<Facts> {
  return { sysctls: sysctls({ [path]: value }) };
}

/** The path manager has these endpoints. */
export function endpoints(...list: readonly PathManagerEndpoint[]): Partial<Facts> {
  return { pathManager: known({ limits: LIMITS, endpoints: list }) };
}

/** The addresses have these routes. */
export function routing(...sources: readonly SourceRoute[]): Partial<Facts> {
  return { routing: known({ sources, defaultInterface: { 4: 2, 6: null }, usedTables: [253, 254, 255] }) };
}

/** MPTCP sockets are refused. */
export function refused(code: SocketProblem["code"], reason: string, errno: string): Partial<Facts> {
  return { mptcpSocket: known({ code, reason, errno, fix: "do this" }) };
}
