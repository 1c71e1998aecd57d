import type { TlsSession } from "../../tls/session.ts";
import type { FreshId } from "../ids/local_ids.ts";
import type { ConnectionId } from "../wire/connection_id.ts";
import { writeTransportParameters } from "../wire/write_transport_parameters.ts";
import { greaseParameter } from "../wire/transport_parameters.ts";
import { randomId } from "./client.ts";
import { type ConnectionConfig, localParameters } from "./config.ts";
import { Connection } from "./connection.ts";
import type { Tuple } from "./tuple.ts";

/** What a server's connection needs, from the first Initial packet of the client. */
export interface ServerOptions {
  readonly config: ConnectionConfig;
  readonly tuple: Tuple;
  readonly nowUs: number;
  readonly version: number;
  /** The Destination Connection ID of the client's very first packet, which a Retry token remembers. */
  readonly originalDestination: ConnectionId;
  /** The Source Connection ID of the client. */
  readonly clientSource: ConnectionId;
  /** What the Retry had as its source, if there was one: the packet's Destination Connection ID. */
  readonly retrySource?: ConnectionId;
  /** Whether a token has proved the client's address. @default {false} */
  readonly validated?: boolean;
  /** Makes the end of the handshake that knows these transport parameters. */
  readonly tls: (transportParameters: Uint8Array) => TlsSession;
  /** Makes connection ids that no other connection of the endpoint has. @default {random ones} */
  readonly makeId?: () => FreshId;
}

/** A connection of a client; it has to be given the packet that began it. */
export function makeServer(options: ServerOptions): Connection {
  const { config, tuple, nowUs, version, originalDestination, clientSource } = options;
  const makeId = options.makeId ?? (() => randomId(config.random));
  const { connectionId: source, resetToken } = makeId();
  const parameters = localParameters(config, {
    originalDestinationConnectionId: originalDestination,
    initialSourceConnectionId: source,
    retrySourceConnectionId: options.retrySource ?? null,
    statelessResetToken: resetToken,
    unknown: [greaseParameter(config.random(8))],
  });
  return new Connection({
    side: "server",
    config,
    version,
    tuple,
    nowUs,
    originalDestination,
    source,
    destination: clientSource,
    retrySource: options.retrySource ?? null,
    validated: options.validated ?? false,
    makeId,
    parameters,
    tls: options.tls(writeTransportParameters(parameters, config.codePoints)),
  });
}
