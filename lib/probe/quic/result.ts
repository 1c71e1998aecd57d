import type { Tristate } from "../../base/path.ts";
import type { MultipathDraft } from "../../quic/mod.ts";
import type { CheckJson } from "../check_result.ts";

/** One certificate of a chain. */
export interface QuicCertificateJson {
  /** Whom it is for, such as `CN=example.com`. */
  readonly subject: string;
  /** Who signed it. */
  readonly issuer: string;
  /** The names and addresses that it is for; the first 32 of them. */
  readonly names: readonly string[];
  /** The time from which it holds: ISO 8601 in UTC. */
  readonly not_before: string;
  /** The time until which it holds. */
  readonly not_after: string;
  /** Kind and size of its key, such as `ECDSA P-256` or `RSA 2048`. */
  readonly key: string;
}

/** How a server proved who it is, and whether that is enough. */
export interface QuicIdentityJson {
  /** Whether it is trusted; unknown when nobody could say whom to trust. */
  readonly trusted: Tristate;
  /** What makes it trusted: the system's certificates, those of `--ca`, or `--pin`; null when it is not. */
  readonly trusted_by: "system" | "ca" | "pin" | null;
  /** Why it is not trusted: a stable code. */
  readonly problem:
    | "malformed"
    | "expired"
    | "not-yet-valid"
    | "unknown-issuer"
    | "self-signed"
    | "wrong-usage"
    | "weak-key"
    | "unsupported-extension"
    | "host-mismatch"
    | "pin-mismatch"
    | "unknown-key"
    | "no-trust-store"
    | null;
  /** Why it is not trusted, in words. */
  readonly reason: string | null;
  /** The name that it was checked for. */
  readonly server_name: string;
  /** What the server showed. */
  readonly type: "x509" | "raw-public-key";
  /** `sha256/BASE64` of its public key: what `--pin` takes. */
  readonly pin: string;
  /** The certificates, the server's own first; the first 8 of them. */
  readonly chain: readonly QuicCertificateJson[];
}

/** A server's other address (RFC 9000 18.2). */
export interface PreferredAddressJson {
  /** Address and port; null for none of this family. */
  readonly v4: string | null;
  /** Address and port; null for none of this family. */
  readonly v6: string | null;
}

/**
 * The transport parameters of a server by the names of their RFCs, in the units of those: bytes, and
 * milliseconds. What was not sent has its default, or is null.
 */
export interface TransportParametersJson {
  /** Hexadecimal digits. */
  readonly original_destination_connection_id: string | null;
  /** 0 is no timeout. */
  readonly max_idle_timeout: number;
  /** Whether there was one; who has it can end the connection. */
  readonly has_stateless_reset_token: boolean;
  /** The largest UDP payload that it takes. */
  readonly max_udp_payload_size: number;
  /** What may be sent at first on the whole connection. */
  readonly initial_max_data: number;
  /** What may be sent at first on a bidirectional stream that the server opened. */
  readonly initial_max_stream_data_bidi_local: number;
  /** What may be sent at first on a bidirectional stream that the client opened. */
  readonly initial_max_stream_data_bidi_remote: number;
  /** What may be sent at first on a unidirectional stream. */
  readonly initial_max_stream_data_uni: number;
  /** How many bidirectional streams the client may open at first. */
  readonly initial_max_streams_bidi: number;
  /** How many unidirectional streams the client may open at first. */
  readonly initial_max_streams_uni: number;
  /** Acknowledgment delays are counted in 2 to the power of this, in microseconds. */
  readonly ack_delay_exponent: number;
  /** How late it may acknowledge. */
  readonly max_ack_delay: number;
  /** Whether the client must not change its address. */
  readonly disable_active_migration: boolean;
  /** Where it would rather be talked to. */
  readonly preferred_address: PreferredAddressJson | null;
  /** How many connection ids it keeps of the client. */
  readonly active_connection_id_limit: number;
  /** Hexadecimal digits. */
  readonly initial_source_connection_id: string | null;
  /** Hexadecimal digits; null without a Retry. */
  readonly retry_source_connection_id: string | null;
  /** RFC 9368 3. */
  readonly version_information: { readonly chosen: string; readonly available: readonly string[] } | null;
  /** RFC 9221 3; 0 is none. */
  readonly max_datagram_frame_size: number;
  /** RFC 9287 3. */
  readonly grease_quic_bit: boolean;
  /** draft-ietf-quic-multipath-21 2.1; null is no multipath. */
  readonly initial_max_path_id: number | null;
  /** Those without a name here, GREASE among them: their ids and the first 64 bytes of their values. */
  readonly unknown: readonly { readonly id: string; readonly value: string }[];
}

/** What is known about QUIC to one address; what was not found out is null. */
export interface QuicCheckJson extends CheckJson {
  /** Whether anything came back that only a QUIC server sends. */
  readonly answered: boolean;
  /** The version in use: `1`, or a number such as `0x6b3343cf`. */
  readonly version: string | null;
  /** What the server offered instead of this program's version; null where it did not have to. */
  readonly versions: readonly string[] | null;
  /** The application protocol agreed on. */
  readonly alpn: string | null;
  /** The application protocols offered to the server. */
  readonly alpn_offered: readonly string[];
  /** Whether the server had the address proved first (RFC 9000 8.1.2). */
  readonly retry: boolean | null;
  /** Such as `TLS_AES_128_GCM_SHA256`. */
  readonly cipher_suite: string | null;
  /** The key exchange, such as `x25519`. */
  readonly group: string | null;
  /** Who the server is. */
  readonly certificate: QuicIdentityJson | null;
  /** What the server allows. */
  readonly transport_parameters: TransportParametersJson | null;
}

/** A way of a path, and how far it came. */
export interface QuicWayJson {
  /** The path id; null where there is no path. */
  readonly id: number | null;
  /** The address on this side. */
  readonly local: string;
  /** Address and port of the other side. */
  readonly remote: string;
  /** The interface of the address on this side. */
  readonly interface: string;
  /** Whether both ends found that the other is there. */
  readonly validated: Tristate;
  /** Whether a question that was sent over it was answered. */
  readonly carries_data: Tristate;
  /** Why there is no path; null where there is one. */
  readonly reason: string | null;
}

/** What is known about multipath QUIC to one address. */
export interface MpquicCheckJson extends CheckJson {
  /** The server's `initial_max_path_id`: the largest path id at first; null where it offers no multipath. */
  readonly max_path_id: number | null;
  /**
   * Whose numbers of frames worked: `final` are those of draft 19 and later, `draft-13` those of drafts 13 to 18;
   * null where there are not several paths. Absent from results of earlier versions.
   */
  readonly code_points?: MultipathDraft | null;
  /** The drafts whose multipath the server offers, such as `drafts 13 to 18`, the newest first. */
  readonly drafts_offered?: readonly string[];
  /** Between which addresses there are paths, or could be: the first path too. */
  readonly ways: readonly QuicWayJson[];
  /** Why no further paths were tried; null when they were. */
  readonly ways_skipped: string | null;
}
