import { ByteWriter, fromHex } from "../../base/bytes.ts";
import { MptError } from "../../base/errors.ts";
import { RESET_TOKEN_BYTES } from "./frames.ts";
import { MULTIPATH, type MultipathCodePoints } from "./multipath.ts";
import {
  DEFAULT_PARAMETERS,
  NUMBER_RULES,
  type NumberParameter,
  PARAMETER_ID,
  type PreferredAddress,
  type TransportParameters,
} from "./transport_parameters.ts";
import { varintSize, writeVarint } from "./varint.ts";

/**
 * The `quic_transport_parameters` extension. Numbers that have their default are left out.
 *
 * @throws {MptError} `ERR_INVALID_VALUE` for a value that a peer would refuse.
 */
export function writeTransportParameters(
  parameters: TransportParameters,
  points: MultipathCodePoints = MULTIPATH,
): Uint8Array<ArrayBuffer> {
  const to = new ByteWriter(256);
  putNumbers(to, parameters);
  const { originalDestinationConnectionId, initialSourceConnectionId, retrySourceConnectionId } = parameters;
  for (
    const [id, connectionId] of [
      [PARAMETER_ID.originalDestinationConnectionId, originalDestinationConnectionId],
      [PARAMETER_ID.initialSourceConnectionId, initialSourceConnectionId],
      [PARAMETER_ID.retrySourceConnectionId, retrySourceConnectionId],
    ] as const
  ) {
    if (connectionId !== null) put(to, id, connectionId.toBytes());
  }
  const { statelessResetToken, preferredAddress, versionInformation, initialMaxPathId } = parameters;
  if (statelessResetToken !== null) put(to, PARAMETER_ID.statelessResetToken, token(statelessResetToken));
  if (preferredAddress !== null) {
    put(to, PARAMETER_ID.preferredAddress, encodePreferredAddress(preferredAddress));
  }
  if (versionInformation !== null) {
    const versions = new ByteWriter();
    for (const version of [versionInformation.chosen, ...versionInformation.available]) versions.u32(version);
    put(to, PARAMETER_ID.versionInformation, versions.finish());
  }
  if (parameters.disableActiveMigration) put(to, PARAMETER_ID.disableActiveMigration, new Uint8Array(0));
  if (parameters.greaseQuicBit) put(to, PARAMETER_ID.greaseQuicBit, new Uint8Array(0));
  if (initialMaxPathId !== null) put(to, points.initialMaxPathId, varint(initialMaxPathId));
  for (const { id, value } of parameters.unknown) put(to, id, value);
  return to.finish();
}

function putNumbers(to: ByteWriter, parameters: TransportParameters): void {
  for (const name of Object.keys(NUMBER_RULES) as NumberParameter[]) {
    const value = parameters[name];
    if (value === DEFAULT_PARAMETERS[name]) continue;
    const { id, min, max } = NUMBER_RULES[name];
    if (!(value >= min && value <= max)) {
      throw new MptError("ERR_INVALID_VALUE", `Cannot send ${value} as ${name}: it is out of range`);
    }
    put(to, id, varint(value));
  }
}

function put(to: ByteWriter, id: string, value: Uint8Array): void {
  to.bytes(encodeId(id));
  to.bytes(varint(value.length));
  to.bytes(value);
}

function varint(value: number): Uint8Array {
  const bytes = new Uint8Array(varintSize(value));
  writeVarint(bytes, 0, value);
  return bytes;
}

/** A varint from hexadecimal digits: an id can have 62 bits, more than a number holds. */
function encodeId(id: string): Uint8Array {
  for (const [exponent, size] of [1, 2, 4, 8].entries()) {
    if (id.length > 2 * size) continue;
    const bytes = fromHex(id.padStart(2 * size, "0"));
    const first = bytes[0]!;
    if (first >= 0x40) continue;
    bytes[0] = first | (exponent << 6);
    return bytes;
  }
  throw new MptError("ERR_INVALID_VALUE", `Cannot send the transport parameter 0x${id}: its id is too large`);
}

function encodePreferredAddress(address: PreferredAddress): Uint8Array {
  const to = new ByteWriter();
  putAddress(to, address.v4, 4);
  putAddress(to, address.v6, 16);
  to.u8(address.connectionId.length);
  to.bytes(address.connectionId.toBytes());
  to.bytes(token(address.resetToken));
  return to.finish();
}

function putAddress(to: ByteWriter, address: PreferredAddress["v4"], length: 4 | 16): void {
  const bytes = address?.ip.bytes ?? new Uint8Array(length);
  if (bytes.length !== length) {
    throw new MptError(
      "ERR_INVALID_VALUE",
      `Cannot send ${address?.ip} as a preferred address of ${length} bytes`,
    );
  }
  to.bytes(bytes);
  to.u16(address?.port ?? 0);
}

function token(value: Uint8Array): Uint8Array {
  if (value.length === RESET_TOKEN_BYTES) return value;
  throw new MptError("ERR_INVALID_VALUE", `Cannot send a stateless reset token of ${value.length} bytes`);
}
