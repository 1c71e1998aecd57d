import type { CatalogueEntry } from "./entry.ts";

/** What works, and what it is worth. */
export const FINE_ENTRIES: { readonly [K in "mptcp-works" | "nat" | "multipath-penalty"]: CatalogueEntry } = {
  "mptcp-works": {
    level: "ok",
    sentence: "MPTCP works to {target} {subject}.",
    seen: "The connection is MPTCP at both ends and carries data.",
    why: "Nothing is wrong.",
    evidence: "TCP_IS_MPTCP after the connect and again after the first data.",
    fix: null,
  },
  "nat": {
    level: "info",
    sentence: "There is address translation on the way to {target}; MPTCP works through it.",
    seen: "The server sees other addresses or ports than this host has.",
    why: "MPTCP identifies addresses by number and connections by token, so that it bears translation.",
    evidence: "The answer of mpt serve, and its SYN mirror, name another address or port.",
    fix: null,
  },
  "multipath-penalty": {
    level: "warn",
    sentence: "MPTCP is slower to {target} than its best path alone.",
    seen: "Transfers over several paths take longer than over one.",
    why:
      "Data that a slow path carries arrives late, and everything after it has to wait. A path with a much longer delay and a " +
      "much smaller rate costs more than it brings: 2 Mbit/s with 300 ms beside 50 Mbit/s with 10 ms halve the throughput.",
    evidence:
      "mpt bench measures each path alone and all together; the benefit is below 0. It names the path that is slow " +
      "and late, likely with one such path, possible where several are alike; bench --try-fix proves it.",
    fix:
      "make the slow path a backup: ip mptcp endpoint change ADDRESS backup, on the end that has the endpoint (with " +
      "fullmesh behind it where it has that, or it is switched off); bench --try-fix tries it and takes it back",
  },
};
