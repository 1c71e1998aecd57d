import assert from "node:assert/strict";
import { Ip } from "../../../lib/base/ip.ts";
import { run } from "../../support/command.ts";
import { requires } from "../../support/requires.ts";
import type { Outcome } from "./attempt.ts";
import { attemptArgv } from "./attempt_argv.ts";

const { ffi, tcp, mptcp } = {
  ffi: requires("ffi"),
  tcp: requires(),
  mptcp: requires("mptcp"),
};

async function attempt(permissions: readonly string[], ...args: readonly string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await run(attemptArgv(permissions, args));
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** A listener of this process, which has all permissions that the test is about. */
async function withListener(work: (port: string) => Promise<void>): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) connection.close();
  })().catch(() => {});
  try {
    await work(String(listener.addr.port));
  } finally {
    listener.close();
    await serving;
  }
}

Deno.test({
  name: "mptcp without --allow-ffi fails with the flag: ERR_FFI_PERMISSION",
  ...tcp,
  fn: async () => {
    for (const verb of ["connect", "listen"]) {
      const { code, fix, message } = await attempt(["--allow-net"], verb, "mptcp", "127.0.0.1", "9");
      assert.equal(code, "ERR_FFI_PERMISSION");
      assert.equal(fix, "--allow-ffi");
      assert.match(message!, /^Cannot (connect to|listen on) 127\.0\.0\.1:9: .+ --allow-ffi$/);
    }
  },
});

Deno.test({
  name: "tcp without --allow-ffi works all the same, and so does mptcp with its fallback",
  ...tcp,
  fn: () =>
    withListener(async (port) => {
      const fallback = JSON.stringify({ fallback: "tcp" });
      const outcomes = [
        await attempt(["--allow-net"], "connect", "tcp", "127.0.0.1", port),
        await attempt(["--allow-net"], "connect", "mptcp", "127.0.0.1", port, fallback),
        await attempt(["--allow-net"], "listen", "mptcp", "127.0.0.1", "0", fallback),
      ];
      assert.deepEqual(outcomes.map(({ transport }) => transport), ["tcp", "tcp", "tcp"]);
    }),
});

Deno.test({
  name: "tcp without --allow-ffi refuses what only system calls can do: ERR_NOT_SUPPORTED",
  ...tcp,
  fn: async () => {
    const wanted = [
      ["connect", { interface: "lo" }],
      ["connect", { congestion: "cubic" }],
      ["connect", { maxSegmentBytes: 1000 }],
      ["connect", { keepAlive: { idleSeconds: 1, intervalSeconds: 1, probes: 9 } }],
      ["connect", { localAddress: {} }],
      ["listen", { dualStack: false }],
    ] as const;
    for (const [verb, options] of wanted) {
      const { code, message, fix } = await attempt(
        ["--allow-net"],
        verb,
        "tcp",
        verb === "listen" ? "::" : "::1",
        "9",
        JSON.stringify(options),
      );
      assert.equal(code, "ERR_NOT_SUPPORTED");
      assert.match(message!, /^Cannot use .+: it needs system calls: run again with --allow-ffi$/);
      assert.equal(fix, "--allow-ffi");
    }
    // On one address of IPv6 there is nothing to ask for.
    const alone = JSON.stringify({ dualStack: false });
    assert.equal((await attempt(["--allow-net"], "listen", "tcp", "::1", "0", alone)).transport, "tcp");
  },
});

Deno.test({
  name: "a socket made by system calls stays inside --allow-net: ERR_NET_PERMISSION",
  ...ffi,
  fn: async () => {
    const permissions = ["--allow-ffi", "--allow-net=127.0.0.1:1,[::1]:1"];
    for (const transport of ["tcp", "mptcp"]) {
      for (const [address, shown] of [["127.0.0.1", "127.0.0.1"], ["::1", "[::1]"]] as const) {
        for (const verb of ["connect", "listen"]) {
          const outcome = await attempt(permissions, verb, transport, address, "2");
          assert.equal(outcome.code, "ERR_NET_PERMISSION");
          assert.equal(outcome.fix, `--allow-net=${shown}:2`);
          assert(outcome.message!.endsWith(`run again with --allow-net=${shown}:2 or --allow-net`));
        }
      }
    }
  },
});

Deno.test({
  name: "a socket made by system calls may do what --allow-net allows",
  ...mptcp,
  fn: async () => {
    const permissions = ["--allow-ffi", "--allow-net=127.0.0.1:1,[::1]:1,127.0.0.1:0"];
    for (const address of ["127.0.0.1", "::1"]) {
      const outcome = await attempt(permissions, "connect", "mptcp", address, "1");
      assert.equal(outcome.code, "ERR_REFUSED", outcome.message!);
    }
    assert.equal((await attempt(permissions, "listen", "mptcp", "127.0.0.1", "0")).transport, "mptcp");
  },
});

Deno.test({
  name: "tcp over Deno.connect stays inside --allow-net: ERR_NET_PERMISSION",
  ...tcp,
  fn: async () => {
    for (const verb of ["connect", "listen"]) {
      const outcome = await attempt(["--allow-net=127.0.0.1:1"], verb, "tcp", "127.0.0.1", "2");
      assert.equal(outcome.code, "ERR_NET_PERMISSION");
      assert.equal(outcome.fix, "--allow-net=127.0.0.1:2");
      assert.match(outcome.message!, /run again with --allow-net=127\.0\.0\.1:2 or --allow-net$/);
    }
  },
});

Deno.test({
  name: "a link-local address with a zone asks for its permission too",
  ...ffi,
  fn: async () => {
    const zoned = Ip.parse("fe80::1%lo").toString();
    const allowed = await attempt(["--allow-ffi", "--allow-net"], "connect", "tcp", zoned, "9", TIMEOUT);
    assert.notEqual(allowed.code, "ERR_NET_PERMISSION");
    const denied = await attempt(
      ["--allow-ffi", "--allow-net=127.0.0.1"],
      "connect",
      "tcp",
      zoned,
      "9",
      TIMEOUT,
    );
    assert.equal(denied.code, "ERR_NET_PERMISSION");
  },
});

const TIMEOUT = JSON.stringify({ timeoutMs: 100 });
