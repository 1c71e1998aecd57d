/** Middleboxes of other people: iptables, and socat as a TCP proxy. */
import {
  AFTER,
  broken,
  fine,
  HANDSHAKE,
  HOLE,
  type KernelRow,
  NO_OPTION,
  SYN_OR_SYNACK,
} from "./expectations.ts";
import type { Impairment } from "./impaired_lab.ts";

/** A rule of iptables in the router, for both families. */
function iptables(table: string, chain: string, rule: string): Pick<Impairment, "set" | "unset"> {
  const both = (what: string): string =>
    ["iptables", "ip6tables"].map((command) => `${command} -w -t ${table} ${what} ${chain} ${rule}`).join(
      "; ",
    );
  return { set: [["router", both("-A")]], unset: [["router", both("-D")]] };
}

const strip = "-j TCPOPTSTRIP --strip-options 30";

export const XT_ROWS: readonly KernelRow[] = [
  {
    name: "iptables TCPOPTSTRIP takes the option out of SYNs",
    both: true,
    ...iptables("mangle", "FORWARD", `-p tcp --syn ${strip}`),
    mpt: broken(["option-stripped-syn", "proved"]),
    web: HANDSHAKE,
  },
  {
    name: "iptables TCPOPTSTRIP takes the option out of SYN/ACKs",
    both: true,
    ...iptables("mangle", "FORWARD", `-p tcp --tcp-flags SYN,ACK SYN,ACK ${strip}`),
    mpt: broken(["option-stripped-synack", "proved"]),
    web: HANDSHAKE,
  },
  {
    name: "iptables TCPOPTSTRIP takes the option out of everything after the SYN",
    both: true,
    ...iptables("mangle", "FORWARD", `-p tcp --tcp-flags SYN NONE ${strip}`),
    mpt: broken(["option-stripped-after-handshake", "proved"]),
    web: AFTER,
  },
  {
    name: "iptables drops SYNs with the option",
    both: true,
    ...iptables("mangle", "FORWARD", "-p tcp --syn -m tcp --tcp-option 30 -j DROP"),
    mpt: broken(["syn-dropped", "proved"], HOLE),
    web: broken(...SYN_OR_SYNACK, HOLE),
  },
  {
    name: "iptables takes the option out of the SYNs of the second path",
    both: true,
    ...iptables("mangle", "FORWARD", `-i c2 -p tcp --syn ${strip}`),
    mpt: fine(["join-stripped", "proved"]),
    web: fine(...NO_OPTION),
  },
  {
    name: "iptables drops SYNs with the option on the second path",
    both: true,
    ...iptables("mangle", "FORWARD", "-i c2 -p tcp --syn -m tcp --tcp-option 30 -j DROP"),
    mpt: fine(["join-dropped", "proved"]),
    web: fine(["join-dropped", "likely"]),
  },
  {
    name: "iptables resets connections on the second path",
    both: true,
    ...iptables("filter", "FORWARD", "-i c2 -p tcp --syn -j REJECT --reject-with tcp-reset"),
    mpt: fine(["join-reset", "proved"]),
    web: fine(["join-reset", "proved"]),
  },
  {
    name: "iptables masquerades",
    both: true,
    ...iptables("nat", "POSTROUTING", "-o s+ -j MASQUERADE"),
    mpt: fine(["nat", "proved"]),
    web: fine(),
  },
  {
    name: "iptables loses one packet in 50, and that is no cause of anything",
    both: true,
    ...iptables("filter", "FORWARD", "-p tcp ! --syn -m statistic --mode nth --every 50 --packet 49 -j DROP"),
    mpt: fine(),
    web: fine(),
  },
];
