import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import type { ConnectionEvent } from "../../lib/quic/connection/events.ts";
import type { TlsClientOptions } from "../../lib/tls/client.ts";
import { CIPHER_SUITES } from "../../lib/crypto/suites.ts";
import { toHex } from "../../lib/base/bytes.ts";
import { requires } from "../support/requires.ts";
import { gtlsclient, Gtlsserver } from "./ngtcp2.ts";
import { QuicDriver } from "./quic_driver.ts";
import { clientOfVersion, connect, type EndOptions, serve, type ServerEndOptions } from "./quic_ends.ts";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { QUIC_V2 } from "../../lib/quic/wire/versions.ts";
import { bodyOf, CONTROL_STREAM, request, response } from "./tiny_http3.ts";

const H3 = { alpn: "h3" } as const;
const FILE = new Uint8Array(randomBytes(1_000_000));
const GTLSSERVER = requires("tool:gtlsserver", "tool:ss");
const GTLSCLIENT = requires("tool:gtlsclient");

/** A part of their loss injection that their handshake survives within its own limit of 10 s. */
const LOSS = "0.1";

/** Reads a stream as far as it has arrived. @returns Whether it has ended. */
function drain(connection: Connection, id: number, into: Uint8Array[]): boolean {
  for (
    let result = connection.streams.read(id);
    result.type !== "empty";
    result = connection.streams.read(id)
  ) {
    if (result.type !== "data") return result.type === "end";
    into.push(result.bytes);
  }
  return false;
}

/** Our client of HTTP/3. */
async function connectH3(
  port: number,
  options: Partial<EndOptions<TlsClientOptions>> = {},
): Promise<QuicDriver> {
  const driver = await connect(port, { ...H3, ...options });
  try {
    await driver.until((connection) => connection.connected);
    driver.connection!.streams.write(driver.connection!.open("unidirectional")!, CONTROL_STREAM);
    return driver;
  } catch (error) {
    await driver[Symbol.asyncDispose]();
    throw error;
  }
}

/** Downloads a file from their server. */
async function download(driver: QuicDriver, path: string): Promise<Uint8Array> {
  const connection = driver.connection!;
  const id = connection.open("bidirectional")!;
  connection.streams.write(id, request(path));
  connection.streams.finish(id);
  driver.wake();
  const chunks: Uint8Array[] = [];
  await driver.until(() => drain(connection, id, chunks));
  return bodyOf(new Uint8Array(Buffer.concat(chunks)));
}

/** Answers each request of their client with the file, until it is gone. */
function answering(
  isGone: () => boolean,
): (connection: Connection, events: readonly ConnectionEvent[]) => boolean {
  const asked = new Map<number, Uint8Array[]>();
  let seen = 0;
  let controlled = false;
  return (connection, events) => {
    if (connection.connected && !controlled) {
      controlled = true;
      connection.streams.write(connection.open("unidirectional")!, CONTROL_STREAM);
    }
    for (; seen < events.length; seen++) {
      const event = events[seen]!;
      if (event.type === "opened" && event.id % 4 === 0) asked.set(event.id, []);
    }
    for (const [id, chunks] of asked) {
      if (!drain(connection, id, chunks)) continue;
      asked.delete(id);
      connection.streams.write(id, response(FILE));
      connection.streams.finish(id);
    }
    return isGone() || events.some(({ type }) => type === "closed");
  };
}

/** What is left of a connection of their client with our server. */
interface Served {
  readonly driver: QuicDriver;
  /** The phase of the keys at the end. */
  readonly phase: 0 | 1 | undefined;
  /** What their client has written. */
  readonly log: string;
  /** What their client has got. */
  readonly file: Uint8Array;
}

