import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { Ip } from "../../../lib/base/ip.ts";
import type { Connection, Listener } from "../../../lib/io/connection.ts";
import { TcpProxy } from "../../../lib/lab/tcp_proxy.ts";
import { StreamReader } from "../../../lib/protocol/stream_reader.ts";
import { connect, listen } from "../../../lib/transport/connect.ts";
import { requires } from "../../support/requires.ts";

const LOOPBACK = { 4: Ip.parse("127.0.0.1"), 6: Ip.parse("::1") } as const;

interface Relayed extends AsyncDisposable {
  readonly client: Connection;
  readonly server: Connection;
}

/** A connection through a proxy, both of its ends in this process. */
async function relayed(family: 4 | 6): Promise<Relayed> {
  await using stack = new AsyncDisposableStack();
  const listener: Listener = stack.use(listen("tcp", LOOPBACK[family], 0));
  const proxy = stack.use(new TcpProxy(family, () => listener.local));
  const client = await connect("tcp", LOOPBACK[family], proxy.port);
  const server = (await listener.accept())!;
  const rest = stack.move();
  return {
    client,
    server,
    async [Symbol.asyncDispose](): Promise<void> {
      client.abort();
      server.abort();
      await Promise.all([client.closed, server.closed]);
      await rest[Symbol.asyncDispose]();
    },
  };
}

for (const family of [4, 6] as const) {
  Deno.test({
    name: `TcpProxy relays both ways and half-closes each side by itself, IPv${family}`,
    ...requires("ffi"),
    async fn() {
      await using ends = await relayed(family);
      const [up, down] = [await ends.client.openStream(), (await ends.server.acceptStream())!];
      await up.write(new TextEncoder().encode("question"));
      await up.closeWrite();
      const asked = new StreamReader(down);
      assert.equal(new TextDecoder().decode(await asked.readExactly(8)), "question");
      assert.equal(await asked.peekByte(), null);
      // The other direction is still open.
      await down.write(new TextEncoder().encode("answer"));
      await down.closeWrite();
      const answered = new StreamReader(up);
      assert.equal(new TextDecoder().decode(await answered.readExactly(6)), "answer");
      assert.equal(await answered.peekByte(), null);
    },
  });
}

Deno.test({
  name: "TcpProxy reads no more than the other side takes, and loses nothing of it",
  ...requires("ffi"),
  async fn() {
    await using ends = await relayed(4);
    const [up, down] = [await ends.client.openStream(), (await ends.server.acceptStream())!];
    // More than all socket buffers on the way can hold: the writer must come to a stop.
    const piece = new Uint8Array(1 << 20);
    let taken = 0;
    let stopped = false;
    const writing = (async () => {
      for (; taken < 256; taken++) await up.write(piece);
      await up.closeWrite();
    })();
    for (let last = -1; !stopped; stopped = taken === last) {
      last = taken;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert(taken < 256, `${taken} MiB were taken though nobody read`);
    let bytes = 0;
    await down.consume((chunk) => void (bytes += chunk.length));
    await writing;
    assert.equal(bytes, 256 << 20);
  },
});

Deno.test({
  name: "TcpProxy hands on a reset, of the client and of the server",
  ...requires("ffi"),
  async fn() {
    for (const side of ["client", "server"] as const) {
      await using ends = await relayed(4);
      const other = side === "client" ? (await ends.server.acceptStream())! : await ends.client.openStream();
      ends[side].abort();
      await assert.rejects(other.read(), { code: "ERR_RESET" });
    }
  },
});

Deno.test({
  name: "TcpProxy resets a client whose server does not listen, or that came straight to it",
  ...requires("ffi"),
  async fn() {
    const listener = listen("tcp", LOOPBACK[4], 0);
    const gone = listener.local;
    await listener.close();
    const self = { port: 0 };
    const destinations = [() => gone, () => Endpoint.of(LOOPBACK[4], self.port)];
    for (const destination of destinations) {
      await using proxy = new TcpProxy(4, destination);
      self.port = proxy.port;
      await using client = await connect("tcp", LOOPBACK[4], proxy.port);
      await assert.rejects((await client.openStream()).read(), { code: "ERR_RESET" });
    }
  },
});
