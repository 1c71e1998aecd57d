import assert from "node:assert/strict";
import { createLab } from "../../lib/lab/mod.ts";
import { twoPaths } from "../support/two_paths.ts";
import type { ProbeEndpoint } from "../../lib/probe/mod.ts";
import { mptArgv } from "../support/command.ts";
import { requires } from "../support/requires.ts";
import { probeFrom } from "./support.ts";
import {
  HAPROXY,
  HTTPD,
  HTTPD_AT_ONCE,
  MPTCPIZE,
  NGINX,
  NGINX_TLS,
  startWebServer,
  WEB_PORT,
  type WebServer,
} from "./web_servers.ts";

const needs = (server: WebServer): ReturnType<typeof requires> =>
  requires("namespaces", "mptcp", "tool:mptcpize", "tool:ss", ...server.needs);

/** The addresses of both paths, as the client of a two-path network sees them. */
const BOTH_PATHS = [`10.77.1.1 to 10.77.1.2:${WEB_PORT}`, `10.77.2.1 to 10.77.2.2:${WEB_PORT}`];

function pathsOf(endpoint: ProbeEndpoint, state: string): readonly string[] {
  return endpoint.mptcp.paths.filter((path) => path.state === state)
    .map(({ local, remote }) => `${local.replace(/:\d+$/, "")} to ${remote}`);
}

for (const server of [NGINX, NGINX_TLS, HAPROXY, HTTPD]) {
  const data = server === NGINX_TLS ? "tls" : "http";
  Deno.test({
    name: `mpt probe finds no MPTCP at a plain ${server.name}, and has its answer`,
    ...needs(server),
    async fn() {
      await using network = await createLab(twoPaths());
      await using _program = await startWebServer(network, server);
      const endpoint = await probeFrom(network, `10.77.1.2:${WEB_PORT}`, "--data", data);
      const { tcp, mptcp } = endpoint;
      assert.deepEqual([tcp.status, mptcp.status], ["yes", "no"]);
      assert.equal(mptcp.negotiated_after_connect, false);
      assert.equal(mptcp.reason, "the connection fell back to TCP in the handshake");
      assert.equal(mptcp.paths.length, 1);
      for (const check of [tcp, mptcp]) {
        assert.equal(check.detail?.data?.status, "yes");
        assert.match(check.detail.data.text, server.answer);
        assert.equal(check.detail.server, null);
      }
    },
  });
}

for (const server of [NGINX, NGINX_TLS, HAPROXY, HTTPD_AT_ONCE]) {
  const data = server === NGINX_TLS ? "tls" : "http";
  Deno.test({
    name: `mpt probe finds MPTCP over two paths at ${server.name} under mptcpize, and has its answer`,
    ...needs(server),
    async fn() {
      await using network = await createLab(twoPaths());
      await using _program = await startWebServer(network, server, MPTCPIZE);
      const endpoint = await probeFrom(network, `10.77.1.2:${WEB_PORT}`, "--data", data);
      const { tcp, mptcp } = endpoint;
      assert.deepEqual([tcp.status, mptcp.status], ["yes", "yes"]);
      assert.deepEqual([mptcp.negotiated_after_connect, mptcp.negotiated_after_data], [true, true]);
      assert.deepEqual(pathsOf(endpoint, "active"), BOTH_PATHS);
      assert.deepEqual(mptcp.joins.map(({ id, state }) => [id, state]), [[1, "active"]]);
      assert.equal(mptcp.detail?.data?.status, "yes");
      assert.match(mptcp.detail.data.text, server.answer);
    },
  });
}

Deno.test({
  name: "mpt probe does not count a join that Apache httpd's default AcceptFilter holds up",
  ...needs(HTTPD),
  async fn() {
    await using network = await createLab(twoPaths());
    await using _program = await startWebServer(network, HTTPD, MPTCPIZE);
    const endpoint = await probeFrom(network, `10.77.1.2:${WEB_PORT}`, "--join-timeout", "1");
    assert.equal(endpoint.mptcp.status, "yes");
    assert.deepEqual(pathsOf(endpoint, "active"), BOTH_PATHS.slice(0, 1));
    assert.deepEqual(pathsOf(endpoint, "validating"), BOTH_PATHS.slice(1));
    const [join] = endpoint.mptcp.joins;
    assert.deepEqual([join?.state, join?.active_ms], ["validating", null]);

    const argv = mptArgv(["probe", `10.77.1.2:${WEB_PORT}`, "--join-timeout", "0.5"]);
    const told = await network.output("client", argv);
    assert.match(told, /^✓ .* over one path\.$/m);
    assert.match(
      told,
      /^. Possible: The server's accept filter holds back a further path from 10\.77\.2\.1 to 10\.77\.2\.2:8080\.$/m,
    );
  },
});

Deno.test({
  name: "mpt probe --require mptcp fails at a plain nginx and succeeds at one under mptcpize",
  ...needs(NGINX),
  async fn() {
    const argv = mptArgv(["probe", `10.77.1.2:${WEB_PORT}`, "--require", "mptcp", "--join-timeout", "0"]);
    for (const [launcher, code] of [[[], 1], [MPTCPIZE, 0]] as const) {
      await using network = await createLab(twoPaths());
      await using _program = await startWebServer(network, NGINX, launcher);
      assert.equal((await network.run("client", argv)).code, code);
    }
  },
});
