import assert from "node:assert/strict";
import fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import type { QlogEventName, QlogEvents } from "../../../../lib/quic/qlog/events.ts";
import {
  applicationError,
  endpointInfo,
  packetTypeName,
  transportError,
  versionHex,
} from "../../../../lib/quic/qlog/names.ts";
import { parametersOf } from "../../../../lib/quic/qlog/parameters.ts";
import { Qlog, type QlogPacket } from "../../../../lib/quic/qlog/qlog.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { QUIC_ERROR } from "../../../../lib/quic/wire/error_codes.ts";
import { MULTIPATH_FRAMES } from "../../../../lib/quic/wire/frame_types.ts";
import type { ControlFrame } from "../../../../lib/quic/wire/frames.ts";
import { DEFAULT_PARAMETERS } from "../../../../lib/quic/wire/transport_parameters.ts";
import { writeControlFrame } from "../../../../lib/quic/wire/write_control_frame.ts";
import {
  writeAck,
  writeCryptoHeader,
  writeDatagramHeader,
  writePadding,
  writeStreamHeader,
} from "../../../../lib/quic/wire/write_frame.ts";
import { controlFrames, rangePairs, rangesOf, serverParameters } from "../wire/arbitraries.ts";
import { checkEvent, type QlogRecord, recordsOf, SCHEMA } from "./schema.ts";

const ID = ConnectionId.from(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0xff));
const START_US = 5_000_000;

/** A log, and the records that it wrote. */
function makeLog(): {
  readonly log: Qlog;
  readonly text: () => string;
  readonly records: () => readonly QlogRecord[];
} {
  let text = "";
  const log = new Qlog({
    write: (record) => text += record,
    side: "client",
    originalDestination: ID,
    startUs: START_US,
    startedAt: "2026-11-21T09:00:00.000Z",
    title: "a test",
    vantagePoint: "mpt",
  });
  return { log, text: () => text, records: () => recordsOf(text) };
}

function packet(bytes: Uint8Array, end: number, type: QlogPacket["type"] = "1-rtt"): QlogPacket {
  const { length } = bytes;
  return { bytes, payloadStart: 0, payloadEnd: end, type, pathId: 0, packetNumber: 7, packetBytes: length };
}

/** The frames that are logged of a payload. */
function logged(
  write: (bytes: Uint8Array) => number,
  sent = true,
): readonly { readonly [field: string]: unknown }[] {
  const { log, records } = makeLog();
  log.frameTypes = MULTIPATH_FRAMES;
  log.ownAckDelayExponent = 0;
  log.peerAckDelayExponent = 10;
  const bytes = new Uint8Array(3000);
  const end = write(bytes);
  if (sent) log.packetSent(START_US, packet(bytes, end));
  else log.packetReceived(START_US, packet(bytes, end));
  const event = records()[1]!;
  checkEvent(event);
  return event.data!.frames as readonly { readonly [field: string]: unknown }[];
}

Deno.test("the schema tells right from wrong", () => {
  const header = { packet_type: "1RTT", packet_number: 1 };
  assert.deepEqual(SCHEMA.faults("QUICPacketLost", { header }), []);
  for (
    const wrong of [
      { header: {} },
      { header: { packet_type: "2RTT" } },
      { header: { ...header, packet_number: -1 } },
      { header: { ...header, dcid: "ABC" } },
      { header, frames: {} },
      { header, colour: "red" },
      { trigger: 5 },
      null,
    ]
  ) assert.notDeepEqual(SCHEMA.faults("QUICPacketLost", wrong), [], JSON.stringify(wrong));
  assert.notDeepEqual(SCHEMA.faults("TraceSeq", { event_schemas: [] }), []);
  assert.notDeepEqual(SCHEMA.faults("AckRange", [1, 2, 3]), []);
});

Deno.test("a log begins with the header of a sequential file", () => {
  const { text, records } = makeLog();
  const [header] = records();
  assert.deepEqual(SCHEMA.faults("QlogFileSeq", header), []);
  assert.equal(text()[0], "\x1e");
  assert.match(text().slice(0, 256), /"file_schema".*"serialization_format"/);
  assert.equal(header?.serialization_format, "application/qlog+json-seq");
  assert.match(text(), /"group_id":"01020304050607ff"/);
});

Deno.test("the times of events are milliseconds since the beginning, to the microsecond", () => {
  const { log, records } = makeLog();
  log.event(START_US + 1_234.4, "mtu_updated", { old: 1200, new: 1452, done: true }, 3);
  log.event(START_US + 7_000_001, "connection_state_updated", { new: "closing" });
  const [, mtu, state] = records();
  assert.deepEqual([mtu?.time, mtu?.tuple, state?.time, state?.tuple], [1.234, "3", 7000.001, undefined]);
});

