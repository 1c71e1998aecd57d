import assert from "node:assert/strict";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { serve } from "../../lib/serve/mod.ts";
import { checkFile } from "../lib/quic/qlog/schema.ts";
import { mptArgv, run } from "../support/command.ts";
import "../support/open_libc.ts";

Deno.test("QLOGDIR and SSLKEYLOGFILE make mpt leave logs of its QUIC connections", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using server = await serve({
      listen: [Endpoint.parse("quic@127.0.0.1:0", { allowPortZero: true })],
      synMirrorPort: null,
    });
    const { port } = server.listeners[0]!.local;
    const { stderr } = await run(mptArgv(["probe", `quic@127.0.0.1:${port}`, "--insecure", "--json"]), {
      env: { ...Deno.env.toObject(), QLOGDIR: `${folder}/logs`, SSLKEYLOGFILE: `${folder}/keys` },
    });
    const logs = (await Array.fromAsync(Deno.readDir(`${folder}/logs`))).map(({ name }) => name);
    assert(logs.length > 0 && logs.every((name) => /_client\.sqlog$/.test(name)), `${logs} ${stderr}`);
    for (const name of logs) checkFile(await Deno.readTextFile(`${folder}/logs/${name}`));
    assert.match(await Deno.readTextFile(`${folder}/keys`), /^CLIENT_HANDSHAKE_TRAFFIC_SECRET \w+ \w+$/m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
