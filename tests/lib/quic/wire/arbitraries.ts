import fc from "fast-check";
import { Ip } from "../../../../lib/base/ip.ts";
import { AckRanges } from "../../../../lib/quic/wire/ack_ranges.ts";
import { ConnectionId } from "../../../../lib/quic/wire/connection_id.ts";
import type { ControlFrame, StreamDirection } from "../../../../lib/quic/wire/frames.ts";
import {
  DEFAULT_PARAMETERS,
  NUMBER_RULES,
  type NumberParameter,
  PARAMETER_ID,
  type PreferredAddress,
  type TransportParameters,
} from "../../../../lib/quic/wire/transport_parameters.ts";

/** Numbers that are a varint, of each length equally often. */
export const varints: fc.Arbitrary<number> = fc.oneof(
  fc.nat(63),
  fc.nat(16383),
  fc.nat(2 ** 30 - 1),
  fc.maxSafeNat(),
  fc.constant(Number.MAX_SAFE_INTEGER),
);

/** Connection ids, the empty one too. */
export const connectionIds: fc.Arbitrary<ConnectionId> = fc.uint8Array({ maxLength: 20 })
  .map((bytes) => ConnectionId.from(bytes));

const idsOfAByte = connectionIds.filter((id) => id.length > 0);
const pathIds = fc.oneof(fc.nat(3), fc.nat(2 ** 31 - 1).map((value) => 2 * value), fc.constant(2 ** 32 - 1));
const directions = fc.constantFrom<StreamDirection>("bidirectional", "unidirectional");
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const sequences = fc.tuple(varints, varints).map(([a, b]) => ({
  sequence: Math.max(a, b),
  retirePriorTo: Math.min(a, b),
}));

/** Frames of every kind that becomes an object. */
export const controlFrames: fc.Arbitrary<ControlFrame> = fc.oneof(
  fc.constantFrom<ControlFrame>({ kind: "ping" }, { kind: "handshake_done" }),
  fc.record({
    kind: fc.constant("reset_stream" as const),
    streamId: varints,
    errorCode: varints,
    finalSize: varints,
  }),
  fc.record({ kind: fc.constant("stop_sending" as const), streamId: varints, errorCode: varints }),
  fc.record({
    kind: fc.constant("new_token" as const),
    token: fc.uint8Array({ minLength: 1, maxLength: 100 }),
  }),
  fc.record({ kind: fc.constant("max_data" as const), maximum: varints }),
  fc.record({ kind: fc.constant("max_stream_data" as const), streamId: varints, maximum: varints }),
  fc.record({ kind: fc.constant("max_streams" as const), direction: directions, maximum: varints }),
  fc.record({ kind: fc.constant("data_blocked" as const), limit: varints }),
  fc.record({ kind: fc.constant("stream_data_blocked" as const), streamId: varints, limit: varints }),
  fc.record({ kind: fc.constant("streams_blocked" as const), direction: directions, limit: varints }),
  fc.tuple(sequences, idsOfAByte, bytes(16)).map(([sequence, connectionId, resetToken]) => ({
    kind: "new_connection_id" as const,
    ...sequence,
    connectionId,
    resetToken,
  })),
  fc.record({ kind: fc.constant("retire_connection_id" as const), sequence: varints }),
  fc.record({ kind: fc.constantFrom("path_challenge" as const, "path_response" as const), data: bytes(8) }),
  fc.tuple(
    fc.constantFrom("transport" as const, "application" as const),
    varints,
    varints,
    fc.string({ maxLength: 40, unit: "grapheme" }),
  ).map(([layer, errorCode, frameType, reason]) => ({
    kind: "connection_close" as const,
    layer,
    errorCode,
    frameType: layer === "transport" ? frameType : 0,
    reason,
  })),
  fc.record({ kind: fc.constant("path_abandon" as const), pathId: pathIds, errorCode: varints }),
  fc.record({
    kind: fc.constantFrom("path_status_backup" as const, "path_status_available" as const),
    pathId: pathIds,
    sequence: varints,
  }),
  fc.tuple(pathIds, sequences, idsOfAByte, bytes(16)).map(([pathId, sequence, connectionId, resetToken]) => ({
    kind: "path_new_connection_id" as const,
    pathId,
    ...sequence,
    connectionId,
    resetToken,
  })),
  fc.record({ kind: fc.constant("path_retire_connection_id" as const), pathId: pathIds, sequence: varints }),
  fc.record({ kind: fc.constantFrom("max_path_id" as const, "paths_blocked" as const), maximum: pathIds }),
  fc.record({ kind: fc.constant("path_cids_blocked" as const), pathId: pathIds, nextSequence: varints }),
);

