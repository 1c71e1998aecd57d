import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { MptError } from "../../../../lib/base/errors.ts";
import { connect, listen } from "../../../../lib/quic/mod.ts";
import { checkFile } from "../qlog/schema.ts";
import "../../../support/open_libc.ts";

const LOOPBACK = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });

/** Runs with a folder that is gone afterwards. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("with qlog both ends of a connection leave a file that is as the drafts' schemas say", () =>
  inFolder(async (temporary) => {
    const folder = `${temporary}/logs/here`;
    {
      await using listener = await listen(LOOPBACK, { alpn: ["test"], qlog: folder });
      const [client, server] = await Promise.all([
        connect(listener.local, { alpn: ["test"], pins: [listener.pin], qlog: folder }),
        listener.accept(),
      ]);
      const stream = await client.openStream("unidirectional");
      const reading = server!.acceptStream().then((arrived) => new Response(arrived!.readable).arrayBuffer());
      await stream.write(new Uint8Array(300_000));
      await stream.closeWrite();
      assert.equal((await reading).byteLength, 300_000);
      await client.close(7, "enough");
      await server!.closed;
    }
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    assert.equal(names.length, 2);
    const [id] = names[0]!.split("_");
    assert.deepEqual(names, [`${id}_client.sqlog`, `${id}_server.sqlog`], "both have the same id");
    for (const name of names) {
      const events = checkFile(await Deno.readTextFile(`${folder}/${name}`));
      assert(events.length > 100);
      const seen = new Set(events.map((event) => event.name!.replace("quic:", "")));
      for (
        const expected of [
          ...["connection_started", "connection_state_updated", "connection_closed", "packet_sent"],
          ...["packet_received", "parameters_set", "key_updated", "key_discarded", "tuple_assigned"],
          ...["mtu_updated", "recovery_metrics_updated", "congestion_state_updated", "alpn_information"],
        ]
      ) {
        assert(seen.has(expected), `${expected} is not in ${name}`);
      }
      const states = events.filter((event) => event.name === "quic:connection_state_updated");
      assert.match(String(states.at(-1)?.data?.new), /closing|draining|closed/);
    }
  }));

Deno.test("qlog to a folder that cannot be made is refused: ERR_INVALID_VALUE", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const options = { alpn: ["test"], qlog: `${folder}/file/below` };
    await assert.rejects(
      async () => await listen(LOOPBACK, options),
      (error: unknown) => error instanceof MptError && error.code === "ERR_INVALID_VALUE",
    );
  }));

Deno.test("an attempt that nobody answers leaves its log as well", () =>
  inFolder(async (folder) => {
    // A socket that says nothing
    const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const { port } = silent.addr as Deno.NetAddr;
    const options = { alpn: ["test"], timeoutMs: 50, qlog: folder };
    await assert.rejects(connect(Endpoint.of("127.0.0.1", port), options));
    silent.close();
    const [file] = await Array.fromAsync(Deno.readDir(folder));
    const events = checkFile(await Deno.readTextFile(`${folder}/${file!.name}`));
    assert(events.some(({ name }) => name === "quic:packet_sent"));
  }));
