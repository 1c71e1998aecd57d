import { fail, ok, unknown, warn } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../result.ts";

/** The kernel: which, whether it has MPTCP, and how well it can be looked at. */
export function kernelChecks(facts: Facts): readonly Check[] {
  return [release(facts), support(facts), ...(hasMptcp(facts) ? [fullInfo(facts), sockDiag(facts)] : [])];
}

/** Whether MPTCP sockets can be opened here. */
export function hasMptcp(facts: Facts): boolean {
  return facts.mptcpSocket.known && facts.mptcpSocket.value === null;
}

function release(facts: Facts): Check {
  const { os, kernelRelease } = facts;
  if (!kernelRelease.known) return unknown("kernel", "The kernel release", kernelRelease);
  const found = `${os} ${kernelRelease.value}`;
  if (os !== "linux") {
    return warn(
      "kernel",
      `This is ${found}: mpt uses MPTCP on Linux only; everything over TCP works.`,
      found,
    );
  }
  return ok("kernel", `The kernel is Linux ${kernelRelease.value}.`, kernelRelease.value);
}

function support(facts: Facts): Check {
  const { mptcpSocket } = facts;
  const code = "mptcp-support";
  if (!mptcpSocket.known) return unknown(code, "Whether MPTCP sockets can be opened", mptcpSocket);
  const problem = mptcpSocket.value;
  if (problem === null) return ok(code, "MPTCP sockets can be opened.", true);
  return fail(
    code,
    `MPTCP sockets cannot be opened: ${problem.reason}.`,
    problem.errno ?? false,
    problem.fix,
  );
}

function fullInfo({ fullInfo }: Facts): Check {
  const code = "mptcp-full-info";
  if (!fullInfo.known) return unknown(code, "Whether the kernel has MPTCP_FULL_INFO", fullInfo);
  if (fullInfo.value) {
    return ok(code, "The kernel shows all subflows in one picture (MPTCP_FULL_INFO).", true);
  }
  return warn(
    code,
    "The kernel has no MPTCP_FULL_INFO: subflows are gathered from several sources, and their ids are guesses.",
    false,
    "use Linux 6.5 or later",
  );
}

function sockDiag({ sockDiag }: Facts): Check {
  const code = "mptcp-sock-diag";
  if (!sockDiag.known) return unknown(code, "Whether the kernel lists MPTCP sockets", sockDiag);
  if (sockDiag.value) return ok(code, "The kernel lists MPTCP sockets (sock_diag).", true);
  return warn(
    code,
    "The kernel does not list MPTCP sockets: a connection that fell back to TCP shows no reason.",
    false,
    "modprobe mptcp_diag",
  );
}
