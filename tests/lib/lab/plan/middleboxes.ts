import fc from "fast-check";
import {
  DIRECTIONS,
  type Middlebox,
  MPTCP_OPTIONS,
  MPTCP_SUBTYPES,
  REJECTIONS,
  SEGMENTS,
  SMALLEST_SHARE,
} from "../../../../lib/lab/plan/middlebox.ts";

/** Every middlebox that can be asked for on paths of these names. */
export function anyMiddlebox(paths: readonly string[]): fc.Arbitrary<Middlebox> {
  const path = { path: fc.constantFrom(...paths) };
  const way = { direction: fc.constantFrom(...DIRECTIONS), ...path };
  const segments = { packets: fc.constantFrom(...SEGMENTS), ...way };
  const port = { port: fc.integer({ min: 1, max: 65535 }) };
  const box = <T extends Record<string, fc.Arbitrary<unknown>>>(kind: Middlebox["kind"], keys: T) =>
    fc.record({ kind: fc.constant(kind), ...keys }, { requiredKeys: ["kind"] });
  const option = { option: fc.constantFrom(...MPTCP_OPTIONS) };
  const stripped = { option: fc.constantFrom("mptcp", ...MPTCP_SUBTYPES) };
  const probability = { probability: fc.double({ min: SMALLEST_SHARE, max: 1, noNaN: true }) };
  return fc.oneof(
    box("strip", { ...stripped, ...segments }),
    box("drop", { ...option, ...segments }),
    box("reject", { how: fc.constantFrom(...REJECTIONS), ...option, ...segments }),
    box("drop-udp", { ...port, ...way }),
    box("blackhole", way),
    box("corrupt", { ...probability, ...way }),
    box("nat", path),
    box("proxy", { ...port, ...path }),
  ) as fc.Arbitrary<Middlebox>;
}
