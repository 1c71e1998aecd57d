import assert from "node:assert/strict";
import { Ip } from "../../../lib/base/ip.ts";
import { chooseDatagramBackend, openDatagramSocket } from "../../../lib/io/open_datagram_socket.ts";
import { run } from "../../support/command.ts";
import { requires, withoutFfi } from "../../support/requires.ts";
import type { DatagramAttempt } from "./datagrams/attempt.ts";
import "../../support/open_libc.ts";

async function attempt(
  permissions: readonly string[],
  options: Readonly<Record<string, unknown>>,
  ...peer: readonly string[]
): Promise<DatagramAttempt> {
  const script = new URL("./datagrams/attempt.ts", import.meta.url).pathname;
  // From elsewhere, so that the settings of this checkout do not switch anything on.
  const flags = ["run", "--quiet", "--no-prompt", "--no-config", ...permissions];
  const { code, stdout, stderr } = await run([
    Deno.execPath(),
    ...flags,
    script,
    JSON.stringify(options),
    ...peer,
  ]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const LOOPBACK = { address: "127.0.0.1" };

Deno.test({
  name: "openDatagramSocket() uses system calls where they are allowed",
  ...requires("ffi"),
  fn: async () => {
    assert.deepEqual(chooseDatagramBackend(), { backend: "ffi", reason: null });
    await using socket = await openDatagramSocket({ address: Ip.parse("::1") });
    assert.equal(socket.backend, "ffi");
    assert.equal(socket.backendReason, null);
  },
});

Deno.test("openDatagramSocket() uses Deno's own sockets without --allow-ffi, and says why", async () => {
  const { backend, reason } = await attempt(["--allow-net", "--unstable-net"], LOOPBACK);
  assert.equal(backend, "deno");
  assert.match(reason!, /--allow-ffi|it needs Linux/);
  if (withoutFfi()) assert.equal(chooseDatagramBackend().backend, "deno");
});

Deno.test("openDatagramSocket() uses node:dgram without --unstable-net too, and says why", async () => {
  const { backend, reason } = await attempt(["--allow-net"], LOOPBACK);
  assert.equal(backend, "node");
  assert.match(reason!, /--unstable-net.*(--allow-ffi|it needs Linux)/);
});

Deno.test("openDatagramSocket() uses the backend that was asked for or fails with the flag", async () => {
  const net = ["--allow-net"];
  assert.equal((await attempt(net, { ...LOOPBACK, backend: "node" })).backend, "node");
  const deno = await attempt(net, { ...LOOPBACK, backend: "deno" });
  assert.deepEqual([deno.code, deno.fix], ["ERR_NOT_SUPPORTED", "--unstable-net"]);
  const ffi = await attempt(net, { ...LOOPBACK, backend: "ffi" });
  if (Deno.build.os === "linux") assert.deepEqual([ffi.code, ffi.fix], ["ERR_FFI_PERMISSION", "--allow-ffi"]);
});

Deno.test({
  name: "every datagram backend stays inside --allow-net: ERR_NET_PERMISSION",
  ...requires("ffi"),
  fn: async () => {
    for (const backend of ["ffi", "deno", "node"]) {
      const flags = ["--allow-ffi", "--unstable-net"];
      const bind = { ...LOOPBACK, backend };
      const bound = await attempt([...flags, "--allow-net=127.0.0.1:1"], bind);
      assert.equal(bound.code, "ERR_NET_PERMISSION", `${backend}: ${bound.message}`);
      const both = [...flags, "--allow-net=127.0.0.1:0,127.0.0.1:1"];
      assert.equal((await attempt(both, bind, "127.0.0.1:1")).sent, "sent");
      const sent = await attempt(both, bind, "127.0.0.1:2");
      assert.deepEqual([sent.code, sent.fix], ["ERR_NET_PERMISSION", "--allow-net=127.0.0.1:2"], backend);
      const remote = await attempt(both, { ...bind, remote: "127.0.0.1:2" });
      assert.deepEqual([remote.code, remote.fix], ["ERR_NET_PERMISSION", "--allow-net=127.0.0.1:2"]);
    }
  },
});

Deno.test({
  name: "a datagram socket with one peer needs leave for that peer only",
  ...requires("ffi"),
  fn: async () => {
    const options = { address: "0.0.0.0", remote: "127.0.0.1:1" };
    const outcome = await attempt(["--allow-ffi", "--allow-net=127.0.0.1:1"], options, "127.0.0.1:1");
    assert.deepEqual([outcome.backend, outcome.sent], ["ffi", "sent"], outcome.message!);
  },
});
