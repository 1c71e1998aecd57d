import type { CatalogueEntry } from "../../mptcp/diagnosis/catalogue/entry.ts";
import type { PATH_CHECKS } from "../codes.ts";

/** Checks of what further paths need. */
export const PATH_ENTRIES: Readonly<Record<(typeof PATH_CHECKS)[number], CatalogueEntry>> = {
  "path-manager": {
    level: "info",
    sentence: "Check: who decides about further subflows, the kernel or a program.",
    seen: "With a program such as mptcpd, `ip mptcp limits` and `ip mptcp endpoint` have no effect.",
    why: "net.mptcp.path_manager, before Linux 6.15 net.mptcp.pm_type.",
    evidence: "The sysctl, and what the path manager answers.",
    fix: "sysctl -w net.mptcp.path_manager=kernel, where no such program is wanted",
  },
  "limit-subflows": {
    level: "warn",
    sentence: "Check: how many further subflows a connection may have.",
    seen: "At 0 every connection has one path; below the number of endpoints some are not used.",
    why: "The kernel allows two by default. The limit holds for clients' subflows to this host as well.",
    evidence: "`ip mptcp limits show`",
    fix: "ip mptcp limits set subflows 2",
  },
  "limit-add-addr-accepted": {
    level: "warn",
    sentence: "Check: how many announced addresses of the other end are used.",
    seen: "At 0 a server's announcements bring no second path.",
    why: "The kernel allows none by default.",
    evidence: "`ip mptcp limits show`",
    fix: "ip mptcp limits set add_addr_accepted 2",
  },
  "endpoints": {
    level: "warn",
    sentence: "Check: from which addresses further subflows are opened, and which are announced.",
    seen: "Without endpoints this host opens no further subflows by itself, however many interfaces it has.",
    why: "Nobody told the path manager; NetworkManager does so by itself since 1.40.",
    evidence: "`ip mptcp endpoint show`, and the interfaces with an address of their own.",
    fix: "ip mptcp endpoint add ADDRESS dev DEV subflow",
  },
  "endpoint-address": {
    level: "fail",
    sentence: "Check: whether the address of each endpoint is on this host.",
    seen: "No path comes up from it.",
    why: "The address was removed or changed, and the path manager still has the old one.",
    evidence: "No interface holds the address.",
    fix: "ip mptcp endpoint delete id ID",
  },
  "endpoint-interface": {
    level: "fail",
    sentence: "Check: whether the interface of each endpoint is there, holds its address, and is up.",
    seen: "No path comes up from it.",
    why: "The interface was removed, is down or without a link, or the address has moved to another one.",
    evidence: "The interfaces and the addresses that they hold.",
    fix: "ip mptcp endpoint delete id ID; ip mptcp endpoint add ADDRESS dev DEV subflow",
  },
  "addresses": {
    level: "warn",
    sentence: "Check: by how many interfaces this host reaches others.",
    seen: "With one, a second path needs a second address of the other end.",
    why: "There is one network, or the others have no route.",
    evidence: "Addresses and routes of the kernel.",
    fix: null,
  },
  "source-route": {
    level: "warn",
    sentence: "Check: whether packets from each address leave by the interface that holds it.",
    seen: "A second path uses the link of the first, or gets no answer.",
    why:
      "Routes are chosen by destination: a second interface needs a table of its own, and a rule for its address.",
    evidence: "The kernel's own choice for each address.",
    fix:
      "ip route add default via ROUTER dev DEV table 100; ip rule add from ADDRESS table 100 (mpt doctor names them)",
  },
  "reverse-path-filter": {
    level: "warn",
    sentence: "Check: whether the kernel drops packets that come in by a second interface.",
    seen: "A second path gets no answer, or works in one direction.",
    why: "rp_filter 1 drops what comes in by another interface than the answer would leave by.",
    evidence: "net.ipv4.conf.*.rp_filter, of which the larger counts, and the routes of each address.",
    fix: "sysctl -w net.ipv4.conf.all.rp_filter=2",
  },
};
