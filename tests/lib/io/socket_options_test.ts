import assert from "node:assert/strict";
import {
  AF_INET,
  AF_INET6,
  close,
  getBytes,
  getInt,
  IPPROTO_MPTCP,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO_BINDTODEVICE,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SOCK_STREAM,
  socket,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  TCP_CONGESTION,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_NODELAY,
} from "../../../ffi/mod.ts";
import { applyListenOptions, applySocketOptions, setCongestion } from "../../../lib/io/socket_options.ts";
import { requires } from "../../support/requires.ts";
import "../../support/open_libc.ts";

function withSockets(family: number, work: (fd: number, protocol: number) => void): void {
  for (const protocol of [IPPROTO_TCP, IPPROTO_MPTCP]) {
    const fd = socket(family, SOCK_STREAM, protocol);
    assert(fd >= 0);
    try {
      work(fd, protocol);
    } finally {
      close(fd);
    }
  }
}

function text(fd: number, level: number, option: number): string {
  const bytes = new Uint8Array(16);
  const length = getBytes(fd, level, option, bytes);
  assert(length >= 0, `errno ${-length}`);
  return new TextDecoder().decode(bytes.subarray(0, length)).split("\0")[0]!;
}

Deno.test({
  name: "applySocketOptions() sets what is asked, on TCP and MPTCP sockets",
  ...requires("mptcp"),
  fn: () =>
    withSockets(AF_INET, (fd) => {
      applySocketOptions(fd, { interface: "lo", congestion: "reno", maxSegmentBytes: 1000, noDelay: true });
      assert.equal(text(fd, SOL_SOCKET, SO_BINDTODEVICE), "lo");
      assert.equal(text(fd, SOL_TCP, TCP_CONGESTION), "reno");
      assert.equal(getInt(fd, SOL_TCP, TCP_MAXSEG), 1000);
      assert.equal(getInt(fd, SOL_TCP, TCP_NODELAY) !== 0, true);
    }),
});

Deno.test({
  name: "applySocketOptions() asks an idle other end only when told to, and as often as told",
  ...requires("mptcp"),
  fn: () =>
    withSockets(AF_INET, (fd) => {
      applySocketOptions(fd, {});
      assert.equal(getInt(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
      applySocketOptions(fd, { keepAlive: { idleSeconds: 7, intervalSeconds: 3, probes: 127 } });
      const set = [TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT].map((option) => getInt(fd, SOL_TCP, option));
      assert.deepEqual([getInt(fd, SOL_SOCKET, SO_KEEPALIVE), ...set], [1, 7, 3, 127]);
    }),
});

Deno.test({
  name: "applySocketOptions() sends small writes at once unless told not to",
  ...requires("mptcp"),
  fn: () => {
    withSockets(AF_INET, (fd) => {
      applySocketOptions(fd, {});
      assert.notEqual(getInt(fd, SOL_TCP, TCP_NODELAY), 0);
    });
    withSockets(AF_INET, (fd) => {
      applySocketOptions(fd, { noDelay: false });
      assert.equal(getInt(fd, SOL_TCP, TCP_NODELAY), 0);
    });
  },
});

Deno.test({
  // The kernel itself takes anything for an MPTCP socket that has no subflow yet.
  name: "applySocketOptions() never swallows what is refused: ERR_OPTION_REFUSED",
  ...requires("mptcp"),
  fn: () => {
    const refused = [
      [{ congestion: "nonsense" }, "ERR_OPTION_REFUSED", "ENOENT"],
      [{ interface: "nosuch0" }, "ERR_OPTION_REFUSED", "ENODEV"],
      [{ keepAlive: { idleSeconds: 0, intervalSeconds: 1, probes: 1 } }, "ERR_OPTION_REFUSED", "EINVAL"],
      [{ maxSegmentBytes: 87 }, "ERR_OPTION_REFUSED", "EINVAL"],
      [{ maxSegmentBytes: 32_768 }, "ERR_OPTION_REFUSED", "EINVAL"],
    ] as const;
    for (const [options, code, errno] of refused) {
      withSockets(AF_INET, (fd) => {
        assert.throws(() => applySocketOptions(fd, options), (error: unknown) => {
          assert(error instanceof Error && "code" in error && "data" in error);
          assert.equal(error.code, code);
          assert.equal((error.data as { readonly errno: string }).errno, errno);
          return true;
        });
      });
    }
  },
});

Deno.test({
  name: "setCongestion() tells what would mend a refusal",
  ...requires("mptcp"),
  fn: () =>
    withSockets(AF_INET, (fd) => {
      applySocketOptions(fd, {});
      assert.throws(() => setCongestion(fd, "nonsense"), {
        code: "ERR_OPTION_REFUSED",
        message: 'Cannot set congestion control to "nonsense": this kernel has none of that name',
        fix: /tcp_available_congestion_control/,
      });
      setCongestion(fd, "reno");
      assert.equal(text(fd, SOL_TCP, TCP_CONGESTION), "reno");
    }),
});

Deno.test({
  name: "applyListenOptions() lets a port be used again and settles the families",
  ...requires("mptcp"),
  fn: () => {
    for (const dualStack of [true, false]) {
      withSockets(AF_INET6, (fd) => {
        applyListenOptions(fd, 6, dualStack);
        assert.equal(getInt(fd, SOL_SOCKET, SO_REUSEADDR), 1);
        assert.equal(getInt(fd, SOL_IPV6, IPV6_V6ONLY), dualStack ? 0 : 1);
      });
    }
    withSockets(AF_INET, (fd) => {
      applyListenOptions(fd, 4, true);
      assert.equal(getInt(fd, SOL_SOCKET, SO_REUSEADDR), 1);
    });
  },
});
