import assert from "node:assert/strict";
import { toHex } from "../../../../lib/base/bytes.ts";
import { Endpoint } from "../../../../lib/base/endpoint.ts";
import { Ip } from "../../../../lib/base/ip.ts";
import type { ByteStream } from "../../../../lib/io/byte_stream.ts";
import { openDatagramSocket } from "../../../../lib/io/open_datagram_socket.ts";
import type { QuicConnection } from "../../../../lib/quic/driver/api.ts";
import { configurationOf } from "../../../../lib/quic/driver/configuration.ts";
import { managePaths } from "../../../../lib/quic/driver/manage_paths.ts";
import type { QuicPathChange, QuicPathEvent } from "../../../../lib/quic/driver/path_api.ts";
import { PATH_ERROR } from "../../../../lib/quic/wire/multipath.ts";
import { DEFAULT_PARAMETERS } from "../../../../lib/quic/wire/transport_parameters.ts";
import { writeTransportParameters } from "../../../../lib/quic/wire/write_transport_parameters.ts";
import { fails } from "../../transport/compliance_support.ts";
import { type Pair, pair, type PairOptions } from "./pair.ts";

const SECOND = Ip.parse("127.0.0.2");
const MEGABYTE = 1_048_576;

/** Both ends, which agree on several paths; the client's first one starts at 127.0.0.1. */
function several(options: PairOptions = {}): Promise<Pair> {
  return pair({
    connect: { multipath: true, localAddress: Ip.parse("127.0.0.1"), ...options.connect },
    listen: { multipath: true, ...options.listen },
  });
}

/** The next event of this kind, of this path if it matters. */
async function event(
  events: AsyncIterableIterator<QuicPathEvent>,
  change: QuicPathChange,
  id?: number,
): Promise<QuicPathEvent> {
  for (;;) {
    const { value, done } = await events.next();
    assert(done !== true, `no ${change} event came`);
    if (value.change === change && (id === undefined || value.path.id === id)) return value;
  }
}

/** Sends so many bytes from one end to the other: they arrive unaltered. */
async function transfer(from: QuicConnection, to: QuicConnection, length: number): Promise<void> {
  const sent = new Uint8Array(length).map((_, i) => i * 7 + (i >> 9));
  const stream = await from.openStream("unidirectional");
  const writing = stream.write(sent).then(() => stream.closeWrite());
  const arrived = await readAll((await to.acceptStream())!, length);
  await writing;
  assert(arrived.every((byte, i) => byte === sent[i]));
}

async function readAll(stream: ByteStream, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  assert.equal(at, length);
  return bytes;
}

Deno.test("openPath() opens a path from a socket of its own, and both ends see the same one", async () => {
  await using ends = await several();
  const events = ends.server.pathEvents();
  const path = await ends.client.openPath({ local: SECOND });
  assert.equal(path.id, 1);
  const { path: seen } = await event(events, "validated");
  assert(seen.remote.equals(path.info().local));
  assert.equal(seen.remote.ip!.toString(), "127.0.0.2");
  assert.deepEqual(ends.client.paths().map(({ id, state, status }) => [id, state, status]), [
    [0, "active", "available"],
    [1, "active", "available"],
  ]);
  await events.return!();
});

Deno.test("both paths carry data, and every byte arrives", async () => {
  await using ends = await several({
    connect: { multipath: { scheduler: "round-robin" } },
  });
  const path = await ends.client.openPath({ local: SECOND });
  await transfer(ends.client, ends.server, 8 * MEGABYTE);
  for (const { bytesSent } of ends.client.paths()) {
    assert(bytesSent > MEGABYTE, `${bytesSent} bytes on a path`);
  }
  assert(path.stats().datagramsSent > 0);
});

