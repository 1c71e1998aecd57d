import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { MptError } from "../../../lib/base/errors.ts";
import type { PathJson } from "../../../lib/base/path_json.ts";
import { addresses } from "../base/arbitraries.ts";

const endpoints: fc.Arbitrary<string> = fc.tuple(addresses, fc.nat(65535))
  .map(([ip, port]) => Endpoint.of(ip, port).address);

const measures: fc.Arbitrary<number | null> = fc.option(fc.nat({ max: 1e9 }), { nil: null });

/** Paths as they stand in results. */
export const paths: fc.Arbitrary<PathJson> = fc.record({
  id: fc.nat(300),
  local: endpoints,
  remote: endpoints,
  interface: fc.option(fc.stringMatching(/^[a-z0-9]{1,15}$/), { nil: null }),
  state: fc.constantFrom("validating", "active", "stale", "failed", "closed"),
  status: fc.constantFrom("available", "backup"),
  rtt_ms: measures,
  min_rtt_ms: measures,
  cwnd_bytes: measures,
  mtu: measures,
  bytes_sent: fc.maxSafeNat(),
  bytes_received: fc.maxSafeNat(),
  bytes_retransmitted: fc.maxSafeNat(),
  delivery_rate_bps: measures,
}, { noNullPrototype: true });

/** A JSON value with one of its values, at any depth, replaced by something else or taken out. */
export function spoiled(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc.tuple(values, fc.nat(), fc.oneof(fc.jsonValue(), fc.constant(undefined))).map(
    ([value, pick, other]) => {
      const text = JSON.stringify(value);
      const total = countValues(value);
      let left = pick % total;
      return JSON.stringify(JSON.parse(text, (_key, each: unknown) => left-- === 0 ? other : each)) ?? "";
    },
  );
}

function countValues(value: unknown): number {
  let count = 0;
  JSON.parse(JSON.stringify(value), (_key, each: unknown) => {
    count++;
    return each;
  });
  return count;
}

/** Checks that a parser gives a value or fails with ERR_PROTOCOL, in words that a terminal can show. */
export function readsOrRefuses(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof MptError)) throw error;
    if (error.code !== "ERR_PROTOCOL") throw error;
    if (/\p{Cc}/u.test(error.message)) throw new Error(`a control character in ${error.message}`);
  }
}
