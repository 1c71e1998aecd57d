import { uplinks } from "../addresses.ts";
import { list, ok, unknown, warn } from "../check.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../result.ts";

/** Whether the default congestion control suits MPTCP. */
export function congestionChecks(facts: Facts): readonly Check[] {
  const code = "congestion-control";
  const fact = facts.sysctls["net/ipv4/tcp_congestion_control"];
  if (!fact.known) return [unknown(code, "The default congestion control", fact)];
  if (fact.value === null) return [];
  const name = fact.value;
  const unpaced = interfacesWithoutFq(facts);
  if (name !== "bbr" || unpaced.length === 0) {
    return [ok(code, `The default congestion control is ${name}.`, name)];
  }
  return [
    warn(
      code,
      `The default congestion control is bbr without the fq queue on ${list(unpaced)}: on fast links the ` +
        "throughput of MPTCP then varies a lot from run to run. For one run: mpt bench --congestion cubic.",
      name,
      "sysctl -w net.ipv4.tcp_congestion_control=cubic",
    ),
  ];
}

function interfacesWithoutFq(facts: Facts): readonly string[] {
  if (!facts.links.known) return [];
  const used = new Set(uplinks(facts).map(({ address }) => address.index));
  return facts.links.value.filter((link) => used.has(link.index) && link.qdisc !== "fq").map(({ name }) =>
    name
  );
}
