import assert from "node:assert/strict";
import { fromHex, toHex } from "../../lib/base/bytes.ts";
import { chooseBackend } from "../../lib/crypto/choose.ts";
import { HeaderProtection } from "../../lib/crypto/header_protection.ts";
import { HASH_BYTES } from "../../lib/crypto/hkdf.ts";
import { initialSecrets } from "../../lib/crypto/initial.ts";
import { nextKeys, nextSecret } from "../../lib/crypto/key_update.ts";
import { derivePacketKeys, type PacketKeys } from "../../lib/crypto/packet_keys.ts";
import { retryIntegrityTag } from "../../lib/crypto/retry_integrity.ts";
import { AES_128_GCM_SHA256, CIPHER_SUITES, type CipherSuite } from "../../lib/crypto/suites.ts";
import { AckRanges } from "../../lib/quic/wire/ack_ranges.ts";
import { ConnectionId } from "../../lib/quic/wire/connection_id.ts";
import type { ControlFrame } from "../../lib/quic/wire/frames.ts";
import { DEFAULT_PARAMETERS } from "../../lib/quic/wire/transport_parameters.ts";
import { QUIC_V1 } from "../../lib/quic/wire/versions.ts";
import { writeControlFrame } from "../../lib/quic/wire/write_control_frame.ts";
import {
  writeAck,
  writeCryptoHeader,
  writeDatagramHeader,
  writePadding,
  writeStreamHeader,
} from "../../lib/quic/wire/write_frame.ts";
import {
  encodeRetry,
  encodeVersionNegotiation,
  writeLength,
  writeLongHeader,
  writeShortHeader,
} from "../../lib/quic/wire/write_packet.ts";
import { writeTransportParameters } from "../../lib/quic/wire/write_transport_parameters.ts";
import { RFC_9001 } from "../lib/crypto/protection_samples.ts";
import type { CapturedDatagram } from "../support/pcap.ts";
import { requires } from "../support/requires.ts";
import { dissect } from "./tshark.ts";

const ORIGINAL = ConnectionId.from(fromHex("8394c8f03e515708"));
const CLIENT = ConnectionId.from(fromHex("c1c1c1c1c1"));
const SERVER = ConnectionId.from(fromHex("5252525252525252"));

const CLIENT_ENDPOINT = { address: [192, 0, 2, 1], port: 50000 } as const;
const SERVER_ENDPOINT = { address: [192, 0, 2, 2], port: 4433 } as const;

/** The client's random of the ClientHello of RFC 9001 A.2, by which a key log finds its connection. */
const CLIENT_RANDOM = RFC_9001.clientInitial.payload.slice(20, 84);

/** Writes frames into a payload and returns its end. */
type Fill = (bytes: Uint8Array, at: number) => number;

function fromClient(payload: Uint8Array): CapturedDatagram {
  return { source: CLIENT_ENDPOINT, destination: SERVER_ENDPOINT, payload };
}

function fromServer(payload: Uint8Array): CapturedDatagram {
  return { source: SERVER_ENDPOINT, destination: CLIENT_ENDPOINT, payload };
}

/** Seals and masks a packet whose frames are written. */
function protect(
  suite: CipherSuite,
  keys: PacketKeys,
  bytes: Uint8Array<ArrayBuffer>,
  numberBytes: number,
  payloadStart: number,
  payloadEnd: number,
  packetNumber: number,
): Uint8Array {
  const { backend } = chooseBackend();
  const cipher = backend.packetCipher(suite, keys);
  const headerCipher = backend.headerCipher(suite, keys);
  const end = cipher.seal(bytes, 0, payloadStart, payloadEnd, 0, packetNumber);
  const protection = new HeaderProtection(headerCipher);
  assert(protection.add(bytes, 0, payloadStart - numberBytes, end));
  protection.protect();
  cipher.close();
  headerCipher.close();
  return bytes.slice(0, end);
}

