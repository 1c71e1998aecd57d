import assert from "node:assert/strict";
import type { Namespaces } from "../../lib/lab/mod.ts";
import { loneHost } from "../support/two_paths.ts";
import type { Outcome } from "../lib/transport/attempt.ts";
import { attemptArgv } from "../lib/transport/attempt_argv.ts";
import { output, ROOT } from "../support/command.ts";
import { requires } from "../support/requires.ts";

const WITH_FFI = ["--allow-net", "--allow-ffi"];
const WITHOUT_FFI = ["--allow-net"];

/** Each way of opening a TCP or MPTCP connection. */
const WAYS = [["tcp", WITH_FFI], ["mptcp", WITH_FFI], ["tcp", WITHOUT_FFI]] as const;

async function attempt(
  network: Namespaces,
  permissions: readonly string[],
  ...args: readonly string[]
): Promise<Outcome> {
  return JSON.parse(await network.output(undefined, attemptArgv(permissions, args), { cwd: ROOT }));
}

Deno.test({
  name: "connect() says when this host has no route: ERR_NO_ROUTE",
  ...requires("namespaces", "mptcp"),
  fn: async () => {
    await using network = await loneHost();
    for (
      const [address, shown] of [["192.0.2.1", "192.0.2.1:9"], ["2001:db8::1", "[2001:db8::1]:9"]] as const
    ) {
      for (const [transport, permissions] of WAYS) {
        const { code, message } = await attempt(network, permissions, "connect", transport, address, "9");
        assert.equal(code, "ERR_NO_ROUTE", message!);
        assert.equal(message, `Cannot connect to ${shown}: this host has no route to it`);
      }
    }
  },
});

Deno.test({
  name: "connect() says when this host has nothing to send from: ERR_NO_ROUTE",
  ...requires("namespaces", "mptcp"),
  fn: async () => {
    await using network = await loneHost();
    await network.output(undefined, ["sh", "-ec", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"]);
    for (const [transport, permissions] of WAYS) {
      const { code, message } = await attempt(network, permissions, "connect", transport, "::1", "9");
      assert.equal(code, "ERR_NO_ROUTE", message!);
      assert.equal(
        message,
        "Cannot connect to [::1]:9: this host has no address, or no free port, to send from",
      );
    }
  },
});

Deno.test({
  name: "connect() says when the host is unreachable or the way prohibited: ERR_UNREACHABLE, ERR_PERMISSION",
  ...requires("namespaces", "mptcp"),
  fn: async () => {
    await using network = await loneHost();
    await network.output(undefined, ["ip", "route", "add", "unreachable", "192.0.2.1"]);
    await network.output(undefined, ["ip", "route", "add", "prohibit", "192.0.2.2"]);
    for (const [transport, permissions] of WAYS) {
      const unreachable = await attempt(network, permissions, "connect", transport, "192.0.2.1", "9");
      assert.equal(unreachable.code, "ERR_UNREACHABLE", unreachable.message!);
      assert.equal(unreachable.message, "Cannot connect to 192.0.2.1:9: the host is unreachable");
      const prohibited = await attempt(network, permissions, "connect", transport, "192.0.2.2", "9");
      assert.equal(prohibited.code, "ERR_PERMISSION", prohibited.message!);
    }
  },
});

Deno.test({
  name: "connect() gives up a host that does not answer: ERR_TIMED_OUT",
  ...requires("namespaces", "mptcp", "tool:nft"),
  fn: async () => {
    await using network = await loneHost();
    await network.output(undefined, [
      "sh",
      "-ec",
      `
      ip addr add 192.0.2.1/32 dev lo
      nft add table inet box
      nft add chain inet box in "{ type filter hook input priority 0; }"
      nft add rule inet box in ip daddr 192.0.2.1 drop
    `,
    ]);
    for (const [transport, permissions] of WAYS) {
      const args = ["connect", transport, "192.0.2.1", "9", JSON.stringify({ timeoutMs: 100 })];
      const { code, message } = await attempt(network, permissions, ...args);
      assert.equal(code, "ERR_TIMED_OUT", message!);
      assert.equal(message, "Cannot connect to 192.0.2.1:9: no answer in 0.1 s");
    }
  },
});

Deno.test({
  name: "mptcp says when it is switched off, and takes tcp only if told to: ERR_MPTCP_DISABLED",
  ...requires("namespaces", "mptcp"),
  fn: async () => {
    await using network = await loneHost();
    await network.output(undefined, ["sh", "-ec", "echo 0 > /proc/sys/net/mptcp/enabled"]);
    const fallback = JSON.stringify({ fallback: "tcp" });
    for (const verb of ["connect", "listen"]) {
      const off = await attempt(network, WITH_FFI, verb, "mptcp", "127.0.0.1", "0");
      assert.equal(off.code, "ERR_MPTCP_DISABLED");
      assert.equal(off.message, "Cannot open an MPTCP socket: net.mptcp.enabled is 0");
      assert.equal(off.fix, "sysctl -w net.mptcp.enabled=1");
    }
    const listened = await attempt(network, WITH_FFI, "listen", "mptcp", "127.0.0.1", "0", fallback);
    assert.equal(listened.transport, "tcp");
    // It got as far as TCP does.
    const connected = await attempt(network, WITH_FFI, "connect", "mptcp", "127.0.0.1", "9", fallback);
    assert.equal(connected.code, "ERR_REFUSED");
  },
});

const FORBIDDEN = privilegedCongestion();

Deno.test({
  name: "a program without privileges may not choose every congestion control: ERR_OPTION_REFUSED with a fix",
  ignore: FORBIDDEN === undefined || requires("mptcp", "root", "tool:setpriv").ignore,
  fn: async () => {
    const options = JSON.stringify({ congestion: FORBIDDEN });
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const argv = attemptArgv(WITH_FFI, ["connect", "mptcp", "127.0.0.1", "9", options]);
    const outcome: Outcome = JSON.parse(await output([...nobody, ...argv], { cwd: ROOT }));
    assert.equal(outcome.code, "ERR_OPTION_REFUSED");
    assert(outcome.message!.includes(`congestion control to "${FORBIDDEN}"`));
    assert.match(outcome.fix!, /CAP_NET_ADMIN/);
  },
});

/** A congestion control that this kernel has loaded, but not for everyone. */
function privilegedCongestion(): string | undefined {
  try {
    const [available = [], allowed] = ["available", "allowed"].map((which) =>
      Deno.readTextFileSync(`/proc/sys/net/ipv4/tcp_${which}_congestion_control`).trim().split(" ")
    );
    return available.find((name) => !allowed?.includes(name));
  } catch {
    return undefined;
  }
}