Deno.test("all events are as the schemas of the drafts say", () => {
  const { log, records } = makeLog();
  const v6 = { ip: Ip.parse("2001:db8::1"), port: 443 };
  const v4 = { ip: Ip.parse("192.0.2.1"), port: 4433 };
  const samples: { readonly [Name in QlogEventName]: QlogEvents[Name] } = {
    connection_started: { local: endpointInfo(null), remote: endpointInfo(v6, [ID]) },
    connection_closed: {
      initiator: "remote",
      connection_error: transportError(QUIC_ERROR.FLOW_CONTROL_ERROR).error,
      reason: "too much",
      trigger: "error",
    },
    connection_id_updated: { initiator: "local", old: `${ID}`, new: "" },
    connection_state_updated: { old: "attempted", new: "handshake_started" },
    tuple_assigned: { tuple_id: "0", tuple_remote: endpointInfo(v4), tuple_local: endpointInfo(v6) },
    mtu_updated: { old: 1200, new: 1452, done: true },
    version_information: {
      client_versions: [versionHex(1), versionHex(0x6b3343cf)],
      chosen_version: versionHex(1),
    },
    alpn_information: { client_alpns: [{ string_value: "h3" }], chosen_alpn: { string_value: "h3" } },
    parameters_set: { ...parametersOf("local", DEFAULT_PARAMETERS), tls_cipher: "AES_128_GCM_SHA256" },
    packet_sent: {
      header: { packet_type: packetTypeName("version-negotiation"), scid: "", dcid: `${ID}` },
      supported_versions: [versionHex(1)],
    },
    packet_received: {
      header: { packet_type: packetTypeName("retry"), token: { type: "retry", raw: { length: 9 } } },
    },
    packet_dropped: {
      header: { packet_type: packetTypeName("unsupported-version") },
      raw: { length: 40 },
      details: { fault: "truncated" },
      trigger: "unsupported",
    },
    packet_buffered: { header: { packet_type: packetTypeName("0-rtt") }, trigger: "keys_unavailable" },
    udp_datagram_dropped: { raw: { length: 3 } },
    migration_state_updated: { old: "probing_started", new: "probing_successful", tuple_id: "1" },
    key_updated: { key_type: "client_1rtt_secret", key_phase: 3, trigger: "remote_update" },
    key_discarded: { key_type: "server_handshake_secret", trigger: "tls" },
    recovery_parameters_set: { timer_granularity: 1, reordering_threshold: 3, time_threshold: 1.125 },
    recovery_metrics_updated: { smoothed_rtt: 12.5, congestion_window: 14_720 },
    congestion_state_updated: { old: "slow_start", new: "recovery", trigger: "loss" },
    packet_lost: {
      header: { packet_type: packetTypeName("1-rtt"), packet_number: 9, path_id: 2 },
      is_mtu_probe_packet: true,
      trigger: "time_threshold",
    },
  };
  const names = Object.keys(samples) as QlogEventName[];
  for (const name of names) log.event(START_US, name, samples[name]);
  const events = records().slice(1);
  assert.equal(events.length, names.length);
  for (const event of events) checkEvent(event);
});

Deno.test("transport parameters are as the schema says, and without reset tokens", () => {
  fc.assert(fc.property(serverParameters, (parameters) => {
    const data = parametersOf("remote", parameters);
    assert.deepEqual(SCHEMA.faults("QUICParametersSet", JSON.parse(JSON.stringify(data))), []);
    assert(!("stateless_reset_token" in data));
  }));
});

Deno.test("every control frame is logged as the schema says", () => {
  fc.assert(fc.property(fc.array(controlFrames, { minLength: 1, maxLength: 5 }), (frames) => {
    const result = logged((bytes) => frames.reduce((at, frame) => writeControlFrame(bytes, at, frame), 0));
    assert.deepEqual(result.map(({ frame_type }) => frame_type), frames.map(({ kind }) => kind));
  }));
});

Deno.test("reset tokens and address validation tokens are not logged", () => {
  const resetToken = new Uint8Array(16).fill(0xab);
  const frames: readonly ControlFrame[] = [
    { kind: "new_connection_id", sequence: 2, retirePriorTo: 1, connectionId: ID, resetToken },
    { kind: "new_token", token: resetToken },
  ];
  const result = logged((bytes) => frames.reduce((at, frame) => writeControlFrame(bytes, at, frame), 0));
  assert(!JSON.stringify(result).includes("abab"));
  assert.deepEqual(result[0], {
    frame_type: "new_connection_id",
    sequence_number: 2,
    retire_prior_to: 1,
    connection_id_length: 8,
    connection_id: "01020304050607ff",
  });
});

