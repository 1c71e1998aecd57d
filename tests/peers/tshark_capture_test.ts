import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { CIPHER_SUITES } from "../../lib/crypto/suites.ts";
import type { Connection } from "../../lib/quic/connection/connection.ts";
import { exchange } from "../lib/quic/connection/exchange.ts";
import { Pair } from "../lib/quic/connection/pair.ts";
import type { CapturedDatagram } from "../support/pcap.ts";
import { requires } from "../support/requires.ts";
import { QuicDriver } from "./quic_driver.ts";
import { CERTIFICATE_PEM, connect, KEY_PEM, serve } from "./quic_ends.ts";
import { dissect } from "./tshark.ts";
import { UdpRelay } from "./udp_relay.ts";

const HQ = { alpn: "hq-interop" } as const;
const DATA = new Uint8Array(randomBytes(400_000));
const FIELDS = ["quic.long.packet_type", "quic.key_phase", "quic.frame_type", "quic.stream.length"];

/** Reads a stream as far as it has arrived. @returns Whether it has ended. */
function drain(driver: QuicDriver, id: number, into: Uint8Array[]): boolean {
  const { streams } = driver.connection!;
  for (let result = streams.read(id); result.type !== "empty"; result = streams.read(id)) {
    if (result.type !== "data") return result.type === "end";
    into.push(result.bytes);
  }
  return false;
}

/** Every datagram of a capture has frames that tshark has decrypted; the key phases that it saw. */
async function readCapture(
  capture: readonly CapturedDatagram[],
  keys: readonly string[],
): Promise<Set<string>> {
  // A relay may still be at work
  const datagrams = [...capture];
  const packets = await dissect(datagrams, `${keys.join("\n")}\n`, FIELDS);
  assert.equal(packets.length, datagrams.length);
  const phases = new Set<string>();
  for (const [index, packet] of packets.entries()) {
    // A Retry has no frames
    const isRetry = packet["quic.long.packet_type"] === "3";
    assert(isRetry || packet["quic.frame_type"] !== "", `datagram ${index}: ${JSON.stringify(packet)}`);
    for (const phase of packet["quic.key_phase"]!.split(" ")) if (phase !== "") phases.add(phase);
  }
  return phases;
}

function isUpdated({ core }: Connection): boolean {
  return core.keys.application?.phases.phase === 1;
}

/** Our client sends the data to a server of quinn's through the relay, and has it back. */
async function echoedByQuinn(relay: UdpRelay, keys: string[], listener: Deno.QuicListener): Promise<void> {
  await using driver = await connect(relay.port, { ...HQ, tls: { keyLog: (line) => keys.push(line) } });
  const accepted = listener.accept();
  await driver.until((connection) => connection.confirmed);
  const theirs = await accepted;
  const connection = driver.connection!;
  for (let round = 0; round < 2; round++) {
    const id = connection.open("bidirectional")!;
    connection.streams.write(id, DATA);
    connection.streams.finish(id);
    driver.wake();
    const reader = theirs.incomingBidirectionalStreams.getReader();
    const { value: stream } = await reader.read();
    reader.releaseLock();
    const piped = stream!.readable.pipeTo(stream!.writable);
    const back: Uint8Array[] = [];
    await driver.until(() => drain(driver, id, back));
    await piped;
    assert.equal(Buffer.compare(Buffer.concat(back), DATA), 0);
    // Quinn may have been first: it changes its keys after some hundred packets
    if (round === 0) {
      await driver.until(() => isUpdated(connection) || connection.updateKeys(QuicDriver.now()));
    }
  }
  connection.close(QuicDriver.now(), 0, "");
  driver.wake();
  await theirs.closed;
}

for (const loss of [0, 0.03]) {
  Deno.test({
    name: `tshark decrypts all that our client and Deno's server say through a relay that loses ${loss}`,
    ...requires("tool:tshark"),
    fn: async () => {
      const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
      const listener = endpoint.listen({
        cert: CERTIFICATE_PEM,
        key: KEY_PEM,
        alpnProtocols: [HQ.alpn],
        maxIdleTimeout: 5_000,
      });
      const keys: string[] = [];
      await using relay = new UdpRelay({ to: endpoint.addr.port, loss, seed: 5, capture: true });
      await echoedByQuinn(relay, keys, listener);
      listener.stop();
      endpoint.close();
      assert.equal(relay.lost > 0, loss > 0);
      assert.deepEqual([...await readCapture(relay.capture, keys)].sort(), ["0", "1"]);
    },
  });
}

Deno.test({
  name: "tshark decrypts our server with its Retry, and Deno's client",
  ...requires("tool:tshark"),
  fn: async () => {
    const keys: string[] = [];
    await using driver = await serve({ ...HQ, retry: "always", tls: { keyLog: (line) => keys.push(line) } });
    await using relay = new UdpRelay({ to: driver.socket.local.port!, capture: true });
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    const theirs = await Deno.connectQuic({
      hostname: "127.0.0.1",
      port: relay.port,
      serverName: "localhost",
      alpnProtocols: [HQ.alpn],
      caCerts: [CERTIFICATE_PEM],
      endpoint,
    });
    const received: Uint8Array[] = [];
    const served = driver.until((_, events) =>
      events.some((event) => event.type === "opened" && drain(driver, event.id, received))
    );
    const writer = (await theirs.createUnidirectionalStream()).getWriter();
    await writer.write(DATA);
    await writer.close();
    await served;
    assert.equal(Buffer.compare(Buffer.concat(received), DATA), 0);
    theirs.close({ closeCode: 0, reason: "" });
    await driver.until((connection) => connection.closeReason !== null);
    endpoint.close();
    await readCapture(relay.capture, keys);
    assert.equal(driver.endpoint.counters.retries, 1);
  },
});

for (const suite of CIPHER_SUITES) {
  Deno.test({
    name:
      `tshark decrypts a whole connection of our ends, with resets, key updates and DATAGRAM (${suite.name})`,
    ...requires("tool:tshark"),
    fn: async () => {
      const keys: string[] = [];
      const capture: CapturedDatagram[] = [];
      using pair = new Pair({
        tlsClient: { suites: [suite], keyLog: (line) => keys.push(line) },
        fate: (datagram) => {
          const client = { address: [192, 0, 2, 1], port: 50_000 } as const;
          const server = { address: [192, 0, 2, 2], port: 4433 } as const;
          const [source, destination] = datagram.from === "client" ? [client, server] : [server, client];
          capture.push({ source, destination, payload: datagram.bytes.slice() });
          return datagram;
        },
      }).connect();
      for (let round = 0; round < 3; round++) {
        exchange(pair, 60_000, 20_000_000);
        assert(pair.client.sendDatagram(new Uint8Array(500)));
        const id = pair.client.open("bidirectional")!;
        pair.client.streams.write(id, new Uint8Array(5_000));
        pair.client.streams.reset(id, 3);
        pair.client.streams.stopSending(id, 4);
        pair.run(() => false, 2_000_000);
        assert(pair.end(round % 2 === 0 ? "server" : "client").updateKeys(pair.nowUs));
      }
      pair.client.close(pair.nowUs, 1, "done");
      pair.run(() => false, 2_000_000);
      assert.deepEqual([...await readCapture(capture, keys)].sort(), ["0", "1"]);
    },
  });
}