/** Pairs of smallest and largest, the highest range first. */
export const rangePairs: fc.Arbitrary<readonly (readonly [number, number])[]> = fc.tuple(
  varints,
  fc.array(fc.tuple(fc.oneof(fc.nat(3), fc.nat(20000)), fc.oneof(fc.nat(3), fc.nat(20000))), {
    maxLength: 100,
  }),
).map(([first, steps]) => {
  const pairs: [number, number][] = [];
  let largest = first;
  for (const [length, gap] of [[0, 0] as const, ...steps]) {
    const smallest = largest - length;
    if (smallest < 0) break;
    pairs.push([smallest, largest]);
    largest = smallest - gap - 2;
    if (largest < 0) break;
  }
  return pairs;
});

/** Ranges of packet numbers from pairs. */
export function rangesOf(pairs: readonly (readonly [number, number])[]): AckRanges {
  const ranges = new AckRanges();
  for (const [smallest, largest] of pairs) ranges.add(smallest, largest);
  return ranges;
}

/** The pairs of smallest and largest of ranges. */
export function pairsOf(ranges: AckRanges): readonly (readonly [number, number])[] {
  return Array.from({ length: ranges.count }, (_, index) => [ranges.smallest(index), ranges.largest(index)]);
}

const option = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { nil: null });

function address(length: 4 | 16): fc.Arbitrary<PreferredAddress["v4"]> {
  return option(
    fc.record({
      ip: bytes(length).map((value) => Ip.fromBytes(value)),
      port: fc.integer({ min: 1, max: 65535 }),
    }),
  );
}

const numbers: fc.Arbitrary<Readonly<Record<NumberParameter, number>>> = fc.record(
  Object.fromEntries(
    Object.entries(NUMBER_RULES).map(([name, { min, max }]) => [
      name,
      varints.map((value) => Math.max(min, Math.min(value, max, Number.MAX_SAFE_INTEGER))),
    ]),
  ) as { [Name in NumberParameter]: fc.Arbitrary<number> },
);

const KNOWN = new Set([
  ...Object.values(PARAMETER_ID),
  ...Object.values(NUMBER_RULES).map(({ id }) => id),
  "3e",
]);

/** Ids of up to 62 bits. */
const unknownIds = fc.oneof(varints.map((id) => id.toString(16)), fc.stringMatching(/^[12][0-9a-f]{15}$/))
  .filter((id) => !KNOWN.has(id));

/** What a server may send. */
export const serverParameters: fc.Arbitrary<TransportParameters> = fc.tuple(
  numbers,
  fc.record({
    originalDestinationConnectionId: option(connectionIds),
    statelessResetToken: option(bytes(16)),
    disableActiveMigration: fc.boolean(),
    preferredAddress: option(fc.record({
      v4: address(4),
      v6: address(16),
      connectionId: idsOfAByte,
      resetToken: bytes(16),
    })),
    initialSourceConnectionId: option(connectionIds),
    retrySourceConnectionId: option(connectionIds),
    versionInformation: option(fc.record({
      chosen: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      available: fc.array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { maxLength: 5 }),
    })),
    greaseQuicBit: fc.boolean(),
    initialMaxPathId: option(pathIds),
    unknown: fc.uniqueArray(fc.record({ id: unknownIds, value: fc.uint8Array({ maxLength: 80 }) }), {
      maxLength: 5,
      selector: ({ id }) => id,
    }),
  }),
).map(([some, others]) => ({ ...DEFAULT_PARAMETERS, ...some, ...others }));
