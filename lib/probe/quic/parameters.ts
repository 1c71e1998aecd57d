import { toHex } from "../../base/bytes.ts";
import { Endpoint } from "../../base/endpoint.ts";
import type { PreferredAddress, TransportParameters } from "../../quic/wire/transport_parameters.ts";
import type { PreferredAddressJson, TransportParametersJson } from "./result.ts";
import { versionText } from "./version_words.ts";

/** A stranger's parameters can be long, and many. */
const MAX_VALUE_BYTES = 64;
const MAX_UNKNOWN = 64;
const MAX_VERSIONS = 32;

/** The transport parameters for programs. */
export function parametersJson(parameters: TransportParameters): TransportParametersJson {
  const { versionInformation, preferredAddress } = parameters;
  return {
    original_destination_connection_id: parameters.originalDestinationConnectionId?.toString() ?? null,
    max_idle_timeout: parameters.maxIdleTimeoutMs,
    has_stateless_reset_token: parameters.statelessResetToken !== null,
    max_udp_payload_size: parameters.maxUdpPayloadSize,
    initial_max_data: parameters.initialMaxData,
    initial_max_stream_data_bidi_local: parameters.initialMaxStreamDataBidiLocal,
    initial_max_stream_data_bidi_remote: parameters.initialMaxStreamDataBidiRemote,
    initial_max_stream_data_uni: parameters.initialMaxStreamDataUni,
    initial_max_streams_bidi: parameters.initialMaxStreamsBidi,
    initial_max_streams_uni: parameters.initialMaxStreamsUni,
    ack_delay_exponent: parameters.ackDelayExponent,
    max_ack_delay: parameters.maxAckDelayMs,
    disable_active_migration: parameters.disableActiveMigration,
    preferred_address: preferredAddress === null ? null : preferredJson(preferredAddress),
    active_connection_id_limit: parameters.activeConnectionIdLimit,
    initial_source_connection_id: parameters.initialSourceConnectionId?.toString() ?? null,
    retry_source_connection_id: parameters.retrySourceConnectionId?.toString() ?? null,
    version_information: versionInformation === null ? null : {
      chosen: versionText(versionInformation.chosen),
      available: versionInformation.available.slice(0, MAX_VERSIONS).map(versionText),
    },
    max_datagram_frame_size: parameters.maxDatagramFrameSize,
    grease_quic_bit: parameters.greaseQuicBit,
    initial_max_path_id: parameters.initialMaxPathId,
    unknown: parameters.unknown.slice(0, MAX_UNKNOWN).map(({ id, value }) => ({
      id: `0x${id}`,
      value: toHex(value.subarray(0, MAX_VALUE_BYTES)),
    })),
  };
}

/** Without the connection id and the reset token, which are the connection's secrets. */
function preferredJson({ v4, v6 }: PreferredAddress): PreferredAddressJson {
  return {
    v4: v4 === null ? null : Endpoint.of(v4.ip, v4.port).address,
    v6: v6 === null ? null : Endpoint.of(v6.ip, v6.port).address,
  };
}
