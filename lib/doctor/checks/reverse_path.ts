import { interfacesOf, uplinks } from "../addresses.ts";
import { list, ok, shellWord, unknown, warn } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../result.ts";
import { leavesByItself } from "./routes.ts";

/** `rp_filter`: 1 drops a packet unless the answer to it would leave by the interface that it came in on. */
const STRICT = 1;

/** Whether the kernel drops packets that come in by a second interface. */
export function reversePathChecks(facts: Facts): readonly Check[] {
  const code = "reverse-path-filter";
  const { reversePathFilter } = facts;
  if (!reversePathFilter.known) {
    return [unknown(code, "Whether the reverse path filter drops packets", reversePathFilter)];
  }
  const sources = uplinks(facts).filter(({ address }) => address.ip.family === 4);
  const names = interfacesOf(sources);
  const filters = reversePathFilter.value;
  const all = filters.get("all") ?? 0;
  // The kernel takes the larger of the two values
  const effective = (name: string): number => Math.max(all, filters.get(name) ?? 0);
  const strict = names.filter((name) => effective(name) === STRICT);
  if (strict.length === 0) return [ok(code, "The reverse path filter is not strict.", all)];
  if (names.length < 2) {
    return [
      ok(code, "The reverse path filter is strict, which a host with one interface does not notice.", 1),
    ];
  }
  // With a rule for its source address the answer does leave by the same interface
  const hurt = strict.filter((name) =>
    sources.some((source) => source.address.interface === name && !leavesByItself(source))
  );
  const found = strict.map((name) => `${name} 1`).join(", ");
  if (hurt.length === 0) {
    return [ok(code, "The reverse path filter is strict, and each address has its own route back.", found)];
  }
  const fix = [
    ...(all === STRICT ? ["sysctl -w net.ipv4.conf.all.rp_filter=2"] : []),
    // 2 is larger than 1: with `all` set to it the interfaces need no change
    ...(all === STRICT
      ? []
      : hurt.map((name) => `sysctl -w ${shellWord(`net/ipv4/conf/${name}/rp_filter`)}=2`)),
  ];
  return [
    warn(
      code,
      `The reverse path filter is strict on ${
        list(hurt)
      }: packets that arrive there are dropped, because the ` +
        "answers would leave by another interface.",
      found,
      fix.join("\n"),
    ),
  ];
}
