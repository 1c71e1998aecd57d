import assert from "node:assert/strict";
import { ERRNO } from "../../../ffi/errno.ts";
import { MptError } from "../../../lib/base/errors.ts";
import { isMptcpMissing, mptcpSocketError } from "../../../lib/mptcp/socket_error.ts";

Deno.test("mptcpSocketError() tells a switch that is off from a kernel without MPTCP", () => {
  const off = mptcpSocketError(ERRNO.ENOPROTOOPT);
  assert.equal(off.code, "ERR_MPTCP_DISABLED");
  assert.equal(off.message, "Cannot open an MPTCP socket: net.mptcp.enabled is 0");
  assert.equal(off.fix, "sysctl -w net.mptcp.enabled=1");
  const notBuilt = mptcpSocketError(ERRNO.EPROTONOSUPPORT);
  assert.equal(notBuilt.code, "ERR_MPTCP_UNSUPPORTED");
  assert.match(notBuilt.message, /^Cannot open an MPTCP socket: this kernel was built without MPTCP/);
  const old = mptcpSocketError(ERRNO.EINVAL);
  assert.equal(old.code, "ERR_MPTCP_UNSUPPORTED");
  assert.match(old.message, /^Cannot open an MPTCP socket: this kernel is older than Linux 5\.6/);
});

Deno.test("mptcpSocketError() leaves other errnos their general meaning", () => {
  assert.equal(mptcpSocketError(ERRNO.EMFILE).code, "ERR_TOO_MANY_FILES");
  assert.equal(mptcpSocketError(ERRNO.EACCES).code, "ERR_PERMISSION");
});

Deno.test("isMptcpMissing() holds for what a fallback to TCP mends, and for nothing else", () => {
  for (
    const code of [
      "ERR_MPTCP_DISABLED",
      "ERR_MPTCP_UNSUPPORTED",
      "ERR_NOT_LINUX",
      "ERR_FFI_PERMISSION",
    ] as const
  ) {
    assert(isMptcpMissing(new MptError(code, "Cannot do it: reason")));
  }
  for (const code of ["ERR_REFUSED", "ERR_NET_PERMISSION", "ERR_TOO_MANY_FILES"] as const) {
    assert(!isMptcpMissing(new MptError(code, "Cannot do it: reason")));
  }
  assert(!isMptcpMissing(new Error("ERR_MPTCP_DISABLED")));
});
