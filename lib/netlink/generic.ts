import { attributeMap, attributeNumber, attributes, attributeText, AttributeWriter } from "./attribute.ts";
import { decodeMessages, encodeMessage, headOf, isNotFound, NLM_F_REQUEST } from "./message.ts";

/** `sizeof(struct genlmsghdr)`: command, version, reserved. */
export const GENERIC_HEADER = 4;

/** `GENL_ID_CTRL`, and what is asked of it. */
const GENL_ID_CTRL = 16;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
const CTRL_ATTR_MCAST_GROUPS = 7;

/** `CTRL_ATTR_MCAST_GRP_*`, in a list inside `CTRL_ATTR_MCAST_GROUPS`. */
const GROUP_NAME = 1;
const GROUP_ID = 2;

/** A request to a family of generic netlink. */
export interface GenericRequest {
  /** The number that {@linkcode decodeFamily} returned. */
  readonly family: number;
  readonly command: number;
  readonly version: number;
  /** Flags beside `NLM_F_REQUEST`. */
  readonly flags?: number;
  readonly attributes?: AttributeWriter;
}

/** The bytes of a generic netlink request. */
export function encodeGeneric(request: GenericRequest): Uint8Array<ArrayBuffer> {
  const attributes = request.attributes?.finish() ?? new Uint8Array();
  const body = new Uint8Array(GENERIC_HEADER + attributes.length);
  body[0] = request.command;
  body[1] = request.version;
  body.set(attributes, GENERIC_HEADER);
  return encodeMessage({
    type: request.family,
    flags: NLM_F_REQUEST | (request.flags ?? 0),
    sequence: 1,
    body,
  });
}

/** The request for the number of a family: numbers are given out when modules load. */
export function encodeFamilyLookup(name: string): Uint8Array<ArrayBuffer> {
  return encodeGeneric({
    family: GENL_ID_CTRL,
    command: CTRL_CMD_GETFAMILY,
    version: 1,
    attributes: new AttributeWriter().text(CTRL_ATTR_FAMILY_NAME, name),
  });
}

/** The number of a family, or null when this kernel does not have it. */
export function decodeFamily(parts: readonly Uint8Array[]): number | null {
  try {
    for (const message of decodeMessages(parts).messages) {
      headOf(message, GENERIC_HEADER);
      const id = attributeMap(message.body.subarray(GENERIC_HEADER)).get(CTRL_ATTR_FAMILY_ID);
      if (id !== undefined) return attributeNumber(id);
    }
    return null;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** The numbers of a family's multicast groups by name; none when this kernel does not have the family. */
export function decodeGroups(parts: readonly Uint8Array[]): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  try {
    for (const message of decodeMessages(parts).messages) {
      headOf(message, GENERIC_HEADER);
      const list = attributeMap(message.body.subarray(GENERIC_HEADER)).get(CTRL_ATTR_MCAST_GROUPS);
      for (const { payload } of attributes(list ?? new Uint8Array())) {
        const group = attributeMap(payload);
        const name = group.get(GROUP_NAME);
        const id = group.get(GROUP_ID);
        if (name !== undefined && id !== undefined) groups.set(attributeText(name), attributeNumber(id));
      }
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return groups;
}