function initialPacket(side: "client" | "server", fill: Fill, size: number): Uint8Array {
  const keys = derivePacketKeys(
    AES_128_GCM_SHA256,
    initialSecrets(QUIC_V1, ORIGINAL.toBytes())[side],
    QUIC_V1,
  );
  const bytes = new Uint8Array(2000);
  const header = {
    type: "initial" as const,
    version: QUIC_V1,
    destination: side === "client" ? ORIGINAL : CLIENT,
    source: side === "client" ? CLIENT : SERVER,
    token: side === "client" ? fromHex("70617373") : new Uint8Array(0),
  };
  const payloadStart = writeLongHeader(bytes, 0, header, 0, 2);
  const filled = fill(bytes, payloadStart);
  const payloadEnd = writePadding(bytes, filled, size - 16 - filled);
  writeLength(bytes, payloadStart - 2, payloadEnd + 16);
  return protect(AES_128_GCM_SHA256, keys, bytes, 2, payloadStart, payloadEnd, 0);
}

function shortPacket(
  suite: CipherSuite,
  keys: PacketKeys,
  destination: ConnectionId,
  keyPhase: boolean,
  packetNumber: number,
  fill: Fill,
): Uint8Array {
  const bytes = new Uint8Array(2000);
  const payloadStart = writeShortHeader(bytes, 0, destination, true, keyPhase, packetNumber, 3);
  return protect(suite, keys, bytes, 3, payloadStart, fill(bytes, payloadStart), packetNumber);
}

function crypto(data: Uint8Array): Fill {
  return (bytes, at) => {
    const dataStart = writeCryptoHeader(bytes, at, 0, data.length);
    bytes.set(data, dataStart);
    return dataStart + data.length;
  };
}

const PARAMETERS = {
  ...DEFAULT_PARAMETERS,
  maxIdleTimeoutMs: 30000,
  maxUdpPayloadSize: 1472,
  initialMaxData: 2 ** 40,
  initialMaxStreamsBidi: 100,
  ackDelayExponent: 8,
  maxAckDelayMs: 26,
  activeConnectionIdLimit: 4,
  maxDatagramFrameSize: 1200,
  initialSourceConnectionId: CLIENT,
  versionInformation: { chosen: 1, available: [1, 0x6b3343cf] },
  initialMaxPathId: 3,
  unknown: [{ id: "1b", value: fromHex("abcd") }],
};

/** The ClientHello of RFC 9001 A.2 with our transport parameters in the place of its own, which end it. */
function clientHello(): Uint8Array {
  const sample = fromHex(RFC_9001.clientInitial.payload).subarray(4);
  const parameters = writeTransportParameters(PARAMETERS);
  const kept = sample.length - 0x32;
  const hello = new Uint8Array(kept + parameters.length);
  hello.set(sample.subarray(0, kept));
  hello.set(parameters, kept);
  const view = new DataView(hello.buffer);
  const grown = parameters.length - 0x32;
  // Behind header, version, random, session id, two cipher suites and compression
  view.setUint16(2, view.getUint16(2) + grown);
  const extensions = 4 + 2 + 32 + 1 + 2 + 4 + 2;
  assert.equal(view.getUint16(extensions), sample.length - extensions - 2);
  view.setUint16(extensions, view.getUint16(extensions) + grown);
  view.setUint16(kept - 2, parameters.length);
  return hello;
}

/** The ServerHello of RFC 9001 A.3 with another cipher suite. */
function serverHello(suite: CipherSuite): Uint8Array {
  const hex = RFC_9001.serverInitial.payload.slice(18).replace(
    "130100002e",
    `${suite.code.toString(16)}00002e`,
  );
  return fromHex(hex);
}

