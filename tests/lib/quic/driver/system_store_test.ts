import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { listen } from "../../../../lib/quic/mod.ts";
import { run } from "../../../support/command.ts";
import { requires } from "../../../support/requires.ts";
import { Authority, CA, SERVER } from "../../tls/x509/authority.ts";
import "../../../support/open_libc.ts";

const LOOPBACK = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });
const SCRIPT = new URL("connect_with_system.ts", import.meta.url).pathname;

/** What a program of its own says whose system trusts the certificates of a file. */
async function attempt(
  port: number,
  store: string,
  permissions: readonly string[] = ["--allow-all"],
): Promise<Readonly<Record<string, unknown>>> {
  const argv = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--unstable-net", ...permissions, SCRIPT];
  const { code, stdout, stderr } = await run([...argv, String(port), "server.example"], {
    env: { ...Deno.env.toObject(), SSL_CERT_FILE: store, SSL_CERT_DIR: "/nonexistent" },
  });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("connect() trusts whom the system's store trusts, and nobody else", {
  ...requires("tool:openssl"),
}, async () => {
  await using authority = await Authority.create();
  await authority.issue("root", { extensions: CA });
  await authority.issue("middle", { by: "root", extensions: CA });
  await authority.issue("leaf", { by: "middle", extensions: SERVER });
  await authority.issue("stranger", { extensions: CA });
  const [leaf, middle] = [await authority.pem("leaf"), await authority.pem("middle")];
  await using listener = await listen(LOOPBACK, {
    alpn: ["test"],
    cert: leaf + middle,
    key: await authority.keyPem("leaf"),
  });
  const port = listener.local.port!;
  assert.deepEqual(await attempt(port, authority.path("root.pem")), { trusted: true });
  const refused = await attempt(port, authority.path("stranger.pem"));
  assert.equal(refused.code, "ERR_TLS");
  assert.match(String(refused.message), /no trusted certificate stands behind it/);
  const blind = await attempt(port, authority.path("root.pem"), ["--allow-net"]);
  assert.deepEqual([blind.code, blind.fix], ["ERR_PERMISSION", "--allow-sys=ca"]);
});