Deno.test("ends with the code points of drafts 13 to 18 use several paths, and have one with an end of today", async () => {
  const multipath = { codePoints: "draft-13" } as const;
  const spread = { ...multipath, scheduler: "round-robin" } as const;
  await using old = await several({ connect: { multipath: spread }, listen: { multipath } });
  const path = await old.client.openPath({ local: SECOND });
  await transfer(old.client, old.server, MEGABYTE);
  assert(path.info().bytesSent > 100_000, `${path.info().bytesSent}`);
  path.close();
  await path.closed;
  await using mixed = await several({ listen: { multipath } });
  assert.deepEqual([mixed.client.multipath, mixed.server.multipath], [false, false]);
});

Deno.test("codePoints is about the parameter's id as well, and nothing that is not known is taken", () => {
  const { codePoints } = configurationOf({ alpn: ["x"], multipath: { codePoints: "draft-13" } });
  const sent = writeTransportParameters({ ...DEFAULT_PARAMETERS, initialMaxPathId: 7 }, codePoints);
  // 0x0f739bbc1b666d0d as a varint of eight bytes; its value
  assert.equal(toHex(sent), "cf739bbc1b666d0d" + "0107");
  assert.equal(configurationOf({ alpn: ["x"], multipath: true }).codePoints.initialMaxPathId, "3e");
  const unknown = JSON.parse('{ "codePoints": "toString" }');
  assert.throws(() => configurationOf({ alpn: ["x"], multipath: unknown }), {
    code: "ERR_INVALID_VALUE",
    message: 'Cannot use the code points "toString": there are final, draft-13',
  });
});

Deno.test("a path that breaks without a word takes no byte with it", async () => {
  await using ends = await several({
    connect: { multipath: { scheduler: "round-robin" } },
  });
  const path = await ends.client.openPath({ local: SECOND });
  const events = ends.client.pathEvents();
  await transfer(ends.client, ends.server, MEGABYTE);
  assert(ends.client.breakPath(path.id));
  await transfer(ends.client, ends.server, 4 * MEGABYTE);
  await event(events, "suspect", path.id);
  await events.return!();
});

Deno.test("the first path can break as well", async () => {
  await using ends = await several();
  await ends.client.openPath({ local: SECOND });
  assert(ends.client.breakPath(0));
  await transfer(ends.server, ends.client, 4 * MEGABYTE);
});

Deno.test("a path whose socket is closed is given up at once, the other end hears of it, and no byte is lost", async () => {
  await using ends = await several();
  const events = ends.server.pathEvents();
  await ends.client.openPath({ local: SECOND });
  await event(events, "validated");
  assert(ends.client.breakPath(0, "close"));
  const { path, by, errorCode } = await event(events, "abandoned", 0);
  assert.deepEqual([path.id, by, errorCode], [0, "peer", PATH_ERROR.PATH_UNSTABLE_OR_POOR]);
  await transfer(ends.server, ends.client, MEGABYTE);
  assert.equal(ends.client.breakPath(0, "close"), false, "it is gone");
  await events.return!();
});

Deno.test("a connection whose only socket is closed ends with the reason", async () => {
  await using ends = await several();
  assert(ends.client.breakPath(0, "close"));
  await assert.rejects(ends.client.openStream(), {
    code: "ERR_CLOSED",
    message: /the only socket was closed/,
  });
});

Deno.test("setStatus() makes a path a backup at both ends", async () => {
  await using ends = await several();
  const events = ends.server.pathEvents();
  const path = await ends.client.openPath({ local: SECOND });
  await event(events, "validated");
  path.setStatus("backup");
  const { path: seen } = await event(events, "status", path.id);
  assert.equal(seen.status, "backup");
  const before = path.stats().bytesSent;
  await transfer(ends.client, ends.server, MEGABYTE);
  assert(path.stats().bytesSent - before < MEGABYTE / 10);
  await events.return!();
});