Deno.test({
  name: "tshark reads our Initial packet and its transport parameters",
  ...requires("tool:tshark"),
  fn: async () => {
    const packet = initialPacket("client", crypto(clientHello()), 1200);
    assert.equal(packet.length, 1200);
    const [read] = await dissect([fromClient(packet)], "", [
      "quic.version",
      "quic.dcid",
      "quic.scid",
      "quic.token",
      "quic.packet_number",
      "quic.frame_type",
      "tls.quic.parameter.type",
      "tls.quic.parameter.max_idle_timeout",
      "tls.quic.parameter.max_udp_payload_size",
      "tls.quic.parameter.initial_max_data",
      "tls.quic.parameter.initial_max_streams_bidi",
      "tls.quic.parameter.ack_delay_exponent",
      "tls.quic.parameter.max_ack_delay",
      "tls.quic.parameter.active_connection_id_limit",
      "tls.quic.parameter.max_datagram_frame_size",
      "tls.quic.parameter.initial_source_connection_id",
      "tls.quic.parameter.vi.other_version",
    ]);
    assert.deepEqual(Object.values(read ?? {}).slice(3), [
      "0x00000001",
      ORIGINAL.toString(),
      CLIENT.toString(),
      "70617373",
      "0",
      "6 0",
      "1 3 4 8 10 11 14 32 15 17 62 27",
      "30000",
      "1472",
      "1099511627776",
      "100",
      "8",
      "26",
      "4",
      "1200",
      CLIENT.toString(),
      "0x00000001 0x6b3343cf",
    ]);
  },
});

Deno.test({
  name: "tshark reads our Version Negotiation and Retry packets",
  ...requires("tool:tshark"),
  fn: async () => {
    const client = initialPacket("client", crypto(clientHello()), 1200);
    const offered = encodeVersionNegotiation(
      CLIENT.toBytes(),
      ORIGINAL.toBytes(),
      [0x1a2a3a4a, QUIC_V1],
      0x15,
    );
    const retry = encodeRetry(QUIC_V1, CLIENT, SERVER, fromHex("0102030405"), 5);
    const tag = retryIntegrityTag(QUIC_V1, ORIGINAL.toBytes(), retry);
    const signed = new Uint8Array([...retry, ...tag]);
    const packets = await dissect([fromClient(client), fromServer(offered), fromServer(signed)], "", [
      "quic.supported_version",
      "quic.retry_token",
      "quic.retry_integrity_tag",
      "quic.scid",
    ]);
    assert.deepEqual(Object.values(packets[1] ?? {}).slice(3), [
      "0x1a2a3a4a 0x00000001",
      "",
      "",
      ORIGINAL.toString(),
    ]);
    const { "_ws.expert.message": message, ...rest } = packets[2] ?? {};
    assert.doesNotMatch(message ?? "", /integrity/i);
    assert.deepEqual(Object.values(rest).slice(2), ["", "0102030405", toHex(tag), SERVER.toString()]);
  },
});

const FRAMES: readonly ControlFrame[] = [
  { kind: "ping" },
  { kind: "reset_stream", streamId: 4, errorCode: 300, finalSize: 70000 },
  { kind: "stop_sending", streamId: 8, errorCode: 5 },
  { kind: "new_token", token: fromHex("a1b2c3") },
  { kind: "max_data", maximum: 2 ** 33 },
  { kind: "max_stream_data", streamId: 4, maximum: 123456 },
  { kind: "max_streams", direction: "bidirectional", maximum: 100 },
  { kind: "max_streams", direction: "unidirectional", maximum: 200 },
  { kind: "data_blocked", limit: 77 },
  { kind: "stream_data_blocked", streamId: 4, limit: 99 },
  { kind: "streams_blocked", direction: "bidirectional", limit: 7 },
  { kind: "streams_blocked", direction: "unidirectional", limit: 8 },
  {
    kind: "new_connection_id",
    sequence: 2,
    retirePriorTo: 1,
    connectionId: ConnectionId.from(fromHex("aabbccdd")),
    resetToken: fromHex("000102030405060708090a0b0c0d0e0f"),
  },
  { kind: "retire_connection_id", sequence: 1 },
  { kind: "path_challenge", data: fromHex("1112131415161718") },
  { kind: "path_response", data: fromHex("2122232425262728") },
  { kind: "handshake_done" },
  { kind: "connection_close", layer: "transport", errorCode: 7, frameType: 6, reason: "unreadable" },
  { kind: "connection_close", layer: "application", errorCode: 1000, frameType: 0, reason: "done" },
];

