import type { QlogFrame } from "./frames.ts";
import type { QlogEndpoint, QlogPacketType } from "./names.ts";
import type { QlogParameters } from "./parameters.ts";

/** The header of a packet (quic-events 8.8). */
export interface QlogHeader {
  readonly packet_type: QlogPacketType;
  readonly packet_number?: number;
  readonly key_phase_bit?: boolean;
  readonly version?: string;
  readonly scid?: string;
  readonly dcid?: string;
  readonly scil?: number;
  readonly dcil?: number;
  readonly token?: { readonly type?: "retry" | "resumption"; readonly raw?: { readonly length: number } };
  /** draft-ietf-quic-multipath-21: the path that the packet number belongs to, when it is not 0. */
  readonly path_id?: number;
}

/** A packet that was sent or received (quic-events 5.5, 5.6). */
export interface QlogPacketEvent {
  readonly header: QlogHeader;
  readonly frames?: readonly QlogFrame[];
  readonly supported_versions?: readonly string[];
  readonly raw?: { readonly length: number; readonly payload_length?: number };
}

/** What is known of loss detection and congestion control; milliseconds, bytes and bits per second (7.2). */
export interface QlogMetrics {
  readonly min_rtt?: number;
  readonly smoothed_rtt?: number;
  readonly latest_rtt?: number;
  readonly rtt_variance?: number;
  readonly pto_count?: number;
  readonly congestion_window?: number;
  readonly bytes_in_flight?: number;
  readonly ssthresh?: number;
  readonly packets_in_flight?: number;
  readonly pacing_rate?: number;
}

/** A state of a connection (quic-events 4.6). */
export type QlogConnectionState =
  | "attempted"
  | "peer_validated"
  | "handshake_started"
  | "early_write"
  | "handshake_complete"
  | "handshake_confirmed"
  | "closing"
  | "draining"
  | "closed";

/** A step of connection migration (quic-events 5.20). */
export type QlogMigrationState =
  | "probing_started"
  | "probing_abandoned"
  | "probing_successful"
  | "migration_started"
  | "migration_abandoned"
  | "migration_complete";

/** The secrets whose keys come and go; the keys themselves are not logged (quic-events 8.11). */
export type QlogKeyType = `${"server" | "client"}_${"initial" | "handshake" | "0rtt" | "1rtt"}_secret`;

/** An ALPN name (quic-events 5.2). */
export interface QlogAlpn {
  readonly string_value: string;
}

/** The events that are written, and the data of each (draft-ietf-quic-qlog-quic-events). */
export interface QlogEvents {
  readonly connection_started: { readonly local: QlogEndpoint; readonly remote: QlogEndpoint };
  readonly connection_closed: {
    readonly initiator?: "local" | "remote";
    readonly connection_error?: string;
    readonly application_error?: string;
    readonly error_code?: number;
    readonly reason?: string;
    readonly trigger?:
      | "idle_timeout"
      | "application"
      | "error"
      | "version_mismatch"
      | "stateless_reset"
      | "aborted"
      | "unspecified";
  };
  readonly connection_id_updated: {
    readonly initiator: "local" | "remote";
    readonly old?: string;
    readonly new?: string;
  };
  readonly connection_state_updated: {
    readonly old?: QlogConnectionState;
    readonly new: QlogConnectionState;
  };
  readonly tuple_assigned: {
    readonly tuple_id: string;
    readonly tuple_remote?: QlogEndpoint;
    readonly tuple_local?: QlogEndpoint;
  };
  readonly mtu_updated: { readonly old?: number; readonly new: number; readonly done?: boolean };
  readonly version_information: {
    readonly server_versions?: readonly string[];
    readonly client_versions?: readonly string[];
    readonly chosen_version?: string;
  };
  readonly alpn_information: {
    readonly server_alpns?: readonly QlogAlpn[];
    readonly client_alpns?: readonly QlogAlpn[];
    readonly chosen_alpn?: QlogAlpn;
  };
  readonly parameters_set: QlogParameters;
  readonly packet_sent: QlogPacketEvent & { readonly is_mtu_probe_packet?: boolean };
  readonly packet_received: QlogPacketEvent;
  readonly packet_dropped: {
    readonly header?: QlogHeader;
    readonly raw?: { readonly length: number };
    readonly details?: Readonly<Record<string, string | number>>;
    readonly trigger?:
      | "internal_error"
      | "rejected"
      | "unsupported"
      | "invalid"
      | "duplicate"
      | "connection_unknown"
      | "decryption_failure"
      | "key_unavailable"
      | "general";
  };
  readonly packet_buffered: {
    readonly header?: QlogHeader;
    readonly raw?: { readonly length: number };
    readonly trigger?: "backpressure" | "keys_unavailable";
  };
  readonly udp_datagram_dropped: { readonly raw?: { readonly length: number } };
  readonly migration_state_updated: {
    readonly old?: QlogMigrationState;
    readonly new: QlogMigrationState;
    readonly tuple_id?: string;
    readonly tuple_remote?: QlogEndpoint;
    readonly tuple_local?: QlogEndpoint;
  };
  readonly key_updated: {
    readonly key_type: QlogKeyType;
    readonly key_phase?: number;
    readonly trigger?: "tls" | "remote_update" | "local_update";
  };
  readonly key_discarded: {
    readonly key_type: QlogKeyType;
    readonly key_phase?: number;
    readonly trigger?: "tls" | "remote_update" | "local_update";
  };
  readonly recovery_parameters_set: {
    readonly reordering_threshold?: number;
    readonly time_threshold?: number;
    readonly timer_granularity: number;
    readonly initial_rtt?: number;
    readonly max_datagram_size?: number;
    readonly initial_congestion_window?: number;
    readonly minimum_congestion_window?: number;
    readonly loss_reduction_factor?: number;
    readonly persistent_congestion_threshold?: number;
  };
  readonly recovery_metrics_updated: QlogMetrics;
  readonly congestion_state_updated: {
    readonly old?: string;
    readonly new: string;
    readonly trigger?: string;
  };
  readonly packet_lost: {
    readonly header?: QlogHeader;
    readonly is_mtu_probe_packet?: boolean;
    readonly trigger?: "reordering_threshold" | "time_threshold" | "pto_expired";
  };
}

/** The name of an event, without its namespace. */
export type QlogEventName = keyof QlogEvents;
