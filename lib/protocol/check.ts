import { MptError } from "../base/errors.ts";
import { pathFromJson, type PathJson, pathToJson } from "../base/path_json.ts";
import { isTransport, type Transport } from "../base/transport.ts";
import { type CheckMptcp, checkMptcp, countersOf } from "./check_mptcp.ts";
import { JsonFields } from "./json_fields.ts";

/** What a server allows one client. */
export interface CheckLimits {
  /** Bytes of one transfer. */
  readonly max_bytes: number;
  /** Duration of one transfer in milliseconds. */
  readonly max_duration_ms: number;
  /** True when perf wants the server's token. */
  readonly token_required: boolean;
}

/** How the *server* sees a connection: the answer to `GET /`. */
export interface CheckAnswer extends CheckMptcp {
  /** The kind of answer and its version. */
  readonly schema: "mpt.check/1";
  /** What answers. */
  readonly server: {
    readonly name: string;
    readonly version: string;
    /** Chosen at random when the server started; null from servers that do not tell. */
    readonly instance: string | null;
  };
  /** The transport of the listener; null from servers that do not tell. */
  readonly listener: Transport | null;
  /** Whether the listener has an accept filter (TCP_DEFER_ACCEPT), which holds joins back; null when not known. */
  readonly defer_accept: boolean | null;
  /** The transport in force: `tcp` after a fallback. */
  readonly transport: Transport;
  /** True when the listener is MPTCP and this connection is not. */
  readonly fallback: boolean;
  /** The server's end. */
  readonly local: string;
  /** The client's end as it arrives here: behind a NAT it is the NAT's. */
  readonly remote: string;
  /** The paths of this connection as the server sees them. */
  readonly paths: readonly PathJson[];
  /**
   * The server's MPTCP counters and those of TCP's that bear on them, since its network namespace began. To
   * learn what a connection did, its handshake included, ask before and after on another connection.
   */
  readonly counters: Readonly<Record<string, number>>;
  /** Other addresses at which this listener can be reached. */
  readonly addresses: readonly string[];
  /** The port of the SYN mirror; null without one. */
  readonly syn_mirror_port: number | null;
  /** What the server allows. */
  readonly limits: CheckLimits;
}

/** The check answer's name and version. */
export const CHECK_SCHEMA = "mpt.check/1";

/** The largest check answer that a client reads, in bytes. */
export const MAX_CHECK_BYTES = 262_144;

const MAX_PATHS = 256;

/**
 * Reads a check answer.
 *
 * @param text The body of the answer to `GET /`.
 * @returns The answer, every field checked; null when it is not a check answer at all (another web server).
 * @throws {MptError} `ERR_PROTOCOL` when it claims to be one and is malformed.
 */
export function parseCheckAnswer(text: string): CheckAnswer | null {
  if (!text.trimStart().startsWith("{") || !text.includes(CHECK_SCHEMA)) return null;
  const fields = JsonFields.parse("the check answer", text);
  if (fields.text("schema") !== CHECK_SCHEMA) return null;
  const server = fields.object("server");
  const limits = fields.object("limits");
  return {
    schema: CHECK_SCHEMA,
    server: {
      name: server.text("name"),
      version: server.text("version"),
      instance: server.has("instance") ? server.text("instance") : null,
    },
    listener: fields.has("listener") ? transportOf(fields, "listener") : null,
    defer_accept: fields.has("defer_accept") ? fields.boolean("defer_accept") : null,
    transport: transportOf(fields, "transport"),
    fallback: fields.boolean("fallback"),
    local: fields.text("local"),
    remote: fields.text("remote"),
    paths: fields.list("paths", MAX_PATHS).map((path) => pathToJson(pathFromJson(path))),
    counters: countersOf(fields.object("counters")),
    addresses: fields.list("addresses", MAX_PATHS).filter((each) => typeof each === "string"),
    syn_mirror_port: portOrNull(fields, "syn_mirror_port"),
    ...checkMptcp(fields),
    limits: {
      max_bytes: Math.floor(limits.number("max_bytes")),
      max_duration_ms: limits.number("max_duration_ms"),
      token_required: limits.boolean("token_required"),
    },
  };
}

function portOrNull(fields: JsonFields, name: string): number | null {
  const port = fields.numberOrNull(name);
  if (port === null || (Number.isInteger(port) && port <= 65_535)) return port;
  throw new MptError("ERR_PROTOCOL", `Cannot read the check answer: "${name}" is not a port`);
}

function transportOf(fields: JsonFields, name: string): Transport {
  const transport = fields.text(name);
  if (isTransport(transport)) return transport;
  throw new MptError("ERR_PROTOCOL", "Cannot read the check answer: it names an unknown transport");
}
