import { toHex } from "../../base/bytes.ts";
import { Ip } from "../../base/ip.ts";
import { ConnectionId, MAX_CONNECTION_ID_BYTES } from "./connection_id.ts";
import { QUIC_ERROR } from "./error_codes.ts";
import { RESET_TOKEN_BYTES } from "./frames.ts";
import { MAX_PATH_ID, MULTIPATH, type MultipathCodePoints } from "./multipath.ts";
import {
  DEFAULT_PARAMETERS,
  NUMBER_RULES,
  type NumberParameter,
  type NumberRule,
  PARAMETER_ID,
  type PreferredAddress,
  type Sender,
  SERVER_ONLY,
  type TransportParameters,
  type UnknownParameter,
  type VersionInformation,
} from "./transport_parameters.ts";
import { varintSizeOf } from "./varint.ts";
import { WireReader } from "./wire_reader.ts";

type Draft = { -readonly [Name in keyof TransportParameters]: TransportParameters[Name] };

const NUMBERS: ReadonlyMap<string, readonly [NumberParameter, NumberRule]> = new Map(
  Object.entries(NUMBER_RULES).map(([name, rule]) => [rule.id, [name as NumberParameter, rule]]),
);

/**
 * Reads the `quic_transport_parameters` extension. What needs the connection to be judged is left to it: that
 * the connection ids are there and the right ones (RFC 9000 7.3), and that multipath goes with connection ids
 * that are not empty.
 *
 * @param sender Who sent them; a client may not send all.
 * @throws {QuicError} `TRANSPORT_PARAMETER_ERROR`.
 */
export function readTransportParameters(
  bytes: Uint8Array,
  sender: Sender,
  points: MultipathCodePoints = MULTIPATH,
): TransportParameters {
  const reader = new WireReader("transport parameters", QUIC_ERROR.TRANSPORT_PARAMETER_ERROR);
  reader.reset(bytes, 0, bytes.length);
  const value = new WireReader("a transport parameter", QUIC_ERROR.TRANSPORT_PARAMETER_ERROR);
  const draft: Draft = { ...DEFAULT_PARAMETERS };
  const unknown: UnknownParameter[] = [];
  const seen = new Set<string>();
  while (reader.remaining > 0) {
    const id = readId(reader);
    value.subject = `the transport parameter 0x${id}`;
    const length = reader.clampedVarint();
    const start = reader.skip(length);
    value.reset(bytes, start, start + length);
    // RFC 9000 7.4
    if (seen.has(id)) throw value.fault("it was sent twice");
    seen.add(id);
    if (sender === "client" && SERVER_ONLY.has(id)) throw value.fault("a client may not send it");
    if (readKnown(draft, id, value, sender, points)) {
      if (value.remaining > 0) throw value.fault(`${value.remaining} bytes are left over`);
    } else {
      unknown.push({ id, value: value.copy(length) });
    }
  }
  return { ...draft, unknown };
}

/** Reads a parameter into the draft, unless it is unknown. */
function readKnown(
  draft: Draft,
  id: string,
  value: WireReader,
  sender: Sender,
  points: MultipathCodePoints,
): boolean {
  const number = NUMBERS.get(id);
  if (number !== undefined) {
    draft[number[0]] = readNumber(value, number[1]);
    return true;
  }
  switch (id) {
    case PARAMETER_ID.originalDestinationConnectionId:
      draft.originalDestinationConnectionId = readConnectionId(value);
      return true;
    case PARAMETER_ID.statelessResetToken:
      draft.statelessResetToken = value.copy(RESET_TOKEN_BYTES);
      return true;
    case PARAMETER_ID.disableActiveMigration:
      draft.disableActiveMigration = true;
      return true;
    case PARAMETER_ID.preferredAddress:
      draft.preferredAddress = readPreferredAddress(value);
      return true;
    case PARAMETER_ID.initialSourceConnectionId:
      draft.initialSourceConnectionId = readConnectionId(value);
      return true;
    case PARAMETER_ID.retrySourceConnectionId:
      draft.retrySourceConnectionId = readConnectionId(value);
      return true;
    case PARAMETER_ID.versionInformation:
      draft.versionInformation = readVersionInformation(value, sender);
      return true;
    case PARAMETER_ID.greaseQuicBit:
      draft.greaseQuicBit = true;
      return true;
    case points.initialMaxPathId:
      draft.initialMaxPathId = readNumber(value, { id, min: 0, max: MAX_PATH_ID });
      return true;
    default:
      return false;
  }
}

/** An id can have 62 bits, more than a number holds. */
function readId(reader: WireReader): string {
  const size = varintSizeOf(reader.bytes[reader.offset]!);
  const id = reader.copy(size);
  id[0]! &= 0x3f;
  return toHex(id).replace(/^0+(?=.)/, "");
}

function readNumber(value: WireReader, rule: NumberRule): number {
  const number = value.clampedVarint();
  const tooLarge = rule.max === 2 ** 60 ? value.lastExceedsTwoTo60 : number > rule.max;
  if (tooLarge || number < rule.min) throw value.fault(`${number} is out of range`);
  return number;
}

function readConnectionId(value: WireReader): ConnectionId {
  if (value.remaining > MAX_CONNECTION_ID_BYTES) {
    throw value.fault(`a connection id of ${value.remaining} bytes is too long`);
  }
  const length = value.remaining;
  const start = value.skip(length);
  return ConnectionId.from(value.bytes, start, start + length);
}

/** RFC 9000 18.2, Figure 22. */
function readPreferredAddress(value: WireReader): PreferredAddress {
  const v4 = readAddress(value, 4);
  const v6 = readAddress(value, 16);
  const length = value.u8();
  if (length < 1 || length > MAX_CONNECTION_ID_BYTES) {
    throw value.fault(`its connection id has ${length} bytes`);
  }
  const start = value.skip(length);
  const connectionId = ConnectionId.from(value.bytes, start, start + length);
  return { v4, v6, connectionId, resetToken: value.copy(RESET_TOKEN_BYTES) };
}

/** All zeros stand for no address of this family. */
function readAddress(value: WireReader, length: number): PreferredAddress["v4"] {
  const address = value.copy(length);
  const port = value.u16();
  return port === 0 && address.every((byte) => byte === 0) ? null : { ip: Ip.fromBytes(address), port };
}

/** RFC 9368 3 and 4. */
function readVersionInformation(value: WireReader, sender: Sender): VersionInformation {
  const chosen = value.u32();
  const available: number[] = [];
  while (value.remaining > 0) available.push(value.u32());
  if (chosen === 0 || available.includes(0)) throw value.fault("version 0 is in it");
  if (sender === "client" && !available.includes(chosen)) {
    throw value.fault("the chosen version is not among those that are available");
  }
  return { chosen, available };
}
