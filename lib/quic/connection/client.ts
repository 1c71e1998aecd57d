import type { TlsSession } from "../../tls/session.ts";
import type { FreshId } from "../ids/local_ids.ts";
import { ConnectionId } from "../wire/connection_id.ts";
import { RESET_TOKEN_BYTES } from "../wire/frames.ts";
import { greaseParameter } from "../wire/transport_parameters.ts";
import { QUIC_V1 } from "../wire/versions.ts";
import { writeTransportParameters } from "../wire/write_transport_parameters.ts";
import { type ConnectionConfig, LOCAL_ID_BYTES, localParameters, type Random } from "./config.ts";
import { Connection } from "./connection.ts";
import type { Tuple } from "./tuple.ts";

/** RFC 9000 7.2: at least 8 bytes, not to be guessed. */
const ORIGINAL_ID_BYTES = 16;

/** What a client's connection needs. */
export interface ClientOptions {
  readonly config: ConnectionConfig;
  readonly tuple: Tuple;
  readonly nowUs: number;
  /** @default {QUIC_V1} */
  readonly version?: number;
  /** A token that the server gave for this (RFC 9000 8.1.3). */
  readonly token?: Uint8Array;
  /** Makes the end of the handshake that knows these transport parameters. */
  readonly tls: (transportParameters: Uint8Array) => TlsSession;
  /** Makes connection ids that no other connection on the same socket has. @default {random ones} */
  readonly makeId?: () => FreshId;
}

/** A connection to a server; what it sends first is ready. */
export function makeClient(options: ClientOptions): Connection {
  const { config, tuple, nowUs, version = QUIC_V1 } = options;
  const makeId = options.makeId ?? (() => randomId(config.random));
  const source = makeId().connectionId;
  const destination = ConnectionId.from(config.random(ORIGINAL_ID_BYTES));
  const parameters = localParameters(config, {
    initialSourceConnectionId: source,
    unknown: [greaseParameter(config.random(8))],
  });
  const connection = new Connection({
    side: "client",
    config,
    version,
    tuple,
    nowUs,
    originalDestination: destination,
    source,
    destination,
    retrySource: null,
    validated: true,
    makeId,
    parameters,
    tls: options.tls(writeTransportParameters(parameters, config.codePoints)),
  });
  if (options.token !== undefined) connection.core.token = options.token;
  return connection;
}

/** An id and a token that mean nothing. */
export function randomId(random: Random): FreshId {
  return {
    connectionId: ConnectionId.from(random(LOCAL_ID_BYTES)),
    resetToken: random(RESET_TOKEN_BYTES).slice(),
  };
}
