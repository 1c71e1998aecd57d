import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { NODE_CRYPTO } from "../../../../lib/crypto/node_crypto.ts";
import { type ConnectionConfig, connectionConfig } from "../../../../lib/quic/connection/config.ts";
import { makeServer } from "../../../../lib/quic/connection/server.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { readTransportParameters } from "../../../../lib/quic/wire/read_transport_parameters.ts";
import type { TransportParameters } from "../../../../lib/quic/wire/transport_parameters.ts";
import { QUIC_V1 } from "../../../../lib/quic/wire/versions.ts";
import { writeTransportParameters } from "../../../../lib/quic/wire/write_transport_parameters.ts";
import { TlsServer } from "../../../../lib/tls/server.ts";
import { seededRandom, selfSignedCredentials } from "../../tls/pair.ts";
import { CLIENT, Pair, pattern, SERVER } from "./pair.ts";

Deno.test("a client and a server shake hands, and both confirm it", () => {
  using pair = new Pair();
  assert(pair.run(({ client, server }) => client.confirmed && server?.confirmed === true));
  for (const events of Object.values(pair.events)) {
    const types = events.map(({ type }) => type).filter((type) => type !== "streams-available");
    assert.deepEqual(types, ["connected", "confirmed"]);
  }
  assert.equal(pair.client.tls.alpn, "hq-interop");
  assert.equal(pair.client.core.spaces.initial, null, "Initial keys are gone");
  assert.equal(pair.client.core.spaces.handshake, null);
  assert.equal(pair.server!.core.spaces.handshake, null);
});

Deno.test("RFC 9000 14.1: every datagram with an Initial packet of the client has 1200 bytes or more", () => {
  const sizes: number[] = [];
  using pair = new Pair({
    fate: (datagram) => {
      if (datagram.from === "client" && (datagram.bytes[0]! & 0xf0) === 0xc0) {
        sizes.push(datagram.bytes.length);
      }
      return datagram;
    },
  });
  pair.connect();
  assert(sizes.length >= 2);
  assert(sizes.every((size) => size >= 1200));
});

for (const lost of Array.from({ length: 10 }, (_, index) => index)) {
  Deno.test(`RFC 9002 6.2.2.1: the handshake survives the loss of datagram ${lost} and the one after it`, () => {
    using pair = new Pair({
      fate: (datagram, index) => index === lost || index === lost + 1 ? null : datagram,
    });
    pair.connect();
  });
}

Deno.test("the handshake survives the loss of every second datagram, whichever comes first", () => {
  for (const first of [0, 1]) {
    using pair = new Pair({ fate: (datagram, index) => index % 2 === first ? null : datagram });
    assert(pair.run(({ client, server }) => client.confirmed && server?.confirmed === true, 60_000_000));
  }
});

/** How a client closes when it is answered by a server without connection ids. */
function answeredWithoutIds(
  config: Partial<ConnectionConfig>,
  parameters: Partial<TransportParameters>,
): number | null | undefined {
  using pair = new Pair({ client: config });
  const { client } = pair;
  const random = seededRandom(5);
  const server = makeServer({
    config: connectionConfig({ backend: NODE_CRYPTO, random, ...config }),
    tuple: { local: SERVER, remote: CLIENT },
    nowUs: pair.nowUs,
    version: QUIC_V1,
    originalDestination: client.originalDestination,
    clientSource: client.core.source,
    makeId: () => ({ connectionId: ConnectionId.EMPTY, resetToken: pattern(16) }),
    tls: (bytes) =>
      new TlsServer({
        credentials: () => [selfSignedCredentials(["localhost"])],
        alpn: ["hq-interop"],
        transportParameters: writeTransportParameters({
          ...readTransportParameters(bytes, "server"),
          ...parameters,
        }),
        random,
      }),
  });
  const slab = new Uint8Array(8192);
  const out = client.pollTransmit(pair.nowUs, slab)!;
  server.handleDatagram(pair.nowUs, { local: SERVER, remote: CLIENT }, slab.slice(0, out.end), 0, out.end);
  const way = { local: CLIENT, remote: SERVER };
  for (
    let answer = server.pollTransmit(pair.nowUs, slab);
    answer !== null && client.closeReason === null;
    answer = server.pollTransmit(pair.nowUs, slab)
  ) {
    client.handleDatagram(pair.nowUs, way, slab.slice(0, answer.end), 0, answer.end);
  }
  server.abandon();
  return client.closeReason?.errorCode;
}

Deno.test("RFC 9000 18.2: a preferred address of a server without connection ids is a TRANSPORT_PARAMETER_ERROR", () => {
  const preferredAddress = {
    v4: { ip: Ip.parse("192.0.2.9"), port: 443 },
    v6: null,
    connectionId: ConnectionId.from(pattern(8)),
    resetToken: pattern(16),
  };
  assert.equal(answeredWithoutIds({}, {}), undefined);
  assert.equal(answeredWithoutIds({}, { preferredAddress }), QUIC_ERROR.TRANSPORT_PARAMETER_ERROR);
});

Deno.test("draft 2.1: several paths with a server without connection ids are a PROTOCOL_VIOLATION", () => {
  assert.equal(answeredWithoutIds({ initialMaxPathId: 2 }, {}), QUIC_ERROR.PROTOCOL_VIOLATION);
});
