/**
 * The scenarios of the QUIC interop runner (https://github.com/quic-interop/quic-interop-runner) with our client
 * and quinn's server. Their names begin with that of the scenario.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { Endpoint } from "../../lib/base/endpoint.ts";
import { Ip } from "../../lib/base/ip.ts";
import { CHACHA20_POLY1305_SHA256 } from "../../lib/crypto/suites.ts";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import { QUIC_V2 } from "../../lib/quic/wire/versions.ts";
import type { TlsClientOptions } from "../../lib/tls/client.ts";
import { QuicDriver } from "./quic_driver.ts";
import { clientOfVersion, connect, type EndOptions, LONG_CHAIN_PEM } from "./quic_ends.ts";
import { QuinnServer } from "./quinn.ts";
import { type RelayOptions, UdpRelay } from "./udp_relay.ts";

const HQ = { alpn: "hq-interop" } as const;
const DATA = new Uint8Array(randomBytes(1_000_000));
const FEW = new Uint8Array(randomBytes(5_000));

/** Sends bytes on a stream and has them back from quinn, unaltered. */
async function exchange(driver: QuicDriver, data: Uint8Array): Promise<void> {
  const connection = driver.connection!;
  const id = connection.open("bidirectional")!;
  connection.streams.write(id, data);
  connection.streams.finish(id);
  const back: Uint8Array[] = [];
  await driver.until((each) => drain(each, id, back));
  assert.equal(Buffer.compare(Buffer.concat(back), data), 0);
}

/** Reads what has arrived on a stream. @returns Whether it has ended. */
function drain({ streams }: Connection, id: number, into: Uint8Array[]): boolean {
  for (let result = streams.read(id); result.type !== "empty"; result = streams.read(id)) {
    if (result.type !== "data") return result.type === "end";
    into.push(result.bytes);
  }
  return false;
}

/** Connects, does something and closes. */
async function withClient(
  port: number,
  work: (driver: QuicDriver) => Promise<void>,
  options: Partial<EndOptions<TlsClientOptions>> = {},
): Promise<void> {
  await using driver = await connect(port, { ...HQ, ...options });
  await driver.until((connection) => connection.confirmed);
  await work(driver);
  driver.connection!.close(QuicDriver.now(), 0);
  driver.wake();
}

/** Does something through a relay. */
async function through(
  relayed: Omit<RelayOptions, "to">,
  work: (relay: UdpRelay) => Promise<void>,
): Promise<void> {
  using server = new QuinnServer(HQ.alpn);
  await using relay = new UdpRelay({ to: server.port, ...relayed });
  await work(relay);
}

Deno.test("handshake: our client and quinn's server agree on version 1 and the application protocol", () =>
  through({}, (relay) =>
    withClient(relay.port, async (driver) => {
      await exchange(driver, FEW);
      assert.equal(driver.connection!.tls.alpn, HQ.alpn);
      assert.equal(driver.connection!.core.version, 1);
    })));

Deno.test("transfer: our client and quinn's server exchange three streams at a time", () =>
  through({}, (relay) =>
    withClient(relay.port, async (driver) => {
      const connection = driver.connection!;
      const ids = [0, 1, 2].map(() => connection.open("bidirectional")!);
      for (const id of ids) {
        connection.streams.write(id, DATA);
        connection.streams.finish(id);
      }
      const back = new Map<number, Uint8Array[]>(ids.map((id) => [id, []]));
      const over = new Set<number>();
      await driver.until((each) => {
        for (const [id, chunks] of back) if (!over.has(id) && drain(each, id, chunks)) over.add(id);
        return over.size === ids.length;
      });
      for (const chunks of back.values()) assert.equal(Buffer.compare(Buffer.concat(chunks), DATA), 0);
    })));

Deno.test("multiconnect: our client shakes hands with quinn's server again and again", () =>
  through({}, async (relay) => {
    for (let n = 0; n < 20; n++) await withClient(relay.port, (driver) => exchange(driver, FEW));
  }));

Deno.test("chacha20: our client and quinn's server use ChaCha20-Poly1305 and nothing else", () =>
  through({}, (relay) =>
    withClient(relay.port, async (driver) => {
      await exchange(driver, DATA);
      assert.equal(driver.connection!.tls.suite, CHACHA20_POLY1305_SHA256);
    }, { tls: { suites: [CHACHA20_POLY1305_SHA256] } })));

Deno.test("keyupdate: our client changes the keys early, and quinn's server follows", () =>
  through({}, (relay) =>
    withClient(relay.port, async (driver) => {
      const connection = driver.connection!;
      await exchange(driver, FEW);
      await driver.until(() => connection.updateKeys(QuicDriver.now()));
      await exchange(driver, DATA);
      assert(connection.core.keys.application!.phases.updates >= 1);
    })));