Deno.test("close() of a path leaves the connection to the others, and tells the final counts", async () => {
  await using ends = await several();
  const events = ends.server.pathEvents();
  const path = await ends.client.openPath({ local: SECOND });
  await transfer(ends.client, ends.server, MEGABYTE);
  path.close(7);
  await path.closed;
  const abandoned = await event(events, "abandoned");
  assert.deepEqual([abandoned.path.id, abandoned.by, abandoned.errorCode], [path.id, "peer", 7]);
  assert.equal(path.info().state, "closed");
  const { bytesSent } = path.stats();
  await transfer(ends.server, ends.client, MEGABYTE);
  assert.equal(path.stats().bytesSent, bytesSent);
  await events.return!();
});

Deno.test("path ids do not run dry: paths can be opened and closed more often than there are ids", async () => {
  await using ends = await several({
    connect: { multipath: { paths: 2 } },
    listen: { multipath: { paths: 2 } },
  });
  const ids: number[] = [];
  const events = ends.client.pathEvents();
  for (let i = 0; i < 5; i++) {
    const path = await openSoon(ends.client);
    ids.push(path.id);
    path.close();
    await event(events, "abandoned");
  }
  assert.deepEqual(ids, [1, 2, 3, 4, 5]);
  await events.return!();
});

/** Opens a path; the other end may still have to allow it. */
async function openSoon(client: QuicConnection): Promise<Awaited<ReturnType<QuicConnection["openPath"]>>> {
  for (;;) {
    try {
      return await client.openPath({ local: SECOND });
    } catch (error) {
      if ((error as { data?: { refusal?: string } }).data?.refusal !== "no-path-id") throw error;
      client.ping();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

Deno.test("a path runs over a socket that the caller brings, and closes it", async () => {
  await using ends = await several();
  const socket = await openDatagramSocket({ address: SECOND, remote: ends.client.remote });
  const path = await ends.client.openPath({ socket });
  assert(path.info().local.equals(socket.local));
  await transfer(ends.client, ends.server, MEGABYTE);
});

Deno.test("closing the last path closes the connection", async () => {
  await using ends = await several();
  ends.client.path(0)!.close();
  await Promise.all([ends.client.closed, ends.server.closed]);
});

Deno.test("openPath() says which limit is in the way", async () => {
  await using single = await pair({ connect: { multipath: true } });
  const refusal = (data: unknown): unknown => (data as { refusal: string }).refusal;
  const not = await fails(single.client.openPath({ local: SECOND }), "ERR_NOT_SUPPORTED");
  assert.equal(refusal(not.data), "not-negotiated");
  await using ends = await several({ connect: { multipath: { paths: 2 } } });
  const server = await fails(ends.server.openPath({ local: SECOND }), "ERR_NOT_SUPPORTED");
  assert.equal(refusal(server.data), "server-may-not");
  await ends.client.openPath({ local: SECOND });
  const full = await fails(ends.client.openPath({ local: Ip.parse("127.0.0.3") }), "ERR_LIMIT");
  assert.equal(refusal(full.data), "no-path-id");
  ends.client.abort();
  await ends.client.closed;
  await fails(ends.client.openPath({ local: SECOND }), "ERR_CLOSED");
});

Deno.test("openPath() ends when nothing comes back: ERR_TIMED_OUT, and the connection goes on", async () => {
  await using ends = await several();
  // Nobody listens there
  await using deaf = await openDatagramSocket({ address: SECOND });
  const remote = Endpoint.of(SECOND, deaf.local.port!);
  const error = await fails(ends.client.openPath({ local: SECOND, remote, timeoutMs: 300 }), "ERR_TIMED_OUT");
  assert.match(error.message, /^Cannot open a path from 127\.0\.0\.2 to .*: no answer came back on it$/);
  await transfer(ends.client, ends.server, MEGABYTE);
});

Deno.test("openPath() refuses an address that is not on this host: ERR_ADDRESS_NOT_LOCAL", async () => {
  await using ends = await several();
  await fails(ends.client.openPath({ local: Ip.parse("192.0.2.1") }), "ERR_ADDRESS_NOT_LOCAL");
});

Deno.test("managePaths() opens the pairs that it is given, and not those that cannot work", async () => {
  await using ends = await several();
  const remote = { ip: ends.client.remote.ip!, port: ends.client.remote.port! };
  const from = (ip: string): { ip: Ip; interface: string } => ({ ip: Ip.parse(ip), interface: "lo" });
  const pairs = ["127.0.0.2", "127.0.0.3", "192.0.2.1"].map((ip) => ({ local: from(ip), remote }));
  await using managed = managePaths(ends.client, { policy: "explicit", pairs });
  await managed.settled;
  assert.deepEqual(ends.client.paths().map(({ local }) => local.ip!.toString()), [
    "127.0.0.1",
    "127.0.0.2",
    "127.0.0.3",
  ]);
  assert.deepEqual(managed.failures, []);
});

Deno.test("managePaths() wants a connection with several paths: ERR_NOT_SUPPORTED", async () => {
  await using single = await pair();
  assert.throws(() => managePaths(single.client), { code: "ERR_NOT_SUPPORTED" });
});

Deno.test("usePath() binds a stream to a path, and sendDatagram() takes one", async () => {
  await using ends = await several({ connect: { multipath: { scheduler: "min-rtt" } } });
  const path = await ends.client.openPath({ local: SECOND });
  for (const id of [0, path.id]) {
    const before = ends.client.paths().map(({ bytesSent }) => bytesSent);
    const stream = await ends.client.openStream("unidirectional");
    assert(stream.usePath(id));
    const writing = stream.write(new Uint8Array(2 * MEGABYTE)).then(() => stream.closeWrite());
    await readAll((await ends.server.acceptStream())!, 2 * MEGABYTE);
    await writing;
    const carried = ends.client.paths().map(({ bytesSent }, i) => bytesSent - before[i]!);
    assert(carried[id]! > 2 * MEGABYTE && carried[1 - id]! < MEGABYTE, `path ${id}: ${carried}`);
    assert(ends.client.sendDatagram(Uint8Array.of(id), id));
    assert.deepEqual(await ends.server.receiveDatagram(), Uint8Array.of(id));
  }
  const stream = await ends.client.openStream();
  assert.equal(stream.usePath(7), false);
  assert(stream.usePath(null));
});

Deno.test("the decisions of the scheduler are in the qlog where that is asked for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    {
      await using ends = await several({ connect: { qlog: folder, multipath: { logScheduler: true } } });
      await ends.client.openPath({ local: SECOND });
      await transfer(ends.client, ends.server, MEGABYTE);
    }
    const [file] = await Array.fromAsync(Deno.readDir(folder));
    const records = (await Deno.readTextFile(`${folder}/${file!.name}`)).split("\u001e").slice(1);
    const choices = records.map((text) => JSON.parse(text)).filter(({ name }) =>
      name === "mpt:scheduler_choice"
    );
    assert(choices.length > 0);
    for (const { data } of choices) {
      assert.deepEqual(Object.keys(data), ["path", "reason", "queued_bytes"]);
      assert([-1, 0, 1].includes(data.path));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("keepAliveMs of multipath keeps idle paths in use, idleTimeoutMs gives up the one that is silent", async () => {
  await using ends = await several({
    connect: { multipath: { keepAliveMs: 50, idleTimeoutMs: 400 } },
  });
  const path = await ends.client.openPath({ local: SECOND });
  const events = ends.client.pathEvents();
  const before = path.stats().datagramsReceived;
  ends.client.breakPath(0);
  const { path: { id } } = await event(events, "abandoned");
  assert.equal(id, 0);
  assert(path.stats().datagramsReceived > before, "nothing was asked on the idle path");
  await transfer(ends.client, ends.server, MEGABYTE);
  await events.return!();
});
