import assert from "node:assert/strict";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { parseCheckAnswer } from "../../../lib/protocol/check.ts";
import { parseSynMirror } from "../../../lib/protocol/syn_mirror.ts";
import { serve, type ServeEvent, type ServeOptions } from "../../../lib/serve/mod.ts";
import { mirrorAnswer } from "../../../lib/serve/syn_mirror.ts";
import { rawClient } from "../../support/raw_tcp.ts";
import { requires } from "../../support/requires.ts";
import { answerOf, ask, type Served, served, stillServes } from "./served.ts";

async function mirrorPort(server: Served): Promise<number> {
  const { body } = answerOf(await ask(server, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  return parseCheckAnswer(body)!.syn_mirror_port!;
}

Deno.test({
  name: "the SYN mirror answers whoever connects, silent or not, with one line about its SYN",
  ...requires("ffi"),
  async fn() {
    await using server = await served();
    const port = await mirrorPort(server);
    assert(
      server.events.some((event) => event.event === "syn-mirror" && event.address === `127.0.0.1:${port}`),
    );
    for (const noise of ["", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\0".repeat(60_000)]) {
      await using client = await rawClient(port);
      if (noise !== "") await client.send(noise);
      const [line] = await client.until(/^.*\n/);
      const answer = parseSynMirror(line);
      assert.deepEqual([answer.family, answer.ttl, answer.destination], [4, 64, `127.0.0.1:${port}`]);
      assert(answer.options!.some(({ name }) => name === "MSS"));
      assert.equal(await client.rest(), line);
      assert.equal(client.wasReset, false);
    }
    await server.close();
    const { mirrored, connections, syn_mirrors } = await server.finished;
    assert.deepEqual([mirrored, connections, syn_mirrors], [3, 1, [`127.0.0.1:${port}`]]);
    const syns = server.events.flatMap((event) => event.event === "syn" ? [event.mp_capable] : []);
    assert.deepEqual(syns, [false, false, false]);
  },
});

Deno.test({
  name: "clients of the SYN mirror count among the connections of an address, and make room when they go",
  ...requires("ffi"),
  async fn() {
    await using server = await served({ maxPerAddress: 2 });
    const port = await mirrorPort(server);
    await server.ended(0);
    await using first = await rawClient(port);
    await first.until(/\n/);
    await using second = await rawClient(port);
    await second.until(/\n/);
    // It is turned away, be it by an end or, when that is faster than its connect, by a reset.
    assert.equal(await restOf(port), "");
    assert.equal(await server.refused(0), "this address has its 2 connections");
    first.end();
    await server.mirrored(0);
    await stillServes(server);
  },
});

Deno.test({
  name: "a client that floods the SYN mirror, or never goes, does not hold the server up",
  ...requires("ffi"),
  async fn() {
    await using server = await served();
    const port = await mirrorPort(server);
    await using flood = await rawClient(port);
    let over = false;
    flood.closed.then(() => over = true);
    const chunk = new Uint8Array(100_000);
    while (!over) await flood.send(chunk);
    await using silent = await rawClient(port);
    await silent.until(/\n/);
    await stillServes(server);
    // The silent client is still there: it ends with the server.
    await server.close();
    await server.finished;
    await silent.rest();
  },
});

async function restOf(port: number): Promise<string> {
  try {
    await using client = await rawClient(port);
    return await client.rest();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ECONNRESET") return "";
    throw error;
  }
}

async function started(options: ServeOptions): Promise<readonly ServeEvent[]> {
  const events: ServeEvent[] = [];
  await using _server = await serve(options, (event) => events.push(event));
  return events;
}

function listen(...addresses: readonly string[]): readonly Endpoint[] {
  return addresses.map((address) => Endpoint.parse(address, { allowPortZero: true }));
}

function mirrors(events: readonly ServeEvent[]): readonly string[] {
  return events.flatMap((event) => event.event === "syn-mirror" ? [event.address.replace(/:\d+$/, "")] : []);
}

Deno.test({
  name: "there is one SYN mirror an address, and one on a wildcard address is enough for all that it covers",
  ...requires("ffi"),
  async fn() {
    const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
      [["tcp@127.0.0.1:0", "tcp@127.0.0.1:0"], ["127.0.0.1"]],
      [["tcp@127.0.0.1:0", "tcp@[::1]:0"], ["127.0.0.1", "[::1]"]],
      [["tcp@127.0.0.1:0", "tcp@[::]:0", "tcp@[::1]:0"], ["[::]"]],
      [["tcp@127.0.0.1:0", "tcp6@[::]:0"], ["[::]", "127.0.0.1"]],
      [["tcp4@0.0.0.0:0", "tcp6@[::]:0", "tcp@127.0.0.1:0"], ["0.0.0.0", "[::]"]],
    ];
    for (const [addresses, expected] of cases) {
      assert.deepEqual(mirrors(await started({ listen: listen(...addresses) })), expected);
    }
    assert.deepEqual(mirrors(await started({ listen: listen("tcp@127.0.0.1:0"), synMirrorPort: null })), []);
  },
});

Deno.test({
  name: "a SYN mirror on a port that is taken is an error when it was asked for, and nothing stays open",
  ...requires("ffi"),
  async fn() {
    await using other = await served({ synMirrorPort: null });
    const options = { listen: listen("tcp@127.0.0.1:0"), synMirrorPort: other.port };
    await assert.rejects(serve(options), { code: "ERR_ADDRESS_IN_USE" });
    assert.equal(await mirrorPort(other), null);
  },
});

Deno.test("mirrorAnswer() says that it does not know where the kernel kept no SYN, and tells no zone", () => {
  const ends = { local: Endpoint.of("fe80::1%eth0", 4434), remote: Endpoint.of("fe80::2%eth0", 50_000) };
  assert.deepEqual(mirrorAnswer(ends, null), {
    schema: "mpt.syn-mirror/1",
    family: 6,
    ttl: null,
    source: "[fe80::2]:50000",
    destination: "[fe80::1]:4434",
    options: null,
    malformed_hex: null,
  });
});
