import type { CatalogueEntry } from "../../mptcp/diagnosis/catalogue/entry.ts";
import type { COUNTER_CHECKS } from "../codes.ts";

const SINCE =
  "They count since this network namespace began, for all its connections: an old trouble may be over.";

/** Checks of what the counters of the kernel remember. */
export const COUNTER_ENTRIES: Readonly<Record<(typeof COUNTER_CHECKS)[number], CatalogueEntry>> = {
  "counters": {
    level: "info",
    sentence: "Check: how many connections asked for MPTCP and got it so far.",
    seen: "Out: MPTCP of those that asked. In: those that used it.",
    why: SINCE,
    evidence: "MPCapableSYNTX, MPCapableSYNACKRX and MPCapableACKRX, as `nstat -az` has them.",
    fix: null,
  },
  "counter-blackhole": {
    level: "warn",
    sentence: "Check: whether MPTCP was switched off after SYNs with it got no answer.",
    seen: "New MPTCP connections are plain TCP for an hour or more; it may be over.",
    why:
      "Something on the way to one server drops SYNs with MPTCP; the kernel then does without, towards all.",
    evidence: "Blackhole and MPCapableSYNTXDisabled.",
    fix: "sysctl -w net.mptcp.blackhole_timeout=3600",
  },
  "counter-join-unanswered": {
    level: "warn",
    sentence: "Check: whether further subflows that this host asked for got no answer.",
    seen: "Connections with fewer paths than they should have.",
    why: "The path was dead, something on it removes or drops MP_JOIN, or the server refused.",
    evidence: "MPJoinSynTx is more than MPJoinSynAckRx.",
    fix: "`mpt probe` of that server says which path, and why",
  },
  "counter-join-bind": {
    level: "warn",
    sentence: "Check: whether the address of an endpoint was missing when a subflow was to be opened.",
    seen: "No path comes up from it.",
    why: "The address was removed or changed, and the path manager still had the old one.",
    evidence: "MPJoinSynTxBindErr.",
    fix: "ip mptcp endpoint show; ip mptcp endpoint delete id ID",
  },
  "counter-join-connect": {
    level: "warn",
    sentence: "Check: whether there was no route for a further subflow.",
    seen: "No path comes up from that address.",
    why: "A second interface needs routes of its own.",
    evidence: "MPJoinSynTxConnectErr and MPJoinSynTxCreatSkErr.",
    fix: "mpt doctor names the commands beside source-route, where the route is still missing",
  },
  "counter-add-addr-dropped": {
    level: "warn",
    sentence: "Check: whether announced addresses were not used, because the limit was reached.",
    seen: "Fewer paths than the server offers.",
    why: "add_addr_accepted is 0 by default.",
    evidence: "AddAddrDrop.",
    fix: "ip mptcp limits set add_addr_accepted 2",
  },
  "counter-join-rejected": {
    level: "warn",
    sentence: "Check: whether this host refused subflows of its clients.",
    seen: "Clients see a path come up and be reset at once.",
    why: "The limit of subflows was reached, or a program decides and none accepted.",
    evidence: "MPJoinRejected.",
    fix: "ip mptcp limits set subflows 8",
  },
  "counter-join-incomplete": {
    level: "warn",
    sentence: "Check: whether subflows that clients opened to this host were not completed.",
    seen: "Clients have fewer paths, or get them seconds later.",
    why: "A listener with TCP_DEFER_ACCEPT holds joins up, or the last packet of their handshake was lost.",
    evidence: "MPJoinSynRx is more than MPJoinAckRx and what was refused.",
    fix: "httpd: AcceptFilter http none; nginx: listen without deferred; HAProxy: bind without defer-accept",
  },
  "counter-join-stray": {
    level: "warn",
    sentence: "Check: whether subflows came here for connections that this host does not have.",
    seen: "Clients' further paths are reset.",
    why: "A load balancer or anycast sent them to the wrong server, or the connection had ended.",
    evidence: "MPJoinNoTokenFound.",
    fix: "sysctl -w net.mptcp.allow_join_initial_addr_port=0, and announce an address of this machine: " +
      "ip mptcp endpoint add ADDRESS dev DEV signal",
  },
  "counter-join-hmac": {
    level: "warn",
    sentence: "Check: whether subflows failed to prove that they belong to their connection.",
    seen: "Further paths are reset.",
    why: "A proxy or a load balancer stands on the path, or the connection had ended.",
    evidence: "MPJoinSynAckHMacFailure and MPJoinAckHMacFailure.",
    fix: null,
  },
  "counter-options-stripped": {
    level: "warn",
    sentence: "Check: whether connections lost MPTCP after the handshake.",
    seen: "Connections that came up as MPTCP are plain TCP, or hang.",
    why: "Something on the path removes its options from later packets.",
    evidence: "MPCapableDataFallback and DssFallback, where they are more than one connection in a hundred.",
    fix: "`mpt probe` of that server says what is removed",
  },
  "counter-data-changed": {
    level: "warn",
    sentence: "Check: whether payload arrived changed.",
    seen: "Paths are reset, or connections fall back.",
    why: "Something on the path rewrites data, as gateways do that look into FTP or SIP.",
    evidence: "DataCsumErr. Without net.mptcp.checksum_enabled nothing is counted.",
    fix: "switch off the gateway's helper on the way, or encrypt what it rewrites",
  },
};
