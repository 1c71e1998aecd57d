import fc from "fast-check";
import type { Answer, Request } from "../../../../lib/lab/emulator/protocol.ts";
import type { LinkStatus } from "../../../../lib/lab/emulator/status_codec.ts";
import type { DirectionStatus } from "../../../../lib/lab/link/meter.ts";
import type { LinkSettings, LossModel } from "../../../../lib/lab/link/settings.ts";

const part = fc.double({ min: 0, max: 0.5, noNaN: true });

/** -0 is 0 after its way through JSON. */
const positive = fc.double({ min: 0, max: 1e12, noNaN: true }).map((value) => value + 0);

const loss: fc.Arbitrary<LossModel> = fc.oneof(
  fc.constant<LossModel>({ kind: "none" }),
  fc.record({ kind: fc.constant("random" as const), probability: part }),
  fc.record({
    kind: fc.constant("burst" as const),
    probability: part,
    meanBurst: fc.double({ min: 1, max: 1000, noNaN: true }),
  }),
);

const members = {
  rateBps: fc.oneof(fc.constant(null), fc.double({ min: 1000, max: 1e11, noNaN: true })),
  delayUs: fc.integer({ min: 1000, max: 1e7 }),
  jitterUs: fc.integer({ min: 0, max: 1000 }),
  loss,
  queueBytes: fc.integer({ min: 65535, max: 32 << 20 }),
  mtu: fc.integer({ min: 68, max: 65535 }),
  blackhole: fc.boolean(),
};

const settings: fc.Arbitrary<LinkSettings> = fc.record(members);
const change: fc.Arbitrary<Partial<LinkSettings>> = fc.record(members, { requiredKeys: [] });
const name = fc.string({ maxLength: 20 });
const count = fc.maxSafeNat();
const quantiles = fc.oneof(fc.constant(null), fc.record({ p50: positive, p99: positive, max: positive }));

const direction: fc.Arbitrary<DirectionStatus> = fc.record({
  settings,
  packets: count,
  bytes: count,
  inFlight: count,
  droppedByQueue: count,
  droppedByLoss: count,
  droppedByBlackhole: count,
  droppedByOverload: count,
  droppedByDevice: count,
  rateBps: positive,
  delayUs: quantiles,
  latenessUs: quantiles,
});

const link: fc.Arbitrary<LinkStatus> = fc.record({ name, up: direction, down: direction });

/** Any request. */
export const requests: fc.Arbitrary<Request> = fc.oneof(
  fc.record({
    type: fc.constant("open" as const),
    seed: count,
    links: fc.array(fc.record({ name, up: settings, down: settings }), { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant("change" as const),
    link: fc.nat(),
    direction: fc.constantFrom("up" as const, "down" as const, "both" as const),
    change,
  }),
  fc.record({ type: fc.constant("status" as const) }),
);

/** Any answer. */
export const answers: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({
    type: fc.constant("opened" as const),
    devices: fc.array(fc.record({ client: name, far: name }), { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant("refused" as const),
    step: fc.constantFrom("open" as const, "make" as const),
    errno: name,
  }),
  fc.record({ type: fc.constant("done" as const) }),
  fc.record({ type: fc.constant("wrong" as const), message: name }),
  fc.record({
    type: fc.constant("status" as const),
    nowUs: positive,
    cpuUs: positive,
    realTime: fc.boolean(),
    links: fc.array(link, { maxLength: 3 }),
  }),
);
