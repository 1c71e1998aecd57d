import assert from "node:assert/strict";
import { createLab } from "../../lib/lab/mod.ts";
import { twoPaths } from "../support/two_paths.ts";
import { createHash } from "node:crypto";
import { parsePerfReport } from "../../lib/protocol/perf_report.ts";
import { requires } from "../support/requires.ts";
import { checkBy, PORT, startServe } from "./support.ts";
import { MPTCPIZE } from "./web_servers.ts";

const needs = requires("namespaces", "mptcp", "tool:curl", "tool:mptcpize");

/** Over two links of 50 Mbit/s this lasts a hundred times longer than a join takes. */
const BYTES = 2_000_000;

const CURL = ["curl", "--silent", "--show-error", "--fail", "--globoff"];

Deno.test({
  name: "mpt serve tells mptcpize run curl that it speaks MPTCP over two paths",
  ...needs,
  async fn() {
    await using network = await createLab(twoPaths({ rateMbit: 50 }, { rateMbit: 50 }));
    await using server = await startServe(network);
    const base = `http://10.77.1.2:${PORT}`;
    // One connection carries both requests: the transfer gives the join time to come up.
    const check = await checkBy(network, [
      ...MPTCPIZE,
      ...CURL,
      "--output",
      "/dev/null",
      `${base}/bytes/${BYTES}`,
      `${base}/`,
    ]);
    assert.deepEqual([check.transport, check.fallback], ["mptcp", false]);
    const paths = check.paths.map(({ local, remote, interface: name, state }) => [
      local,
      remote.replace(/:\d+$/, ""),
      name,
      state,
    ]);
    assert.deepEqual(paths, [
      [`10.77.1.2:${PORT}`, "10.77.1.1", "path1", "active"],
      [`10.77.2.2:${PORT}`, "10.77.2.1", "path2", "active"],
    ]);
    assert(check.paths.every((path) => path.bytes_sent > BYTES / 10), JSON.stringify(check.paths));
    const [finished] = await server.line(/^.*"event":"connection".*$/);
    const { transport, requests, paths: count, end } = JSON.parse(finished);
    assert.deepEqual({ transport, requests, count, end }, {
      transport: "mptcp",
      requests: 2,
      count: 2,
      end: "done",
    });
  },
});

Deno.test({
  name: "mpt serve tells mptcpize run curl over IPv6 that it speaks MPTCP",
  ...needs,
  async fn() {
    await using network = await createLab(twoPaths());
    await using _server = await startServe(network);
    const check = await checkBy(network, [...MPTCPIZE, ...CURL, `http://[fd77:0:0:1::2]:${PORT}/`]);
    assert.deepEqual([check.transport, check.fallback], ["mptcp", false]);
    assert.equal(check.local, `[fd77:0:0:1::2]:${PORT}`);
  },
});

Deno.test({
  name: "mpt serve tells plain curl that it speaks TCP after a fallback",
  ...requires("namespaces", "mptcp", "tool:curl"),
  async fn() {
    await using network = await createLab(twoPaths());
    await using _server = await startServe(network);
    const check = await checkBy(network, [...CURL, `http://10.77.1.2:${PORT}/`]);
    assert.deepEqual([check.transport, check.fallback], ["tcp", true]);
    assert.equal(check.paths.length, 1);
    assert.equal(check.paths[0]?.local, `10.77.1.2:${PORT}`);
  },
});

for (const launcher of [[], MPTCPIZE]) {
  Deno.test({
    name: `${launcher.length > 0 ? "mptcpize run curl" : "curl"} gets every byte of /bytes/N`,
    ...needs,
    async fn() {
      await using network = await createLab(twoPaths());
      await using _server = await startServe(network);
      for (const bytes of [0, 1, 262_145, 20_000_000]) {
        const url = `http://10.77.1.2:${PORT}/bytes/${bytes}`;
        const [program = "", ...args] = [...network.prefix("client"), ...launcher, ...CURL, url];
        const { code, stdout } = await new Deno.Command(program, { args, stdin: "null" }).output();
        assert.equal(code, 0);
        assert.equal(stdout.length, bytes);
        assert.equal(sha256(stdout), sha256(new Uint8Array(bytes)));
      }
    },
  });
}

const UPLOAD_BYTES = 3_000_000;

/** A shell command that pipes so many bytes into curl. */
function piped(...args: readonly string[]): readonly string[] {
  const zeros = `head -c ${UPLOAD_BYTES} /dev/zero | "$@"`;
  return ["sh", "-c", zeros, "sh", ...args, `http://10.77.1.2:${PORT}/perf`];
}

/** The two framings of a body. With `-T -`, curl asks first whether to continue. */
const UPLOADS: readonly (readonly [string, readonly string[], asks: boolean])[] = [
  ["in chunks", ["-T", "-"], true],
  ["of known length", ["--data-binary", "@-", "--header", "Expect:"], false],
];

for (const [how, args, asks] of UPLOADS) {
  for (const transport of ["tcp", "mptcp"] as const) {
    Deno.test({
      name: `curl over ${transport} uploads ${how} and gets what the server saw`,
      ...needs,
      async fn() {
        await using network = await createLab(twoPaths({ rateMbit: 50 }, { rateMbit: 50 }));
        await using server = await startServe(network);
        const launcher = transport === "mptcp" ? MPTCPIZE : [];
        const text = await network.output("client", piped(...launcher, ...CURL, "--include", ...args));
        assert.equal(text.startsWith("HTTP/1.1 100 Continue\r\n"), asks, text.slice(0, 100));
        const { end, received, paths } = parsePerfReport(text.slice(text.indexOf("{")));
        assert.deepEqual([end, received?.bytes], ["done", UPLOAD_BYTES]);
        assert.equal(paths.length, transport === "mptcp" ? 2 : 1);
        const [finished] = await server.line(/^.*"event":"connection".*$/);
        const { protocol, bytes_received: bytes, end: how } = JSON.parse(finished);
        assert.deepEqual([protocol, how, bytes >= UPLOAD_BYTES], ["perf", "done", true]);
      },
    });
  }

  Deno.test({
    name: `curl that uploads ${how} to a server with a token sees the 401`,
    ...needs,
    async fn() {
      await using network = await createLab(twoPaths({ rateMbit: 50 }, { rateMbit: 50 }));
      await using _server = await startServe(network, "--token", "secret");
      const quiet = CURL.filter((arg) => arg !== "--fail");
      const text = await network.output("client", piped(...quiet, "--include", ...args));
      assert.match(text, /^HTTP\/1\.1 401 Unauthorized\r\n[^]*this server wants its token/);
    },
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
