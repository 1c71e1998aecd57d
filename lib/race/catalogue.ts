import type { CatalogueEntry } from "../mptcp/diagnosis/catalogue/entry.ts";
import type { RaceCode } from "./codes.ts";

const ASK_FOR_BOTH = "`mpt race --family both` asks for them all the same";

/** Every code of a race with what is to be said about it. */
export const RACE_CATALOGUE: Readonly<Record<RaceCode, CatalogueEntry>> = Object.freeze({
  "race-won": {
    level: "ok",
    sentence: "A connection to {target} came up; family and transport of the winner are named.",
    seen: "Programs connect.",
    why: "Nothing is wrong with the winner; what the race hides stands in further verdicts.",
    evidence:
      "The handshake of one attempt was completed. The time is from the first DNS query to that moment.",
    fix: null,
  },
  "families-equal": {
    level: "info",
    sentence: "The other address family would have been as fast.",
    seen: "Nothing.",
    why:
      "The handshakes of the best address of each family differ by less than 1 ms, or by less than a tenth.",
    evidence: "Both were seen to connect over the same transport.",
    fix: null,
  },
  "other-family-faster": {
    level: "info",
    sentence: "The other address family would have been faster.",
    seen: "Connections take a little longer than they could.",
    why: "The family that comes first in the order of addresses has the longer way, as with a tunnel.",
    evidence:
      "Both were seen to connect over the same transport; handshakes are compared, without DNS and waiting.",
    fix: null,
  },
  "other-family-slower": {
    level: "info",
    sentence: "The other address family would have been slower.",
    seen: "Nothing.",
    why: "The winner's family has the shorter way.",
    evidence:
      "Both were seen to connect over the same transport; handshakes are compared, without DNS and waiting.",
    fix: null,
  },
  "hidden-failure": {
    level: "warn",
    sentence: "An attempt to {target} is broken and hidden by the race.",
    seen:
      "Connections take longer, at each first attempt to that address. Programs without Happy Eyeballs fail or " +
      "hang.",
    why:
      "A published address does not answer, or refuses: a server that listens on one family only, a firewall.",
    evidence:
      "The attempt was refused, unreachable or had no answer in its time, while another one connected.",
    fix: "let the server listen on that address, or take the address out of DNS",
  },
  "hidden-silence": {
    level: "warn",
    sentence: "An attempt to {target} had no answer when another one won.",
    seen: "Connections take one attempt delay (250 ms) longer than they need.",
    why: "The address is slow, or nothing comes back from it.",
    evidence:
      "It was started earlier than the winner, and was given up when the race was over or the next one started.",
    fix: "`mpt race --exhaustive` waits for its end",
  },
  "hidden-failures": {
    level: "warn",
    sentence: "More attempts and queries failed beside those that are named.",
    seen: "As with each of them.",
    why: "A name with many dead addresses.",
    evidence: "`--json` has all of them.",
    fix: null,
  },
  "mptcp-unanswered": {
    level: "warn",
    sentence: "MPTCP to {target} had no answer where TCP to the same address had one.",
    seen:
      "MPTCP connections take 3 s longer, until the kernel leaves the option away; then it does so for an hour.",
    why: "Something on the way drops SYNs with the MPTCP option.",
    evidence: "Both were raced to the same address and port, and TCP alone was answered.",
    fix: "`mpt probe mptcp@{host}` tells more",
  },
  "mptcp-fell-back": {
    level: "info",
    sentence: "MPTCP to {target} is plain TCP.",
    seen: "One path.",
    why: "The other end, or something on the way, does not take part in MPTCP.",
    evidence: "The connection came up on an MPTCP socket, and the kernel says that it is TCP.",
    fix: "`mpt probe mptcp@{host}` tells the cause",
  },
  "dns-query-failed": {
    level: "warn",
    sentence: "A DNS query failed while the race was won with the answers to others.",
    seen: "Programs that wait for all answers hang until the resolver gives up; one family is missing.",
    why: "A name server does not answer queries of that type, or answers them with an error.",
    evidence: "Every message that was sent, and what came back, stands in the evidence.",
    fix: "mend the name server: a type without records has an empty answer, not an error",
  },
  "dns-slow": {
    level: "warn",
    sentence: "A DNS answer came after the first attempt, or not before the race was over.",
    seen: "Programs that wait for all answers connect later; nearly all do.",
    why: "A name server takes longer for one type of record.",
    evidence:
      "The race waits for the Resolution Delay (50 ms) from the first address on, and then goes on without.",
    fix: null,
  },
  "nothing-connected": {
    level: "fail",
    sentence: "Nothing connected to {target}.",
    seen: "Programs cannot connect.",
    why: "Every address refused, was unreachable or did not answer; the reasons are named.",
    evidence: "Each attempt with its reason. What this host does not let happen leaves the target unknown.",
    fix: null,
  },
  "no-address": {
    level: "fail",
    sentence: "There is no address of {target}.",
    seen: "Programs say that the host is not known.",
    why: "There is no such name, or it has no records of a family that was asked for.",
    evidence: "The resolver answered that there is none.",
    fix: null,
  },
  "dns-failed": {
    level: "unknown",
    sentence: "The name of {target} could not be looked up.",
    seen: "Programs say that the name cannot be resolved for now.",
    why: "No DNS server answered, or all of them with an error.",
    evidence: "Every query failed; nothing is known of the target.",
    fix: "--resolver ADDRESS asks another DNS server",
  },
  "race-undecided": {
    level: "unknown",
    sentence: "The race to {target} was ended before anything had connected.",
    seen: "Connecting takes long.",
    why: "It was interrupted, or its time was over.",
    evidence: "Attempts were still under way.",
    fix: "give it more time: --timeout",
  },
  "no-network": {
    level: "unknown",
    sentence: "This host has no network.",
    seen: "Nothing works.",
    why: "No interface has an address and a route beyond its link.",
    evidence: "The addresses and routes of the kernel.",
    fix: "mpt doctor",
  },
  "no-ipv4": {
    level: "info",
    sentence: "This host has no IPv4: such addresses were not asked for.",
    seen: "Targets with IPv4 alone are reached through NAT64 or not at all.",
    why: "No interface has an IPv4 address and a route beyond its link.",
    evidence: "The addresses and routes of the kernel.",
    fix: ASK_FOR_BOTH,
  },
  "no-ipv6": {
    level: "info",
    sentence: "This host has no IPv6: such addresses were not asked for.",
    seen: "Targets with IPv6 alone cannot be reached.",
    why: "No interface has an IPv6 address and a route beyond its link.",
    evidence: "The addresses and routes of the kernel.",
    fix: ASK_FOR_BOTH,
  },
});
