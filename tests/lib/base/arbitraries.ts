import fc from "fast-check";
import { Ip } from "../../../lib/base/ip.ts";
import { TRANSPORTS } from "../../../lib/base/transport.ts";

/** Bytes of an IPv6 address with many zero groups, so that "::" is met in every place. */
const sixteen: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(fc.constant([0, 0]), fc.tuple(fc.nat(255), fc.nat(255))),
  { minLength: 8, maxLength: 8 },
).map((groups) => Uint8Array.from(groups.flat()));

const mapped: fc.Arbitrary<Uint8Array> = fc.uint8Array({ minLength: 4, maxLength: 4 })
  .map((tail) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...tail));

/** 4 or 16 bytes. */
export const addressBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  sixteen,
  mapped,
);

/** Addresses of both families, some with a zone. */
export const addresses: fc.Arbitrary<Ip> = fc.tuple(
  addressBytes,
  fc.option(fc.stringMatching(/^[a-z0-9._-]{1,15}$/), { nil: undefined }),
).map(([bytes, zone]) => bytes.length === 4 ? Ip.fromBytes(bytes) : Ip.fromBytes(bytes, zone));

/** Host names that are not mistaken for an address. */
export const hostNames: fc.Arbitrary<string> = fc.array(
  fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/),
  { minLength: 1, maxLength: 5 },
).map((labels) => labels.join("."));

/** A text with one character put in, taken out or replaced. */
export function mutations(texts: fc.Arbitrary<string>, alphabet: string): fc.Arbitrary<string> {
  const character = fc.constantFrom(...alphabet);
  return fc.tuple(texts, fc.nat(), fc.constantFrom("insert", "remove", "replace"), character).map(
    ([text, position, kind, inserted]) => {
      const at = position % (text.length + 1);
      const rest = text.slice(kind === "insert" ? at : at + 1);
      return `${text.slice(0, at)}${kind === "remove" ? "" : inserted}${rest}`;
    },
  );
}

/** Prefixes of endpoints: transport and pinned family. */
export const prefixes: fc.Arbitrary<string> = fc.tuple(
  fc.constantFrom(...TRANSPORTS),
  fc.constantFrom("", "4", "6"),
).map(([transport, family]) => `${transport}${family}@`);
