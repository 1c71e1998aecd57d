import type { CatalogueEntry } from "./entry.ts";

const ONE_PATH = "MPTCP works over one path: no aggregation, no failover.";

/** Why there are not more paths. */
export const JOIN_ENTRIES: {
  readonly [
    K in
      | "userspace-path-manager"
      | "join-limit-local"
      | "no-extra-address"
      | "endpoint-not-local"
      | "join-no-route"
      | "join-denied-to-initial-address"
      | "join-stripped"
      | "join-dropped"
      | "join-path-dead"
      | "join-path-lossy"
      | "join-unfinished"
      | "join-return-path"
      | "join-prohibited"
      | "join-reset"
      | "join-wrong-server"
      | "join-authentication-failed"
      | "join-rejected-by-peer"
      | "join-stalled-by-accept-filter"
      | "join-cause-ambiguous"
  ]: CatalogueEntry;
} = {
  "userspace-path-manager": {
    level: "warn",
    sentence: "A program decides about further subflows on this host, and opened none to {target}.",
    seen: ONE_PATH + " `ip mptcp endpoint` and `ip mptcp limits` have no effect.",
    why:
      "net.mptcp.path_manager is userspace, as mptcpd sets it. Without such a program nobody opens subflows.",
    evidence: "The sysctl, and no MPJoinSynTx.",
    fix: "sysctl -w net.mptcp.path_manager=kernel",
  },
  "join-limit-local": {
    level: "warn",
    sentence: "The limits of this host do not allow more paths to {target}.",
    seen: ONE_PATH,
    why: "The kernel allows two further subflows and no announced address by default.",
    evidence: "`ip mptcp limits show`; AddAddrDrop counts announced addresses that were not used.",
    fix: "ip mptcp limits set subflows 2 add_addr_accepted 2",
  },
  "no-extra-address": {
    level: "warn",
    sentence:
      "There is no second path to {target}: this host has no further endpoint for it, and no announced address arrived.",
    seen: ONE_PATH,
    why:
      "The kernel opens a further subflow from an endpoint of this host, or to an address that the server announces. There is " +
      "neither.",
    evidence: "`ip mptcp endpoint show` has no address of use, AddAddr +0, MPJoinSynTx +0.",
    fix:
      "here: ip mptcp endpoint add ADDRESS dev DEV subflow; or on the server: ip mptcp endpoint add ADDRESS dev DEV signal",
  },
  "endpoint-not-local": {
    level: "warn",
    sentence: "The endpoint's address is not on this host, so no path was opened {subject}.",
    seen: ONE_PATH,
    why: "The address was removed or changed, and the path manager still has the old one.",
    evidence: "No interface holds the address; MPJoinSynTxBindErr.",
    fix: "ip mptcp endpoint delete id ID; ip mptcp endpoint add ADDRESS dev DEV subflow",
  },
  "join-no-route": {
    level: "warn",
    sentence: "This host has no route for a further path {subject}.",
    seen: ONE_PATH,
    why: "A second interface needs routes of its own: a table for its address, and a rule that leads there.",
    evidence: "MPJoinSynTxConnectErr or MPJoinSynTxCreatSkErr.",
    fix: "ip rule add from ADDRESS table 100; ip route add default via GATEWAY dev DEV table 100",
  },
  "join-denied-to-initial-address": {
    level: "warn",
    sentence: "The server takes no further subflows at its first address {subject}.",
    seen: ONE_PATH,
    why:
      "The server set the C flag of MP_CAPABLE (net.mptcp.allow_join_initial_addr_port=0), as behind a load balancer, where a " +
      "join could reach another machine. It has to announce an address of its own.",
    evidence:
      "An endpoint and room in the limits, and no MPJoinSynTx; the event of the connection carries deny_join_id0.",
    fix:
      "on the server: ip mptcp endpoint add ADDRESS dev DEV signal; or sysctl -w net.mptcp.allow_join_initial_addr_port=1",
  },
  "join-stripped": {
    level: "warn",
    sentence: "Something removes MP_JOIN from the packets of a further path {subject}.",
    seen: ONE_PATH,
    why: "A middlebox or a TCP proxy on that way removes the option, while the first path is clean.",
    evidence:
      "The SYN/ACK of the join comes without the option, and the client resets it (MPRstTx). MPJoinSynRx at the server " +
      "tells which direction it was. From one end a server without MPTCP at that address looks the same, and, where the " +
      "option goes missing from the last packet only, a server that refuses the path.",
    fix: "let TCP option 30 pass on that way, or take another way for this address",
  },
  "join-dropped": {
    level: "warn",
    sentence: "Something drops the packets with MP_JOIN of a further path {subject}, where plain TCP passes.",
    seen: ONE_PATH,
    why: "A middlebox on that way discards SYNs, SYN/ACKs or ACKs with the option.",
    evidence:
      "The join gets no answer, and a plain TCP connection between the same addresses comes up. Where only the last packet of " +
      "the handshake is dropped, the path looks established from here and never carries data.",
    fix: "let TCP option 30 pass on that way",
  },
  "join-path-dead": {
    level: "warn",
    sentence: "A further path {subject} is dead: nothing comes back from it.",
    seen: ONE_PATH + " The kernel keeps the subflow in SYN-SENT for minutes and counts it as one.",
    why:
      "The link is down further on, there is no route, a firewall drops all TCP on it, or rp_filter drops packets here.",
    evidence:
      "MPJoinSynTx without MPJoinSynAckRx, the subflow in SYN-SENT; plain TCP between the same addresses gets no answer " +
      "either; MPJoinSynRx +0 at the server.",
    fix: "ping -I ADDRESS SERVER; ip route get SERVER from ADDRESS; sysctl net.ipv4.conf.all.rp_filter",
  },
  "join-path-lossy": {
    level: "warn",
    sentence: "A further path {subject} loses packets, and that alone may be why it did not come up in time.",
    seen: ONE_PATH + " Another probe may find two.",
    why: "A radio link, or a queue that overflows. A SYN that is lost is sent again after a second.",
    evidence: "Plain TCP between the same addresses had to send packets again too.",
    fix: "probe again with a longer --join-timeout; ping -c 100 -I ADDRESS SERVER counts what is lost",
  },
  "join-unfinished": {
    level: "warn",
    sentence: "A further path {subject} was still coming up when the probe looked, and needs more time.",
    seen: "Short transfers use one path, longer ones get the second.",
    why: "The handshake of a join takes two round trips, and a long delay or a full queue makes them long.",
    evidence:
      "Answers come back, and the wait was shorter than the handshake may take over a way with that round-trip time.",
    fix: "mpt probe --join-timeout 15 {target}",
  },
  "join-return-path": {
    level: "warn",
    sentence: "Answers do not come back on a further path {subject}.",
    seen: ONE_PATH,
    why:
      "The server sends its answers another way, where they are lost: it has no route for that address, or rp_filter or a " +
      "stateful firewall drops what comes back by another interface.",
    evidence: "MPJoinSynRx at the server, no MPJoinSynAckRx here.",
    fix: "on the server: ip route get ADDRESS from SERVER; here: sysctl -w net.ipv4.conf.all.rp_filter=2",
  },
  "join-prohibited": {
    level: "warn",
    sentence: "A router refuses a further path {subject}.",
    seen: ONE_PATH,
    why: "A firewall answers with ICMP, administratively prohibited or unreachable.",
    evidence:
      "The subflow or a plain TCP connection between the same addresses ends with EHOSTUNREACH, ENETUNREACH or EACCES.",
    fix:
      "allow the connection in that firewall; traceroute -T -s ADDRESS -p PORT SERVER shows which router it is",
  },
  "join-reset": {
    level: "warn",
    sentence: "A further path {subject} is refused with a reset.",
    seen: ONE_PATH,
    why:
      "A firewall answers the SYN with a reset, or the address leads to a machine on which nothing listens on that port.",
    evidence:
      "The subflow closes with ECONNREFUSED, without MPJoinSynAckRx and without MPRstTx. A reset after the SYN/ACK looks like " +
      "the server's refusal from here; a server that sent none (TcpOutRsts +0) did not refuse.",
    fix:
      "allow the connection in that firewall, or withdraw the address that leads elsewhere: ip mptcp endpoint delete id ID",
  },
  "join-wrong-server": {
    level: "warn",
    sentence: "A further path {subject} leads to another server, which does not know the connection.",
    seen: ONE_PATH,
    why:
      "A load balancer, anycast or a redirection sends it to another machine. A token is known on one machine only.",
    evidence: "Another program answers plain TCP over that way; the other server counts MPJoinNoTokenFound.",
    fix:
      "on the servers: sysctl -w net.mptcp.allow_join_initial_addr_port=0, and announce an address of each machine: " +
      "ip mptcp endpoint add ADDRESS dev DEV signal",
  },
  "join-authentication-failed": {
    level: "warn",
    sentence: "A further path {subject} failed to prove that it belongs to the connection.",
    seen: ONE_PATH,
    why: "A proxy on that way changes what the HMAC covers, or another machine answered.",
    evidence: "MPJoinSynAckHMacFailure here, or MPJoinAckHMacFailure at the server.",
    fix: "take another way for this address",
  },
  "join-rejected-by-peer": {
    level: "warn",
    sentence: "The server refused a further path {subject}.",
    seen: ONE_PATH + " The path comes up for a moment.",
    why:
      "The server's limit of subflows is reached (it may be 0), or its path manager is in user space and nobody accepts.",
    evidence:
      "MPJoinSynAckRx here, MPJoinRejected at the server; the subflow is reset right after it came up. From one end a " +
      "middlebox that resets it, or removes MP_JOIN from the last packet, looks the same.",
    fix: "on the server: ip mptcp limits set subflows 4",
  },
  "join-stalled-by-accept-filter": {
    level: "warn",
    sentence: "The server's accept filter holds back a further path {subject}.",
    seen:
      "Both ends list the path, and it carries nothing for seconds: no aggregation for short transfers. httpd stalls joins for " +
      "about 30 seconds, nginx `deferred` and HAProxy `defer-accept` for about one.",
    why:
      "The listener has TCP_DEFER_ACCEPT: the kernel ignores the last packet of a handshake without data, and a join has none.",
    evidence:
      "The subflow is established for TCP and its MPTCP handshake is not complete (no `e` in the flags of ss -ti); " +
      "MPJoinSynAckRx here, MPJoinSynRx without MPJoinAckRx and TCPDeferAcceptDrop at the server. From one end a dropped last " +
      "packet looks the same, until the filter lets the path through (--join-timeout).",
    fix:
      "httpd: AcceptFilter http none and AcceptFilter https none; nginx: listen without deferred; HAProxy: bind without defer-accept",
  },
  "join-cause-ambiguous": {
    level: "unknown",
    sentence: "Why a further path {subject} did not come up cannot be told from what was seen.",
    seen: "The causes listed with this verdict look the same from here.",
    why: "Only the server knows whether the join arrived there, and what became of it.",
    evidence: "Several causes fit everything that was seen.",
    fix: "run `mpt serve` on that machine and probe its port: mpt probe {host}:4433",
  },
};