/** Every frame of RFC 9000 and RFC 9221. */
function allFrames(bytes: Uint8Array, at: number): number {
  at = writePadding(bytes, at, 3);
  for (const frame of FRAMES) at = writeControlFrame(bytes, at, frame);
  const ranges = new AckRanges();
  ranges.add(990, 1000);
  ranges.add(900, 980);
  at = writeAck(bytes, at, -1, ranges, 2, 25, { ect0: 1, ect1: 2, ce: 3 });
  at = writeStreamHeader(bytes, at, 12, 5000, 4, false) + 4;
  at = writeDatagramHeader(bytes, at, 5) + 5;
  at = writeStreamHeader(bytes, at, 16, 0, -1, true);
  return at + 6;
}

for (const suite of CIPHER_SUITES) {
  Deno.test({
    name:
      `tshark decrypts our 1-RTT packets before and after a key update and reads every frame (${suite.name})`,
    ...requires("tool:tshark"),
    fn: async () => {
      const secrets = [1, 2].map((value) => new Uint8Array(HASH_BYTES[suite.hash]).fill(value));
      const [clientSecret, serverSecret] = secrets as [Uint8Array, Uint8Array];
      const keyLog = `CLIENT_TRAFFIC_SECRET_0 ${CLIENT_RANDOM} ${toHex(clientSecret)}\n` +
        `SERVER_TRAFFIC_SECRET_0 ${CLIENT_RANDOM} ${toHex(serverSecret)}\n`;
      const clientKeys = derivePacketKeys(suite, clientSecret, QUIC_V1);
      const updated = nextKeys(suite, nextSecret(suite, clientSecret, QUIC_V1), QUIC_V1, clientKeys);
      const serverKeys = derivePacketKeys(suite, serverSecret, QUIC_V1);
      const packets = await dissect(
        [
          fromClient(initialPacket("client", crypto(clientHello()), 1200)),
          fromServer(initialPacket("server", crypto(serverHello(suite)), 1200)),
          fromClient(shortPacket(suite, clientKeys, SERVER, false, 0, allFrames)),
          fromServer(shortPacket(suite, serverKeys, CLIENT, false, 7, allFrames)),
          fromClient(shortPacket(suite, updated, SERVER, true, 1, allFrames)),
        ],
        keyLog,
        [
          "quic.packet_number",
          "quic.key_phase",
          "quic.frame_type",
          "quic.padding_length",
          "quic.rsts.stream_id",
          "quic.rsts.application_error_code",
          "quic.rsts.final_size",
          "quic.ss.application_error_code",
          "quic.nt.token",
          "quic.md.maximum_data",
          "quic.msd.maximum_stream_data",
          "quic.ms.max_streams",
          "quic.nci.sequence",
          "quic.nci.retire_prior_to",
          "quic.nci.connection_id",
          "quic.nci.stateless_reset_token",
          "quic.rci.sequence",
          "quic.path_challenge.data",
          "quic.path_response.data",
          "quic.cc.error_code",
          "quic.cc.error_code.app",
          "quic.cc.frame_type",
          "quic.cc.reason_phrase",
          "quic.ack.largest_acknowledged",
          "quic.ack.ack_delay",
          "quic.ack.first_ack_range",
          "quic.ack.gap",
          "quic.ack.ack_range",
          "quic.ack.ect0_count",
          "quic.ack.ecn_ce_count",
          "quic.stream.stream_id",
          "quic.stream.offset",
          "quic.stream.length",
          "quic.dg.length",
        ],
      );
      for (const [index, number, keyPhase] of [[2, "0", "0"], [3, "7", "0"], [4, "1", "1"]] as const) {
        assert.deepEqual(Object.values(packets[index] ?? {}).slice(3), [
          number,
          keyPhase,
          "0 1 4 5 7 16 17 18 19 20 21 22 23 24 25 26 27 30 28 29 3 14 49 9",
          "3",
          "4",
          "300",
          "70000",
          "5",
          "a1b2c3",
          String(2 ** 33),
          "123456",
          "100 200",
          "2",
          "1",
          "aabbccdd",
          "000102030405060708090a0b0c0d0e0f",
          "1",
          "1112131415161718",
          "2122232425262728",
          "7",
          "1000",
          "6",
          "unreadable done",
          "1000",
          "25",
          "10",
          "8",
          "80",
          "1",
          "3",
          "12 16",
          "5000",
          "4",
          "5",
        ]);
      }
    },
  });
}
