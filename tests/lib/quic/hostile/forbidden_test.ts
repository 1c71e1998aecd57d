import assert from "node:assert/strict";
import { QUIC_ERROR, type QuicErrorName } from "../../../../lib/quic/wire/error_codes.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { Pair } from "../connection/pair.ts";
import { ack, Attacker, control, crypto, type Level, stream } from "./attacker.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (each) => parseInt(each, 16));

/** The largest varint: 2^62 - 1. */
const HUGE = "ffffffffffffffff";

const newId = (sequence: number, retirePriorTo: number): Uint8Array =>
  control({
    kind: "new_connection_id",
    sequence,
    retirePriorTo,
    connectionId: ConnectionId.from(Uint8Array.of(9, 9, 9, 9, 9, 9, sequence >> 8, sequence)),
    resetToken: new Uint8Array(16).fill(sequence),
  });

/** What a client does, in which packets, and what a server that is connected with it closes with. */
const FORBIDDEN: readonly (readonly [string, Uint8Array, QuicErrorName, Level?])[] = [
  ["a packet without frames", hex(""), "PROTOCOL_VIOLATION"],
  ["a frame that nobody knows", hex("2100"), "FRAME_ENCODING_ERROR"],
  ["a frame type of 8 bytes", hex(`${HUGE}00`), "FRAME_ENCODING_ERROR"],
  ["HANDSHAKE_DONE from a client", control({ kind: "handshake_done" }), "PROTOCOL_VIOLATION"],
  ["NEW_TOKEN from a client", control({ kind: "new_token", token: hex("01") }), "PROTOCOL_VIOLATION"],
  ["an acknowledgment of what was never sent", ack(0, 5_000), "PROTOCOL_VIOLATION"],
  ["an acknowledgment of 2^62 - 1", hex(`02${HUGE}000000`), "PROTOCOL_VIOLATION"],
  ["a range of acknowledgments below 0", hex("0201000005"), "FRAME_ENCODING_ERROR"],
  ["more data than the stream's limit", stream(0, 600_000, 1), "FLOW_CONTROL_ERROR"],
  ["an end at 2^62 - 1", hex(`0c00${HUGE}`), "FLOW_CONTROL_ERROR"],
  ["data beyond 2^62 - 1", hex(`0e00${HUGE}01aa`), "FLOW_CONTROL_ERROR"],
  ["more streams than were allowed", stream(400, 0, 1), "STREAM_LIMIT_ERROR"],
  ["a stream number of 2^62 - 4", hex("08fffffffffffffffcaa"), "STREAM_LIMIT_ERROR"],
  ["data on a stream that only the server sends on", stream(3, 0, 1), "STREAM_STATE_ERROR"],
  ["data on a stream that the server has not opened", stream(1, 0, 1), "STREAM_STATE_ERROR"],
  ["STOP_SENDING for a stream that only the client sends on", hex("050200"), "STREAM_STATE_ERROR"],
  ["MAX_STREAM_DATA for a stream that the server has not opened", hex("110101"), "STREAM_STATE_ERROR"],
  ["a reset with a final size beyond the limit", hex("0400008fffffff"), "FLOW_CONTROL_ERROR"],
  ["MAX_STREAMS above 2^60", hex("12d000000000000001"), "FRAME_ENCODING_ERROR"],
  ["STREAMS_BLOCKED above 2^60", hex("17d000000000000001"), "FRAME_ENCODING_ERROR"],
  [
    "an id that is retired before it is issued",
    hex(`180102${"08"}${"aa".repeat(8)}${"bb".repeat(16)}`),
    "FRAME_ENCODING_ERROR",
  ],
  ["an id without bytes", hex(`18010000${"bb".repeat(16)}`), "FRAME_ENCODING_ERROR"],
  ["an id of 21 bytes", hex(`18010015${"aa".repeat(21)}${"bb".repeat(16)}`), "FRAME_ENCODING_ERROR"],
  ["the retirement of an id that was never issued", hex("1940ff"), "PROTOCOL_VIOLATION"],
  ["the retirement of the id that the packet is sent to", hex("1900"), "PROTOCOL_VIOLATION"],
  ["handshake bytes far ahead", crypto(100_000, 10), "CRYPTO_BUFFER_EXCEEDED"],
  ["a DATAGRAM that is cut", hex("31440000"), "FRAME_ENCODING_ERROR"],
  ["a reason that is cut", hex("1c00004400"), "FRAME_ENCODING_ERROR"],
];

for (const [what, frames, code] of FORBIDDEN) {
  Deno.test(`hostile: ${what} is a ${code}`, () => {
    using pair = new Pair().connect();
    const reason = new Attacker(pair).send(frames);
    assert.equal(reason?.by, "local");
    assert.equal(reason?.layer, "transport");
    assert.equal(reason?.errorCode, QUIC_ERROR[code], reason?.text);
    assert(pair.run(({ client }) => client.closeReason !== null));
    assert.equal(pair.client.closeReason?.errorCode, QUIC_ERROR[code], "the peer is told the same");
  });
}

/** Frames that are for 1-RTT packets. */
const LATER: readonly string[] = [
  "0400000000", // RESET_STREAM
  "050000", // STOP_SENDING
  "070101", // NEW_TOKEN
  "080001", // STREAM
  "1001", // MAX_DATA
  "110001", // MAX_STREAM_DATA
  "1201", // MAX_STREAMS
  "1401", // DATA_BLOCKED
  "150001", // STREAM_DATA_BLOCKED
  "1601", // STREAMS_BLOCKED
  `18010008${"aa".repeat(8)}${"bb".repeat(16)}`, // NEW_CONNECTION_ID
  "1900", // RETIRE_CONNECTION_ID
  "1a0102030405060708", // PATH_CHALLENGE
  "1b0102030405060708", // PATH_RESPONSE
  "1d0000", // CONNECTION_CLOSE of the application
  "1e", // HANDSHAKE_DONE
  "3001", // DATAGRAM
];

