import { toHex } from "../../base/bytes.ts";
import type { TransportParameters } from "../wire/transport_parameters.ts";

/** Settings of one side (quic-events 5.3). */
export interface QlogParameters {
  readonly initiator: "local" | "remote";
  readonly tls_cipher?: string;
  readonly [parameter: string]: unknown;
}

/**
 * Transport parameters in the words of qlog. Reset tokens stay out, since who has one can end the connection,
 * and with them the preferred address, of which they are a part.
 *
 * @param initiator Whose they are.
 */
export function parametersOf(initiator: "local" | "remote", parameters: TransportParameters): QlogParameters {
  return {
    initiator,
    ...present("original_destination_connection_id", parameters.originalDestinationConnectionId?.toString()),
    ...present("initial_source_connection_id", parameters.initialSourceConnectionId?.toString()),
    ...present("retry_source_connection_id", parameters.retrySourceConnectionId?.toString()),
    disable_active_migration: parameters.disableActiveMigration,
    max_idle_timeout: parameters.maxIdleTimeoutMs,
    max_udp_payload_size: parameters.maxUdpPayloadSize,
    ack_delay_exponent: parameters.ackDelayExponent,
    max_ack_delay: parameters.maxAckDelayMs,
    active_connection_id_limit: parameters.activeConnectionIdLimit,
    initial_max_data: parameters.initialMaxData,
    initial_max_stream_data_bidi_local: parameters.initialMaxStreamDataBidiLocal,
    initial_max_stream_data_bidi_remote: parameters.initialMaxStreamDataBidiRemote,
    initial_max_stream_data_uni: parameters.initialMaxStreamDataUni,
    initial_max_streams_bidi: parameters.initialMaxStreamsBidi,
    initial_max_streams_uni: parameters.initialMaxStreamsUni,
    max_datagram_frame_size: parameters.maxDatagramFrameSize,
    grease_quic_bit: parameters.greaseQuicBit,
    // draft-ietf-quic-multipath-21 2.1; qlog has no word for it
    ...present("initial_max_path_id", parameters.initialMaxPathId ?? undefined),
    unknown_parameters: parameters.unknown.map(({ id, value }) => ({
      id: unknownId(id),
      value: toHex(value),
    })),
  };
}

function present(
  name: string,
  value: string | number | undefined,
): Readonly<Record<string, string | number>> {
  return value === undefined ? {} : { [name]: value };
}

/** main-schema 11.3: numbers that JSON readers may round are strings. */
function unknownId(hex: string): number | string {
  const id = BigInt(`0x${hex}`);
  return id <= Number.MAX_SAFE_INTEGER ? Number(id) : id.toString();
}