Deno.test("frames with data are logged without it", () => {
  const result = logged((bytes) => {
    let at = writeCryptoHeader(bytes, 0, 70, 3) + 3;
    at = writeDatagramHeader(bytes, at, 5) + 5;
    at = writePadding(bytes, at, 4);
    at = writeStreamHeader(bytes, at, 8, 0, 2, true) + 2;
    return at;
  });
  const raw = (length: number): unknown => ({ length, payload_length: length });
  assert.deepEqual(result, [
    { frame_type: "crypto", offset: 70, raw: raw(3) },
    { frame_type: "datagram", raw: raw(5) },
    { frame_type: "padding", raw: raw(4) },
    { frame_type: "stream", stream_id: 8, offset: 0, fin: true, raw: raw(2) },
  ]);
});

Deno.test("acknowledgments are logged with their ranges, and delays in milliseconds", () => {
  const ranges = rangesOf([[9, 9], [3, 5]]);
  const write = (bytes: Uint8Array): number =>
    writeAck(bytes, 0, -1, ranges, 2, 40, { ect0: 1, ect1: 2, ce: 3 });
  const expected = { frame_type: "ack", acked_ranges: [[9], [3, 5]], ect0: 1, ect1: 2, ce: 3 };
  assert.deepEqual(logged(write), [{ ...expected, ack_delay: 0.04 }]);
  assert.deepEqual(logged(write, false), [{ ...expected, ack_delay: 40.96 }]);
  fc.assert(fc.property(rangePairs, (pairs) => {
    const all = rangesOf(pairs);
    logged((bytes) => writeAck(bytes, 0, 5, all, all.count, 0, null));
  }));
});

Deno.test("a frame that cannot be read ends the list, and nothing throws", () => {
  const unknown = logged((bytes) => {
    bytes.set([1, 0x3f, 9, 9]);
    return 4;
  });
  assert.deepEqual(unknown, [{ frame_type: "ping" }, { frame_type: "unknown", frame_type_bytes: 0x3f }]);
  assert.deepEqual(logged(() => 0), []);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (random) => {
      logged((bytes) => {
        bytes.set(random);
        return random.length;
      });
    }),
    { numRuns: 1000 },
  );
});

Deno.test("packets are logged with what their headers have", () => {
  const { log, records } = makeLog();
  const bytes = new Uint8Array(60);
  const end = writeControlFrame(bytes, 0, { kind: "ping" });
  log.packetSent(START_US, {
    ...packet(bytes, end, "initial"),
    version: 1,
    source: ConnectionId.EMPTY,
    destination: ID,
    tokenBytes: 33,
  });
  log.packetReceived(START_US, { ...packet(bytes, end), pathId: 4, keyPhase: 1 });
  log.packetSent(START_US, packet(bytes, end), true);
  const [, initial, short, probe] = records();
  for (const event of [initial!, short!, probe!]) checkEvent(event);
  assert.equal(probe?.data?.is_mtu_probe_packet, true);
  assert.deepEqual(initial?.data?.header, {
    packet_type: "initial",
    packet_number: 7,
    version: "00000001",
    scil: 0,
    scid: "",
    dcil: 8,
    dcid: "01020304050607ff",
    token: { raw: { length: 33 } },
  });
  assert.deepEqual(short?.data?.header, {
    packet_type: "1RTT",
    packet_number: 7,
    key_phase_bit: true,
    path_id: 4,
  });
  assert.equal(short?.tuple, "4");
  assert.equal(initial?.tuple, "0");
  assert.deepEqual(initial?.data?.raw, { length: 60, payload_length: 1 });
});

Deno.test("metrics are logged when they change, path by path", () => {
  const { log, records } = makeLog();
  log.metrics(START_US, 0, { smoothed_rtt: 10, congestion_window: 12_000, ssthresh: Infinity });
  log.metrics(START_US, 0, { smoothed_rtt: 10, congestion_window: 12_000, ssthresh: Infinity });
  log.metrics(START_US, 1, { smoothed_rtt: 10 });
  log.metrics(START_US, 0, { smoothed_rtt: 10, congestion_window: 13_000, ssthresh: 13_000 });
  const events = records().slice(1);
  for (const event of events) checkEvent(event);
  assert.deepEqual(events.map(({ tuple, data }) => [tuple, data]), [
    ["0", { smoothed_rtt: 10, congestion_window: 12_000 }],
    ["1", { smoothed_rtt: 10 }],
    ["0", { congestion_window: 13_000, ssthresh: 13_000 }],
  ]);
});

Deno.test("errors have the names of the schema, or their number", () => {
  for (const code of Object.values(QUIC_ERROR)) {
    const { error, error_code } = transportError(code);
    const faults = SCHEMA.faults("$TransportError", error);
    assert.deepEqual(faults, []);
    assert.equal(error === "unknown", error_code === code);
  }
  assert.deepEqual(transportError(0x178), { error: "crypto_error_0x178" });
  assert.deepEqual(SCHEMA.faults("CryptoError", transportError(0x1ff).error), []);
  assert.deepEqual(transportError(0x4567), { error: "unknown", error_code: 0x4567 });
  assert.deepEqual(applicationError(0), { error: "unknown", error_code: 0 });
});