Deno.test("versionnegotiation: quinn's server does not speak version 2, and our client says so", async () => {
  using server = new QuinnServer(HQ.alpn);
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
});

Deno.test("rebind-port: a NAT gives our client other ports in the middle, and quinn's server follows", () =>
  through({}, (relay) =>
    withClient(relay.port, async (driver) => {
      for (let n = 0; n < 3; n++) {
        relay.rebind();
        await exchange(driver, DATA);
      }
    })));

Deno.test("rebind-addr: a NAT gives our client other addresses in the middle, and quinn's server follows", () =>
  through({}, (relay) =>
    withClient(relay.port, async (driver) => {
      for (const hostname of ["127.0.0.2", "127.0.0.3"]) {
        relay.rebind(hostname);
        await exchange(driver, DATA);
      }
    })));

Deno.test("connectionmigration: our client moves to another address with another id, and quinn's server validates it", () =>
  through({}, (relay) =>
    withClient(relay.port, async (driver) => {
      await exchange(driver, FEW);
      const connection = driver.connection!;
      const before = connection.core.firstPath.remoteIds.current!;
      relay.rebind("127.0.0.2");
      // Our socket stays: the relay is the interface that the client moves to
      const { remote } = connection.core.firstPath.network.tuple;
      const local = { ip: Ip.parse("127.0.0.2"), port: 1 };
      assert(connection.migrate(QuicDriver.now(), { local, remote }));
      await exchange(driver, DATA);
      assert(!before.equals(connection.core.firstPath.remoteIds.current!));
      assert(driver.events.some((event) => event.type === "path" && event.change === "validated"));
    })));

Deno.test("blackhole: nothing gets through for a second and a half, then our client and quinn's server go on", () =>
  through({}, (relay) =>
    withClient(relay.port, async (driver) => {
      const connection = driver.connection!;
      const id = connection.open("bidirectional")!;
      connection.streams.write(id, DATA);
      connection.streams.finish(id);
      const back: Uint8Array[] = [];
      let until = Infinity;
      await driver.until((each) => {
        const over = drain(each, id, back);
        if (until === Infinity && back.length > 0) {
          until = performance.now() + 1_500;
          relay.blackHole = true;
          setTimeout(() => relay.blackHole = false, 1_500);
        }
        return over;
      });
      assert(relay.lost > 0 && performance.now() >= until);
      assert.equal(Buffer.compare(Buffer.concat(back), DATA), 0);
    })));

Deno.test("handshakeloss: three of twenty datagrams are lost, and our client shakes hands with quinn's server all the same", () =>
  through({ loss: 0.15, seed: 7 }, async (relay) => {
    for (let n = 0; n < 5; n++) await withClient(relay.port, (driver) => exchange(driver, FEW));
    assert(relay.lost > 0);
  }));

Deno.test("transferloss: two of a hundred datagrams are lost between our client and quinn's server", () =>
  through({ loss: 0.02, seed: 8 }, async (relay) => {
    await withClient(relay.port, (driver) => exchange(driver, DATA));
    assert(relay.lost > 0);
  }));

Deno.test("handshakecorruption: three of twenty datagrams are changed on their way between our client and quinn's server", () =>
  through({ corrupt: 0.15, seed: 9 }, async (relay) => {
    for (let n = 0; n < 5; n++) await withClient(relay.port, (driver) => exchange(driver, FEW));
    assert(relay.corrupted > 0);
  }));

Deno.test("transfercorruption: two of a hundred datagrams are changed between our client and quinn's server", () =>
  through({ corrupt: 0.02, seed: 10 }, async (relay) => {
    await withClient(relay.port, (driver) => exchange(driver, DATA));
    assert(relay.corrupted > 0);
  }));

Deno.test("amplificationlimit: quinn's server has a long certificate chain and sends the rest when our client has spoken again", async () => {
  let blocked = 0;
  using server = new QuinnServer(HQ.alpn, LONG_CHAIN_PEM);
  await using relay: UdpRelay = new UdpRelay({
    to: server.port,
    // What would validate the client's address is lost a few times
    passes: ({ up, index }) => {
      if (up && index === 4) blocked = relay.bytes.down;
      return !up || index === 0 || index > 3;
    },
  });
  await withClient(relay.port, (driver) => exchange(driver, FEW));
  assert(relay.lost > 0 && blocked > 2_400 && blocked <= 3_600, `${blocked} bytes for one datagram`);
});

Deno.test("longrtt: with a round trip of 1.2 seconds our client and quinn's server still meet", () =>
  through({ delayMs: 600 }, (relay) =>
    withClient(relay.port, async (driver) => {
      await exchange(driver, FEW);
      const { rtt } = driver.connection!.core.firstPath;
      assert(rtt.minUs >= 1_200_000, `${rtt.minUs} us`);
    })));
