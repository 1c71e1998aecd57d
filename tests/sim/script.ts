import * as fc from "fast-check";
import { type SchedulerName, schedulers } from "../../lib/quic/scheduler/schedulers.ts";
import type { Side } from "../../lib/quic/streams/stream_id.ts";
import type { StreamDirection } from "../../lib/quic/wire/frames.ts";
import type { Conditions } from "./nodes.ts";

/** One thing that is done. `stream` counts among those that exist then, over and over. */
export type Operation =
  | { readonly op: "open"; readonly side: Side; readonly direction: StreamDirection }
  | { readonly op: "write"; readonly side: Side; readonly stream: number; readonly bytes: number }
  | { readonly op: "finish"; readonly side: Side; readonly stream: number }
  | { readonly op: "reset"; readonly side: Side; readonly stream: number }
  | { readonly op: "stop"; readonly side: Side; readonly stream: number }
  /** Reads no more for a while, or goes on reading. */
  | { readonly op: "read"; readonly side: Side; readonly on: boolean }
  | { readonly op: "datagram"; readonly side: Side; readonly bytes: number }
  | { readonly op: "key-update"; readonly side: Side }
  | { readonly op: "ping"; readonly side: Side }
  /** The client moves to another of its addresses. */
  | { readonly op: "migrate"; readonly to: number }
  /** The NAT in front of the client gives it another port. */
  | { readonly op: "rebind" }
  /** The next datagrams of this end get lost. */
  | { readonly op: "drop"; readonly side: Side; readonly datagrams: number }
  | { readonly op: "advance"; readonly ms: number }
  | { readonly op: "close"; readonly side: Side }
  /** The client opens another path from one of its places. */
  | { readonly op: "open-path"; readonly place: number; readonly backup: boolean }
  /** An end gives a path up; `path` counts among those that it has, over and over. */
  | { readonly op: "abandon"; readonly side: Side; readonly path: number }
  | { readonly op: "status"; readonly side: Side; readonly path: number; readonly backup: boolean }
  /** One path alone carries a stream; `null` for any. */
  | { readonly op: "bind"; readonly side: Side; readonly stream: number; readonly path: number | null }
  /** Nothing gets through from a place, until it recovers. */
  | { readonly op: "fail"; readonly place: number }
  | { readonly op: "recover"; readonly place: number };

/** A run: what the network is like, how narrow the limits are, and what is done. */
export interface Script {
  readonly seed: number;
  readonly network: Partial<Conditions>;
  /** What is different from that at each place, if several paths are used. */
  readonly links?: readonly Partial<Conditions>[];
  /** What chooses the path, if several are used. */
  readonly scheduler?: SchedulerName;
  /** Whether the operations begin when the handshake is over. */
  readonly connected: boolean;
  readonly streamWindow: number;
  readonly connectionWindow: number;
  readonly streams: number;
  readonly operations: readonly Operation[];
}

const side: fc.Arbitrary<Side> = fc.constantFrom("client", "server");
const stream = fc.nat(7);
const bytes = fc.oneof(fc.nat(3_000), fc.nat(40_000));

const operations: readonly fc.WeightedArbitrary<Operation>[] = [
  {
    weight: 16,
    arbitrary: fc.record({
      op: fc.constant("open" as const),
      side,
      direction: fc.constantFrom("bidirectional" as const, "unidirectional" as const),
    }),
  },
  { weight: 28, arbitrary: fc.record({ op: fc.constant("write" as const), side, stream, bytes }) },
  { weight: 12, arbitrary: fc.record({ op: fc.constant("finish" as const), side, stream }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("reset" as const), side, stream }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("stop" as const), side, stream }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("read" as const), side, on: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("datagram" as const), side, bytes: fc.nat(1_500) }) },
  { weight: 8, arbitrary: fc.record({ op: fc.constant("key-update" as const), side }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("ping" as const), side }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("migrate" as const), to: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("rebind" as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant("drop" as const),
      side,
      datagrams: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 24, arbitrary: fc.record({ op: fc.constant("advance" as const), ms: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("close" as const), side }) },
];

const place = fc.nat(7);

const pathOperations: readonly fc.WeightedArbitrary<Operation>[] = [
  {
    weight: 20,
    arbitrary: fc.record({ op: fc.constant("open-path" as const), place, backup: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record({ op: fc.constant("abandon" as const), side, path: fc.nat(7) }) },
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant("status" as const), side, path: fc.nat(7), backup: fc.boolean() }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      op: fc.constant("bind" as const),
      side,
      stream,
      path: fc.oneof({ weight: 4, arbitrary: fc.nat(7) }, fc.constant(null)),
    }),
  },
  { weight: 8, arbitrary: fc.record({ op: fc.constant("fail" as const), place }) },
  { weight: 8, arbitrary: fc.record({ op: fc.constant("recover" as const), place }) },
  { weight: 8, arbitrary: fc.record({ op: fc.constant("advance" as const), ms: fc.nat(6_000) }) },
];

/** Mostly nothing, sometimes a little of it. */
const sometimes = (max: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: max * 100 }).map((value) => value / 100),
  });

/** All runs. */
export const scripts: fc.Arbitrary<Script> = fc.record({
  seed: fc.nat(1_000_000),
  network: fc.record({
    delayUs: fc.constantFrom(500, 5_000, 25_000, 120_000),
    jitterUs: fc.constantFrom(0, 0, 4_000),
    loss: sometimes(0.25),
    duplicate: sometimes(0.2),
    corrupt: sometimes(0.1),
    reorder: sometimes(0.3),
    reorderUs: fc.constantFrom(2_000, 30_000),
    mtu: fc.constantFrom(1_472, 1_472, 1_200, 1_320),
    rateBps: fc.constantFrom(Infinity, Infinity, 20_000_000, 2_000_000),
    queueBytes: fc.constantFrom(Infinity, 30_000),
  }),
  connected: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, {
    weight: 1,
    arbitrary: fc.constant(false),
  }),
  streamWindow: fc.constantFrom(1_000, 10_000, 60_000, 500_000),
  connectionWindow: fc.constantFrom(5_000, 30_000, 100_000, 1_000_000),
  streams: fc.constantFrom(1, 2, 5, 100),
  operations: fc.array(fc.oneof(...operations), { maxLength: 40, size: "max" }),
});

/** What is different at one place. */
const difference: fc.Arbitrary<Partial<Conditions>> = fc.record({
  delayUs: fc.constantFrom(500, 5_000, 25_000, 120_000),
  loss: sometimes(0.2),
  rateBps: fc.constantFrom(Infinity, 20_000_000, 2_000_000),
  mtu: fc.constantFrom(1_472, 1_472, 1_200),
});

/** All runs with two to eight places for paths. */
export const multipathScripts: fc.Arbitrary<Script> = fc.tuple(
  scripts,
  fc.array(difference, { minLength: 2, maxLength: 8 }),
  fc.array(fc.oneof(...operations, ...pathOperations), { maxLength: 40, size: "max" }),
  fc.constantFrom(...Object.keys(schedulers) as SchedulerName[]),
).map(([script, links, operations, scheduler]) => ({ ...script, links, operations, scheduler }));

/** A script as one can read it. */
export function describe({ operations, ...setting }: Script): string {
  const lines = operations.map((each) =>
    Object.values(each).map((value) => typeof value === "boolean" ? (value ? "on" : "off") : value).join(" ")
  );
  return [JSON.stringify(setting), ...lines].join("\n");
}