/** Our server until their client has gone. */
async function served(
  args: readonly string[],
  options: Partial<ServerEndOptions> = {},
): Promise<Served> {
  const folder = await Deno.makeTempDir();
  await using driver = await serve({ ...H3, ...options });
  try {
    await using client = gtlsclient(
      driver.socket.local.port!,
      ["--exit-on-all-streams-close", "--download", folder, ...args],
      ["https://localhost/file"],
    );
    let gone = false;
    const answered = driver.until(answering(() => gone));
    const { stdout, stderr } = await client.result();
    // The news of it may have got lost
    gone = true;
    driver.wake();
    await answered;
    const phase = driver.connection!.core.keys.application?.phases.phase;
    return { driver, phase, log: stdout + stderr, file: await Deno.readFile(`${folder}/file`) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function sameBytes(found: Uint8Array, expected: Uint8Array): void {
  assert.equal(Buffer.compare(found, expected), 0, `${found.length} bytes, ${expected.length} were sent`);
}

Deno.test({
  name: "ngtcp2's server: handshake, its transport parameters as it prints ours, and a file",
  ...GTLSSERVER,
  fn: async () => {
    await using server = await Gtlsserver.start(["--max-streams-bidi=77", "--timeout=17s"], { file: FILE });
    await using driver = await connectH3(server.port);
    sameBytes(await download(driver, "/file"), FILE);
    const peer = driver.connection!.peerParameters!;
    assert.equal(peer.initialMaxStreamsBidi, 77);
    assert.equal(peer.maxIdleTimeoutMs, 17_000);
    assert.equal(peer.maxUdpPayloadSize, 65_527);
    assert.equal(driver.connection!.tls.alpn, "h3");
    const source = toHex(driver.connection!.core.source.toBytes());
    const { log } = server;
    for (
      const line of [
        `initial_source_connection_id=0x${source}`,
        "initial_max_data=1048576",
        "initial_max_streams_bidi=100",
        "max_idle_timeout=30000",
        "max_datagram_frame_size=65535",
        "grease_quic_bit=1",
      ]
    ) {
      assert.match(log, new RegExp(`remote transport_parameters ${line}`));
    }
  },
});

Deno.test({
  name: "ngtcp2's server with -V: its Retry is answered, and the ids of the handshake are checked",
  ...GTLSSERVER,
  fn: async () => {
    await using server = await Gtlsserver.start(["-V"], { file: FILE });
    await using driver = await connectH3(server.port);
    sameBytes(await download(driver, "/file"), FILE);
    assert.match(server.log, /Sending Retry packet/);
    assert.match(server.log, /Token was successfully validated/);
    assert.notEqual(driver.connection!.core.retrySource, null);
  },
});

Deno.test({
  name:
    "ngtcp2's server does not know QUIC v2's final number: its Version Negotiation ends the attempt in words",
  ...GTLSSERVER,
  fn: async () => {
    await using server = await Gtlsserver.start();
    const client = clientOfVersion(QUIC_V2);
    const bytes = new Uint8Array(1500);
    const { end, tuple } = client.pollTransmit(0, bytes)!;
    await using socket = await QuicDriver.open();
    socket.send(bytes, 0, end, Endpoint.of(tuple.remote.ip, server.port));
    await socket.readable();
    socket.receive((buffer, from, to) => client.handleDatagram(0, tuple, buffer, from, to));
    assert.equal(client.closeReason?.by, "version");
    assert.match(client.closeReason?.text ?? "", /does not speak .*v2 but .*v1/);
    client.abandon();
  },
});

for (const suite of CIPHER_SUITES) {
  Deno.test({
    name: `ngtcp2's server with ${suite.name}: a file, and key updates from our side`,
    ...GTLSSERVER,
    fn: async () => {
      await using server = await Gtlsserver.start([], { file: FILE });
      await using driver = await connectH3(server.port, { tls: { suites: [suite] } });
      sameBytes(await download(driver, "/file"), FILE);
      await driver.until((connection) => connection.updateKeys(QuicDriver.now()));
      sameBytes(await download(driver, "/file"), FILE);
      assert.equal(driver.connection!.tls.suite, suite);
      assert.match(server.log, /key update|k=1/);
    },
  });
}

Deno.test({
  name: `ngtcp2's server loses ${LOSS} of what it sends and gets: the file arrives`,
  ...GTLSSERVER,
  fn: async () => {
    await using server = await Gtlsserver.start(["-t", LOSS, "-r", LOSS], { file: FILE });
    await using driver = await connectH3(server.port);
    sameBytes(await download(driver, "/file"), FILE);
    assert.match(server.log, /Simulated (outgoing|incoming) packet loss/);
  },
});

Deno.test({
  name: "ngtcp2's client: handshake, our transport parameters as it prints them, and a file",
  ...GTLSCLIENT,
  fn: async () => {
    const { driver, log, file } = await served(["--max-streams-uni=55", "--timeout=17s"]);
    sameBytes(file, FILE);
    assert.equal(driver.connection!.peerParameters!.initialMaxStreamsUni, 55);
    assert.equal(driver.connection!.peerParameters!.maxIdleTimeoutMs, 17_000);
    const source = toHex(driver.connection!.core.source.toBytes());
    assert.match(log, new RegExp(`remote transport_parameters initial_source_connection_id=0x${source}`));
    assert.match(log, /remote transport_parameters max_idle_timeout=30000/);
    assert.match(log, /Negotiated ALPN is h3/);
  },
});

Deno.test({
  name: "ngtcp2's client updates its keys in the middle, and ours follow",
  ...GTLSCLIENT,
  fn: async () => {
    const { phase, file } = await served(["--key-update=1ms", "--delay-stream=100ms"]);
    sameBytes(file, FILE);
    assert.equal(phase, 1);
  },
});

Deno.test({
  name: "ngtcp2's client changes its address by itself and as if by a NAT: the transfer goes on",
  ...GTLSCLIENT,
  fn: async () => {
    for (const how of [[], ["--nat-rebinding"]]) {
      const { driver, file } = await served([
        "--change-local-addr=1ms",
        "--delay-stream=100ms",
        ...how,
      ]);
      sameBytes(file, FILE);
      assert(driver.events.some((event) => event.type === "path" && event.change === "migrated"));
    }
  },
});

Deno.test({
  name: `ngtcp2's client loses ${LOSS} of what it sends and gets: the file arrives`,
  ...GTLSCLIENT,
  fn: async () => sameBytes((await served(["-t", LOSS, "-r", LOSS])).file, FILE),
});

Deno.test({
  name: "ngtcp2's client answers our Retry",
  ...GTLSCLIENT,
  fn: async () => {
    const { driver, log, file } = await served([], { retry: "always" });
    sameBytes(file, FILE);
    assert.match(log, /type=Retry/);
    assert.match(log, /remote transport_parameters retry_source_connection_id=/);
    assert.equal(driver.endpoint.counters.retries, 1);
  },
});

Deno.test({
  name: "ngtcp2's client comes back with version 1 after our Version Negotiation",
  ...GTLSCLIENT,
  fn: async () => {
    await using driver = await serve(H3);
    const args = ["--version=0x1a2a3a4a", "--preferred-versions=v1"];
    await using client = gtlsclient(driver.socket.local.port!, args);
    await client.line(/QUIC handshake has been confirmed/, "stderr");
    assert.equal(driver.endpoint.counters.versionNegotiations, 1);
  },
});
