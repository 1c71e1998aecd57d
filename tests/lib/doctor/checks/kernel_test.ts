import { known } from "../../../../lib/doctor/fact.ts";
import { unread } from "../some_facts.ts";
import { refused, setting, testCases } from "./cases.ts";

testCases([
  ["a kernel release", {}, "kernel", "ok", /Linux 6\.18\.44/],
  ["another system", { os: "darwin" }, "kernel", "warn", /on Linux only/],
  [
    "an unread release",
    { kernelRelease: unread("no", "--allow-sys") },
    "kernel",
    "unknown",
    /: no\.$/,
    /sys/,
  ],
  ["an MPTCP socket", {}, "mptcp-support", "ok", /can be opened/, null],
  [
    "no MPTCP in the kernel",
    refused("ERR_MPTCP_UNSUPPORTED", "this kernel is older", "EINVAL"),
    "mptcp-support",
    "fail",
    /this kernel is older/,
    /do this/,
  ],
  [
    "MPTCP switched off",
    {
      ...refused("ERR_MPTCP_DISABLED", "net.mptcp.enabled is 0", "ENOPROTOOPT"),
      ...setting("net/mptcp/enabled", "0"),
    },
    "mptcp-support",
    "fail",
    /net\.mptcp\.enabled is 0/,
  ],
  ["a kernel before 6.5", { fullInfo: known(false) }, "mptcp-full-info", "warn", /MPTCP_FULL_INFO/, /6\.5/],
  [
    "a kernel without mptcp_diag",
    { sockDiag: known(false) },
    "mptcp-sock-diag",
    "warn",
    /does not list/,
    /mptcp_diag/,
  ],
]);
