import assert from "node:assert/strict";
import { Ip } from "../../../../lib/base/ip.ts";
import { parametersJson } from "../../../../lib/probe/quic/parameters.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import { DEFAULT_PARAMETERS } from "../../../../lib/quic/wire/transport_parameters.ts";

const ID = ConnectionId.from(Uint8Array.of(1, 2, 3, 0xff));
const SECRET = new Uint8Array(16).fill(0xab);

Deno.test("parametersJson() has every parameter by the name of its RFC, absent ones as null or their default", () => {
  const json = parametersJson(DEFAULT_PARAMETERS);
  assert.deepEqual(json, {
    original_destination_connection_id: null,
    max_idle_timeout: 0,
    has_stateless_reset_token: false,
    max_udp_payload_size: 65527,
    initial_max_data: 0,
    initial_max_stream_data_bidi_local: 0,
    initial_max_stream_data_bidi_remote: 0,
    initial_max_stream_data_uni: 0,
    initial_max_streams_bidi: 0,
    initial_max_streams_uni: 0,
    ack_delay_exponent: 3,
    max_ack_delay: 25,
    disable_active_migration: false,
    preferred_address: null,
    active_connection_id_limit: 2,
    initial_source_connection_id: null,
    retry_source_connection_id: null,
    version_information: null,
    max_datagram_frame_size: 0,
    grease_quic_bit: false,
    initial_max_path_id: null,
    unknown: [],
  });
  // Nothing that was added to the codec is left out by accident
  assert.equal(Object.keys(json).length, Object.keys(DEFAULT_PARAMETERS).length);
});

Deno.test("parametersJson() keeps the secrets of the connection out, and what a stranger sends in bounds", () => {
  const json = parametersJson({
    ...DEFAULT_PARAMETERS,
    originalDestinationConnectionId: ID,
    statelessResetToken: SECRET,
    preferredAddress: {
      v4: { ip: Ip.parse("192.0.2.1"), port: 443 },
      v6: { ip: Ip.parse("2001:db8::1"), port: 8443 },
      connectionId: ID,
      resetToken: SECRET,
    },
    versionInformation: { chosen: 1, available: Array.from({ length: 1000 }, () => 0x6b3343cf) },
    unknown: Array.from({ length: 1000 }, () => ({ id: "3e", value: new Uint8Array(1000) })),
  });
  assert.equal(json.original_destination_connection_id, "010203ff");
  assert.equal(json.has_stateless_reset_token, true);
  assert.deepEqual(json.preferred_address, { v4: "192.0.2.1:443", v6: "[2001:db8::1]:8443" });
  assert.doesNotMatch(JSON.stringify(json), /abab/);
  assert.deepEqual(json.version_information?.chosen, "1");
  assert.equal(json.version_information?.available.length, 32);
  assert.equal(json.unknown.length, 64);
  assert.deepEqual(json.unknown[0], { id: "0x3e", value: "00".repeat(64) });
});
