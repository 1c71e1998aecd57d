import assert from "node:assert/strict";
import { AF_INET, close, ERRNO, IPPROTO_MPTCP, IPPROTO_TCP, SOCK_STREAM, socket } from "../../../ffi/mod.ts";
import { mptcpProblem, readMptcpInfo, speaksMptcp } from "../../../lib/mptcp/state.ts";
import { requires, withoutFfi } from "../../support/requires.ts";
import { pair } from "../transport/compliance_support.ts";
import { MPTCP, TCP } from "../transport/transports.ts";
import "../../support/open_libc.ts";

Deno.test({
  name: "mptcpProblem() is null where MPTCP sockets can be opened",
  ...requires("mptcp"),
  fn: () => assert.equal(mptcpProblem(), null),
});

// Only the run without FFI can show this.
if (withoutFfi()) {
  Deno.test("mptcpProblem() is the error that connect() would throw", () =>
    assert.equal(mptcpProblem()?.code, "ERR_FFI_PERMISSION"));
}

Deno.test({
  name: "speaksMptcp() is false for a TCP socket and for a descriptor that is closed",
  ...requires("mptcp"),
  fn: () => {
    const fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    assert.equal(speaksMptcp(fd), false);
    close(fd);
    assert.equal(speaksMptcp(1_000_000), false);
  },
});

Deno.test({
  name: "readMptcpInfo() is refused on TCP sockets",
  ...requires("mptcp"),
  fn: () => {
    const plain = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    assert(readMptcpInfo(plain) === -ERRNO.EOPNOTSUPP || readMptcpInfo(plain) === -ERRNO.ENOPROTOOPT);
    close(plain);
    const fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
    assert(typeof readMptcpInfo(fd) !== "number");
    close(fd);
  },
});

Deno.test({
  name: "isMultipath() holds at both ends of an MPTCP connection, and stays known when it is over",
  ...requires("mptcp"),
  fn: async () => {
    await using ends = await pair(MPTCP);
    for (const end of [ends.client, ends.server]) {
      assert.equal(end.isMultipath(), true);
      assert.equal(end.transportInForce(), "mptcp");
    }
    await ends.client.close();
    await ends.server.close();
    for (const end of [ends.client, ends.server]) {
      assert.equal(end.isMultipath(), true);
      assert.equal(end.transportInForce(), "mptcp");
    }
  },
});

Deno.test({
  name: "isMultipath() is false when either end has plain TCP, before and after the end",
  ...requires("mptcp"),
  fn: async () => {
    for (const transport of [{ ...MPTCP, listen: TCP.listen }, { ...MPTCP, connect: TCP.connect }]) {
      await using ends = await pair(transport);
      for (const end of [ends.client, ends.server]) {
        assert.equal(end.isMultipath(), false);
        assert.equal(end.transportInForce(), "tcp");
        const [path, ...others] = end.paths();
        assert.deepEqual(others, []);
        assert.equal(path?.state, "active");
        assert(path.local.equals(end.local) && path.remote.equals(end.remote));
        assert.equal(path.interface, "lo");
      }
      await ends.client.close();
      await ends.server.close();
      assert.equal(ends.client.isMultipath(), false);
      assert.equal(ends.server.transportInForce(), "tcp");
    }
  },
});
