import assert from "node:assert/strict";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { connect, listen, MemoryTokenStore, type QuicConnection } from "../../../../lib/quic/mod.ts";
import { DrivenConnection } from "../../../../lib/quic/driver/connection.ts";
import "../../../support/open_libc.ts";

const LOOPBACK = Endpoint.parse("127.0.0.1:0", { allowPortZero: true });

/** Whether the server wanted a Retry. */
function wasAsked(connection: QuicConnection): boolean {
  assert(connection instanceof DrivenConnection);
  return connection.core.core.retrySource !== null;
}

Deno.test("RFC 9000 8.1.3: a token of the server's saves the next connection the Retry, once", async () => {
  await using listener = await listen(LOOPBACK, { alpn: ["test"], retry: "always" });
  const tokens = new MemoryTokenStore();
  const asked: boolean[] = [];
  for (const store of [tokens, tokens, null]) {
    const [client, server] = await Promise.all([
      connect(listener.local, { alpn: ["test"], pins: [listener.pin], tokens: store }),
      listener.accept(),
    ]);
    asked.push(wasAsked(client));
    // The token comes after the handshake: with the answer to this it has arrived
    const stream = await client.openStream();
    stream.announce();
    const far = (await server!.acceptStream())!;
    await far.closeWrite();
    assert.equal(await stream.read(), null);
    await client.close();
    await server!.closed;
  }
  assert.deepEqual(asked, [true, false, true]);
});

Deno.test("connections share a store unless they are given another", async () => {
  await using listener = await listen(LOOPBACK, { alpn: ["test"], retry: "always" });
  const asked: boolean[] = [];
  for (const name of ["a.example", "a.example", "b.example"]) {
    const [client, server] = await Promise.all([
      connect(listener.local, { alpn: ["test"], pins: [listener.pin], serverName: name }),
      listener.accept(),
    ]);
    asked.push(wasAsked(client));
    const stream = await client.openStream();
    stream.announce();
    const far = (await server!.acceptStream())!;
    await far.closeWrite();
    assert.equal(await stream.read(), null);
    await client.close();
    await server!.closed;
  }
  assert.deepEqual(asked, [true, false, true], "tokens are for the server that gave them");
});

Deno.test("MemoryTokenStore gives each token once, the newest first, and is bounded", () => {
  const store = new MemoryTokenStore();
  for (let n = 1; n <= 6; n++) store.put("server", Uint8Array.of(n));
  assert.deepEqual([1, 2, 3, 4, 5].map(() => store.take("server")?.[0]), [6, 5, 4, 3, undefined]);
  store.put("server", new Uint8Array(0));
  store.put("server", new Uint8Array(1025));
  assert.equal(store.take("server"), undefined, "too long, or nothing at all");
  for (let n = 0; n < 300; n++) store.put(`server ${n}`, Uint8Array.of(1));
  assert.equal(store.take("server 43"), undefined);
  assert.notEqual(store.take("server 44"), undefined);
});