for (const level of ["initial", "handshake"] as const) {
  Deno.test(`hostile: RFC 9000 12.4: frames of 1-RTT packets in ${level} packets are a PROTOCOL_VIOLATION`, () => {
    for (const frame of LATER) {
      using pair = midHandshake(level);
      const reason = new Attacker(pair).send(hex(frame), level);
      assert.equal(reason?.errorCode, QUIC_ERROR.PROTOCOL_VIOLATION, `${frame}: ${reason?.text}`);
    }
  });
}

Deno.test("hostile: handshake bytes far ahead in Initial packets are a CRYPTO_BUFFER_EXCEEDED", () => {
  using pair = midHandshake("initial");
  const reason = new Attacker(pair).send(crypto(70_000, 100), "initial");
  assert.equal(reason?.errorCode, QUIC_ERROR.CRYPTO_BUFFER_EXCEEDED);
});

Deno.test("hostile: handshake bytes full of holes are a CRYPTO_BUFFER_EXCEEDED", () => {
  using pair = midHandshake("initial");
  const attacker = new Attacker(pair);
  for (let i = 0; i < 1_000 && pair.server!.closeReason === null; i++) {
    attacker.send(crypto(1_000 + 2 * i, 1), "initial");
  }
  assert.equal(pair.server!.closeReason?.errorCode, QUIC_ERROR.CRYPTO_BUFFER_EXCEEDED);
});

Deno.test("hostile: RFC 9000 5.1.1: more ids than were allowed are a CONNECTION_ID_LIMIT_ERROR", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  for (let sequence = 100; sequence < 110; sequence++) attacker.send(newId(sequence, 0));
  assert.equal(pair.server!.closeReason?.errorCode, QUIC_ERROR.CONNECTION_ID_LIMIT_ERROR);
});

Deno.test("hostile: limits and codes of 2^62 - 1 where they are legal change nothing", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  attacker.send(stream(0, 0, 1));
  for (
    const frame of [
      `10${HUGE}`, // MAX_DATA
      `1100${HUGE}`, // MAX_STREAM_DATA
      `14${HUGE}`, // DATA_BLOCKED
      `1500${HUGE}`, // STREAM_DATA_BLOCKED
      "12d000000000000000", // MAX_STREAMS of 2^60
      `0500${HUGE}`, // STOP_SENDING with a code
      `0400${HUGE}01`, // RESET_STREAM with a code
    ]
  ) {
    assert.equal(attacker.send(hex(frame)), null, frame);
  }
  assert.equal(pair.server!.closeState, "open");
});

Deno.test("hostile: RFC 9001 6.4: old keys under a packet number among those of the new ones are a KEY_UPDATE_ERROR", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  const ping = Uint8Array.of(1, 0, 0, 0);
  attacker.skip(1);
  const late = attacker.packet(ping);
  attacker.skip(-2);
  pair.client.core.keys.application!.phases.update(100_000);
  assert.equal(attacker.send(ping), null);
  assert.equal(pair.server!.core.keys.application!.phases.phase, 1, "the server follows");
  attacker.skip(1);
  assert.equal(attacker.send(ping), null);
  const server = pair.server!;
  server.handleDatagram(pair.nowUs, server.core.firstPath.network.tuple, late, 0, late.length);
  assert.equal(server.closeReason?.errorCode, QUIC_ERROR.KEY_UPDATE_ERROR);
});

Deno.test("hostile: RFC 9000 17.2: reserved bits that are set are a PROTOCOL_VIOLATION", () => {
  using pair = new Pair().connect();
  const attacker = new Attacker(pair);
  const reason = attacker.send(Uint8Array.of(1, 0, 0, 0), "1-rtt", undefined, 0x18);
  assert.equal(reason?.errorCode, QUIC_ERROR.PROTOCOL_VIOLATION);
});

/** A pair in the middle of its handshake: the client has the keys of this level, the server reads such packets. */
function midHandshake(level: "initial" | "handshake"): Pair {
  const pair = new Pair({
    fate: (datagram, index) => {
      const first = datagram.from === "client" && index === 0;
      return first || (datagram.from === "server" && level === "handshake") ? datagram : null;
    },
  });
  assert(pair.run(({ client, server }) => server !== null && client.core.keys[level] !== null));
  return pair;
}

Deno.test("hostile: RFC 9001 4.1.3: further handshake bytes in Initial packets, after the ClientHello, are a PROTOCOL_VIOLATION", () => {
  using pair = new Pair();
  pair.run(({ server }) => server !== null && server.core.keys.handshake !== null, 1_000_000);
  const end = pair.client.core.crypto.initial.send.sentOffset;
  const attacker = new Attacker(pair);
  assert.equal(attacker.send(crypto(0, end), "initial"), null, "what came before");
  assert.equal(attacker.send(crypto(end, 1), "initial")?.errorCode, QUIC_ERROR.PROTOCOL_VIOLATION);
});

Deno.test("hostile: RFC 9000 14.1: an Initial packet in a datagram that is too short is dropped, whatever it says", () => {
  using pair = new Pair();
  pair.run(({ server }) => server !== null, 1_000_000);
  const attacker = new Attacker(pair);
  attacker.pads = false;
  assert.equal(attacker.send(hex("2100"), "initial"), null);
  attacker.pads = true;
  assert.equal(attacker.send(hex("2100"), "initial")?.errorCode, QUIC_ERROR.FRAME_ENCODING_ERROR);
});
