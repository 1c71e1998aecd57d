import { interfacesOf, uplinks } from "../addresses.ts";
import { list, ok, unknown, warn } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../result.ts";

/** Whether there are several interfaces for several paths. */
export function addressChecks(facts: Facts): readonly Check[] {
  const code = "addresses";
  if (!facts.addresses.known) return [unknown(code, "Which addresses this host has", facts.addresses)];
  if (!facts.routing.known) return [unknown(code, "How this host reaches others", facts.routing)];
  const sources = uplinks(facts);
  const names = interfacesOf(sources);
  const found = sources.map(({ address }) => `${address.ip} on ${address.interface}`).join(", ");
  switch (names.length) {
    case 0:
      return [
        warn(code, "This host has no address to reach others from: only loopback can be tested.", null),
      ];
    case 1:
      return [
        warn(
          code,
          `This host reaches others by ${names[0]} only: a second path needs a second interface here, or a ` +
            "second address of the other end.",
          found,
        ),
      ];
    default:
      return [ok(code, `This host reaches others by ${list(names)}.`, found)];
  }
}
