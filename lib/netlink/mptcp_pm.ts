import { AF_INET, AF_INET6 } from "../../ffi/mod.ts";
import { MptError } from "../base/errors.ts";
import { Ip } from "../base/ip.ts";
import { attributeMap, attributeNumber, AttributeWriter } from "./attribute.ts";
import { encodeGeneric, GENERIC_HEADER } from "./generic.ts";
import { decodeMessages, headOf, NLM_F_ACK, NLM_F_DUMP } from "./message.ts";

/** The name of the path manager's family. */
export const MPTCP_PM_NAME = "mptcp_pm";

/** `MPTCP_PM_VER`. */
const VERSION = 1;

/** `MPTCP_PM_CMD_*`. */
const CMD_GET_ADDR = 3;
const CMD_GET_LIMITS = 6;
const CMD_SET_FLAGS = 7;

/** `MPTCP_PM_ATTR_*`. */
const ATTR_ADDR = 1;
const ATTR_RCV_ADD_ADDRS = 2;
const ATTR_SUBFLOWS = 3;

/** `MPTCP_PM_ADDR_ATTR_*`, inside `ATTR_ADDR`. */
const ADDR_FAMILY = 1;
const ADDR_ID = 2;
const ADDR_ADDR4 = 3;
const ADDR_ADDR6 = 4;
const ADDR_PORT = 5;
const ADDR_FLAGS = 6;
const ADDR_IF_IDX = 7;

/** `MPTCP_PM_ADDR_FLAG_*`. */
const FLAG_SIGNAL = 0x1;
const FLAG_SUBFLOW = 0x2;
const FLAG_BACKUP = 0x4;
const FLAG_FULLMESH = 0x8;
const FLAG_IMPLICIT = 0x10;
const FLAG_LAMINAR = 0x20;

/** How many paths the kernel's path manager allows a connection. */
export interface PathManagerLimits {
  /** Subflows beside the first, in both roles. */
  readonly subflows: number;
  /** Addresses announced by the other end that are used. The kernel's default is 0: none. */
  readonly addAddrAccepted: number;
}

/** One address that the kernel's path manager works with, as `ip mptcp endpoint` shows it. */
export interface PathManagerEndpoint {
  /** The address id. */
  readonly id: number;
  /** The address. */
  readonly ip: Ip;
  /** The port, when it is not that of the connection. */
  readonly port?: number;
  /** The interface it is bound to. */
  readonly interfaceIndex?: number;
  /** It is announced to the other end. */
  readonly signal: boolean;
  /** Subflows are opened from it. */
  readonly subflow: boolean;
  /** Its subflows are backups. */
  readonly backup: boolean;
  /** A subflow is opened from it to every address of the other end. */
  readonly fullmesh: boolean;
  /** The kernel made it for a connection that needed its id. */
  readonly implicit: boolean;
  /** Linux 6.18: it is used only for addresses that the other end announces. */
  readonly laminar: boolean;
}

/** The request for the limits; `family` is what the kernel calls `mptcp_pm`. */
export function encodeGetLimits(family: number): Uint8Array<ArrayBuffer> {
  return encodeGeneric({ family, command: CMD_GET_LIMITS, version: VERSION });
}

/** The request for all endpoints. */
export function encodeGetEndpoints(family: number): Uint8Array<ArrayBuffer> {
  return encodeGeneric({ family, command: CMD_GET_ADDR, version: VERSION, flags: NLM_F_DUMP });
}

/**
 * The request to make an endpoint a backup, or one no more. The kernel sets fullmesh by the same request, and
 * tells the other ends of all live connections (RFC 8684 3.3.8, MP_PRIO).
 */
export function encodeSetFlags(
  family: number,
  id: number,
  flags: Pick<PathManagerEndpoint, "backup" | "fullmesh">,
): Uint8Array<ArrayBuffer> {
  // Without a family of addresses in it, the kernel looks the endpoint up by its id.
  const address = new AttributeWriter()
    .bytes(ADDR_ID, Uint8Array.of(id))
    .u32(ADDR_FLAGS, (flags.backup ? FLAG_BACKUP : 0) | (flags.fullmesh ? FLAG_FULLMESH : 0));
  return encodeGeneric({
    family,
    command: CMD_SET_FLAGS,
    version: VERSION,
    flags: NLM_F_ACK,
    attributes: new AttributeWriter().nested(ATTR_ADDR, address),
  });
}

/** Reads the answer to {@linkcode encodeGetLimits}. */
export function decodeLimits(parts: readonly Uint8Array[]): PathManagerLimits {
  for (const message of decodeMessages(parts).messages) {
    headOf(message, GENERIC_HEADER);
    const found = attributeMap(message.body.subarray(GENERIC_HEADER));
    const accepted = found.get(ATTR_RCV_ADD_ADDRS);
    const subflows = found.get(ATTR_SUBFLOWS);
    if (accepted !== undefined && subflows !== undefined) {
      return { subflows: attributeNumber(subflows), addAddrAccepted: attributeNumber(accepted) };
    }
  }
  throw new MptError("ERR_PROTOCOL", "Cannot read the path manager's limits: the answer has none");
}

/** Reads the answer to {@linkcode encodeGetEndpoints}. */
export function decodeEndpoints(parts: readonly Uint8Array[]): readonly PathManagerEndpoint[] {
  const endpoints: PathManagerEndpoint[] = [];
  for (const message of decodeMessages(parts).messages) {
    headOf(message, GENERIC_HEADER);
    const address = attributeMap(message.body.subarray(GENERIC_HEADER)).get(ATTR_ADDR);
    if (address !== undefined) endpoints.push(decodeEndpoint(address));
  }
  return endpoints;
}

function decodeEndpoint(payload: Uint8Array): PathManagerEndpoint {
  const found = attributeMap(payload);
  const number = (type: number): number => {
    const value = found.get(type);
    return value === undefined ? 0 : attributeNumber(value);
  };
  const family = number(ADDR_FAMILY);
  const bytes = found.get(family === AF_INET ? ADDR_ADDR4 : ADDR_ADDR6);
  if (bytes === undefined || bytes.length !== (family === AF_INET ? 4 : 16)) {
    throw new MptError(
      "ERR_PROTOCOL",
      `Cannot read a path manager endpoint of the family ${family}: its address is missing or of another size`,
    );
  }
  if (family !== AF_INET && family !== AF_INET6) {
    throw new MptError("ERR_PROTOCOL", `Cannot read a path manager endpoint of the family ${family}`);
  }
  const flags = number(ADDR_FLAGS);
  const port = number(ADDR_PORT);
  const interfaceIndex = number(ADDR_IF_IDX);
  return {
    id: number(ADDR_ID),
    ip: Ip.fromBytes(bytes),
    ...(port === 0 ? {} : { port }),
    ...(interfaceIndex === 0 ? {} : { interfaceIndex }),
    signal: (flags & FLAG_SIGNAL) !== 0,
    subflow: (flags & FLAG_SUBFLOW) !== 0,
    backup: (flags & FLAG_BACKUP) !== 0,
    fullmesh: (flags & FLAG_FULLMESH) !== 0,
    implicit: (flags & FLAG_IMPLICIT) !== 0,
    laminar: (flags & FLAG_LAMINAR) !== 0,
  };
}
