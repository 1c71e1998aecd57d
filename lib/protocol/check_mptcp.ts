import { Endpoint } from "../base/endpoint.ts";
import { MptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import type { Tristate } from "../base/path.ts";
import { ENDPOINT_FLAGS, type EndpointJson, type PathManagerJson } from "../mptcp/path_manager_json.ts";
import { type MptcpJson, type SubflowJson, TCP_STATE_NAMES } from "../mptcp/subflow_json.ts";
import { JsonFields } from "./json_fields.ts";

/** What the server's counters did from one or two seconds before it accepted a connection, if it ran by then. */
export interface CheckCounterWindow {
  /** How long ago that time began, in milliseconds. */
  readonly ms: number;
  /** The differences by name, zeros included: a name that is not there the server does not know. */
  readonly counters: Readonly<Record<string, number>>;
  /** Other MPTCP connections of the server that lived at either end of that time; null when not known. */
  readonly other_connections: number | null;
  /** MPTCP connections that the server had at the start of that time; null when not known. */
  readonly established_before: number | null;
  /** Whether others moved the counters too. */
  readonly shared: Tristate;
}

/** The part of a check answer about MPTCP. All of it is null from servers that do not tell. */
export interface CheckMptcp {
  /** What the server's counters did since shortly before this connection began. */
  readonly counter_window: CheckCounterWindow | null;
  /** The server's TCP sockets of this connection, the first subflow included. */
  readonly subflows: readonly SubflowJson[] | null;
  /** The connection as the server's kernel sees it, also after a fallback. */
  readonly mptcp: MptcpJson | null;
  /** What the server's path manager is set to. */
  readonly path_manager: PathManagerJson | null;
}

/** The kernel allows 64 further subflows, and as many endpoints. */
const MAX_SUBFLOWS = 256;
const MAX_ENDPOINTS = 256;

/** The kernel has 86 counters of MPTCP; not all of TCP's are told. */
const MAX_COUNTERS = 1000;

/** Names as `nstat` prints them. */
const COUNTER_NAME = /^[A-Za-z][A-Za-z0-9_]{0,79}$/;

/** The letters of `ss`; a newer one may have more. */
const FLAG_LETTERS = /^[A-Za-z]{0,32}$/;

/** Reads the part of a check answer about MPTCP. */
export function checkMptcp(fields: JsonFields): CheckMptcp {
  return {
    counter_window: optional(fields, "counter_window", counterWindow),
    subflows: fields.has("subflows")
      ? fields.list("subflows", MAX_SUBFLOWS).map((each) => subflow(JsonFields.of("a subflow", each)))
      : null,
    mptcp: optional(fields, "mptcp", mptcp),
    path_manager: optional(fields, "path_manager", pathManager),
  };
}

/** The counters of a stranger: at most so many, with names that a terminal can show. */
export function countersOf(fields: JsonFields): Readonly<Record<string, number>> {
  const entries = Object.entries(fields.numbers())
    .filter(([name, value]) => COUNTER_NAME.test(name) && Number.isSafeInteger(value));
  return Object.fromEntries(entries.slice(0, MAX_COUNTERS));
}

function optional<T>(fields: JsonFields, name: string, read: (fields: JsonFields) => T): T | null {
  return fields.has(name) ? read(fields.object(name)) : null;
}

function counterWindow(fields: JsonFields): CheckCounterWindow {
  return {
    ms: fields.number("ms"),
    counters: countersOf(fields.object("counters")),
    other_connections: fields.numberOrNull("other_connections"),
    established_before: fields.numberOrNull("established_before"),
    shared: oneOf(fields, "shared", ["yes", "no", "unknown"]),
  };
}

function subflow(fields: JsonFields): SubflowJson {
  const flags = fields.has("flags") ? fields.text("flags") : null;
  if (flags !== null && !FLAG_LETTERS.test(flags)) throw wrong("the flags of a subflow are not those of ss");
  return {
    local: endpoint(fields, "local"),
    remote: endpoint(fields, "remote"),
    // A newer server may have states that are not known here.
    tcp_state: TCP_STATE_NAMES.find((name) => name === fields.text("tcp_state")) ?? "unknown",
    flags,
    join: fact(fields, "join"),
    fully_established: fact(fields, "fully_established"),
    backup: fact(fields, "backup"),
    id_local: fields.numberOrNull("id_local"),
    id_remote: fields.numberOrNull("id_remote"),
    retransmits: fields.numberOrNull("retransmits"),
    total_retransmits: fields.numberOrNull("total_retransmits"),
    backoff: fields.numberOrNull("backoff"),
    bytes_sent: fields.numberOrNull("bytes_sent"),
    bytes_acked: fields.numberOrNull("bytes_acked"),
    bytes_received: fields.numberOrNull("bytes_received"),
    bytes_retransmitted: fields.numberOrNull("bytes_retransmitted"),
    last_ack_ms: fields.numberOrNull("last_ack_ms"),
  };
}

function mptcp(fields: JsonFields): MptcpJson {
  return {
    token: fields.number("token"),
    fallback: fields.boolean("fallback"),
    remote_key: fields.boolean("remote_key"),
    checksum: fact(fields, "checksum"),
    bytes_sent: fields.numberOrNull("bytes_sent"),
    bytes_acked: fields.numberOrNull("bytes_acked"),
    bytes_received: fields.numberOrNull("bytes_received"),
    bytes_retransmitted: fields.numberOrNull("bytes_retransmitted"),
    retransmits: fields.numberOrNull("retransmits"),
    add_addr_signal: fields.numberOrNull("add_addr_signal"),
    add_addr_accepted: fields.numberOrNull("add_addr_accepted"),
    extra_subflows: fields.numberOrNull("extra_subflows"),
  };
}

function pathManager(fields: JsonFields): PathManagerJson {
  return {
    kind: oneOf(fields, "kind", ["kernel", "userspace"]),
    subflows_max: fields.number("subflows_max"),
    add_addr_accepted_max: fields.number("add_addr_accepted_max"),
    allow_join_initial_address: fact(fields, "allow_join_initial_address"),
    checksum_enabled: fact(fields, "checksum_enabled"),
    endpoints: fields.list("endpoints", MAX_ENDPOINTS).map((each) =>
      endpointOf(JsonFields.of("an endpoint", each))
    ),
  };
}

function endpointOf(fields: JsonFields): EndpointJson {
  const ip = Ip.tryParse(fields.text("address"));
  if (ip === null) throw wrong("the address of an endpoint is not a literal address");
  const flags = fields.list("flags", ENDPOINT_FLAGS.length * 2);
  return {
    id: fields.number("id"),
    address: ip.toString(),
    port: fields.numberOrNull("port"),
    interface: fields.has("interface") ? fields.text("interface") : null,
    flags: ENDPOINT_FLAGS.filter((flag) => flags.includes(flag)),
  };
}

function fact(fields: JsonFields, name: string): boolean | null {
  return fields.has(name) ? fields.boolean(name) : null;
}

function oneOf<T extends string>(fields: JsonFields, name: string, words: readonly T[]): T {
  const text = fields.text(name);
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw wrong(`"${name}" is not one of ${words.join(", ")}`);
}

function endpoint(fields: JsonFields, name: string): string {
  try {
    const found = Endpoint.parse(fields.text(name), { allowPortZero: true });
    if (found.ip !== undefined && found.port !== undefined) return found.address;
  } catch {
    // Told below: the text is the stranger's
  }
  throw wrong(`"${name}" of a subflow is not an address with a port`);
}

function wrong(reason: string): MptError {
  return new MptError("ERR_PROTOCOL", `Cannot read the check answer: ${reason}`);
}
