import type { CatalogueEntry } from "./entry.ts";

const FELL_BACK =
  "The connection works at once, as plain TCP: one path, no failover. Nothing tells the application.";
const BOTH_ENDS = "run `mpt serve` on that machine and probe its port: mpt probe {host}:4433";

/** What goes wrong before a connection is established. */
export const HANDSHAKE_ENTRIES: {
  readonly [
    K in
      | "blackhole-active"
      | "syn-dropped"
      | "synack-dropped"
      | "syn-rejected"
      | "fallback-by-this-host"
      | "peer-without-mptcp"
      | "option-stripped-syn"
      | "option-stripped-synack"
      | "tcp-proxy"
      | "fallback-cause-ambiguous"
  ]: CatalogueEntry;
} = {
  "blackhole-active": {
    level: "warn",
    sentence:
      "This host has switched MPTCP off for all new connections for a while {subject}, after SYNs with MPTCP got no answer.",
    seen:
      "All new MPTCP connections of this network namespace are plain TCP, to every server, also to those that speak MPTCP.",
    why:
      "The kernel saw a SYN with MPTCP go unanswered while one without it was answered. It then leaves MPTCP out " +
      "for net.mptcp.blackhole_timeout (an hour by default), twice as long after each further time, up to 64 times. " +
      "A single unlucky server, or a probe of one, is enough.",
    evidence:
      "MPCapableSYNTXDisabled moves when a connection goes without MPTCP, Blackhole when the time begins.",
    fix: "sysctl -w net.mptcp.blackhole_timeout=3600",
  },
  "syn-dropped": {
    level: "fail",
    sentence: "Something on the way to {target} drops SYNs that carry the MPTCP option.",
    seen:
      "Connects with MPTCP take about three seconds (seven on Linux before 6.5) and then are plain TCP; after that MPTCP is " +
      "off on this host for an hour.",
    why: "A firewall or another middlebox discards what it does not know, instead of passing it on.",
    evidence:
      "Plain TCP connects at once. The MPTCP connect comes up only once the kernel leaves the option out " +
      "(MPCapableSYNTXDrop, Blackhole). With mpt serve at the other end: no SYN with the option arrived (MPCapableSYNRX +0). " +
      "One end alone cannot tell it from dropped SYN/ACKs.",
    fix:
      "let TCP option 30 pass in the firewall on the way; until then clear the black hole: sysctl -w net.mptcp.blackhole_timeout=3600",
  },
  "synack-dropped": {
    level: "fail",
    sentence: "Something on the way from {target} drops SYN/ACKs that carry the MPTCP option.",
    seen:
      "Connects with MPTCP never succeed, not even as plain TCP, while plain TCP connects at once. Where the server answers " +
      "with SYN cookies they take about three seconds and are plain TCP, as with dropped SYNs.",
    why:
      "A middlebox discards SYN/ACKs with the option. The server remembers the first SYN and repeats its answer with " +
      "the option, so leaving it out later does not help; the kernel's black hole detection does not see this case. With SYN " +
      "cookies the server remembers nothing.",
    evidence:
      "Plain TCP connects, MPTCP times out. With mpt serve at the other end: the SYN arrived (MPCapableSYNRX) and no " +
      "SYN/ACK with the option came back (MPCapableSYNACKRX +0). One end alone cannot tell it from dropped SYNs.",
    fix: "let TCP option 30 pass in the firewall on the way back; until then use plain TCP to this server",
  },
  "syn-rejected": {
    level: "fail",
    sentence: "Something refuses MPTCP connections to {target} that it accepts as plain TCP.",
    seen: "Connects with MPTCP fail at once with an error, plain TCP connects.",
    why: "A firewall answers SYNs with the option by a reset or an ICMP message instead of dropping them.",
    evidence: "The MPTCP connect is refused or unreachable at the same time at which plain TCP connects.",
    fix: "let TCP option 30 pass in the firewall on the way",
  },
  "fallback-by-this-host": {
    level: "warn",
    sentence: "This host itself fell back to plain TCP towards {target}.",
    seen: FELL_BACK,
    why:
      "The kernel had no token left, the socket asked for TCP MD5 signatures, or both ends connected to each other " +
      "at the same time. MPTCP goes with none of these.",
    evidence: "MPFallbackTokenInit, MD5SigFallback or SimultConnectFallback moved.",
    fix: null,
  },
  "peer-without-mptcp": {
    level: "fail",
    sentence: "The server at {target} does not speak MPTCP {subject}.",
    seen: FELL_BACK,
    why:
      "Its program opens a plain TCP listener, its kernel has MPTCP switched off, or so many connections that it finds no " +
      "free token for another.",
    evidence:
      "The SYN/ACK comes without the option. From one end this is the same as an option removed on the way; " +
      "mpt serve says what its listener is, and counts MPFallbackTokenInit.",
    fix:
      "make the listener MPTCP: nginx `listen 443 ssl multipath;`, HAProxy `bind mptcp@:443`, any program `mptcpize run PROGRAM`",
  },
  "option-stripped-syn": {
    level: "fail",
    sentence: "Something on the way to {target} removes the MPTCP option from the SYN.",
    seen: FELL_BACK,
    why: "A middlebox blanks out TCP options that it does not know.",
    evidence:
      "mpt serve listens with MPTCP and sees a SYN without the option (MPCapableSYNRX +0). Its SYN mirror shows NOPs " +
      "in the place of the option, from this end's own address and port.",
    fix: "let TCP option 30 pass on the way; no setting of the two ends helps",
  },
  "option-stripped-synack": {
    level: "fail",
    sentence: "Something on the way back from {target} removes the MPTCP option from the SYN/ACK.",
    seen: FELL_BACK,
    why: "A middlebox blanks out TCP options in one direction, or the way back is another one.",
    evidence: "The server counted the SYN with the option (MPCapableSYNRX) and a fallback in the handshake " +
      "(MPCapableFallbackACK), this host a SYN/ACK without it (MPCapableFallbackSYNACK).",
    fix: "let TCP option 30 pass on the way back; no setting of the two ends helps",
  },
  "tcp-proxy": {
    level: "fail",
    sentence: "A TCP proxy stands in the way to {target}: it ends the connection and opens one of its own.",
    seen: FELL_BACK,
    why: "Load balancers, transparent proxies and some VPNs terminate TCP. Options do not survive that.",
    evidence:
      "The option does not arrive, and what does arrive is another SYN: another source address or port, or another " +
      "maximum segment size than was sent.",
    fix:
      "make both sides of the proxy MPTCP, as HAProxy can: `bind mptcp@:443` and `server web mptcp@192.0.2.1:443`",
  },
  "fallback-cause-ambiguous": {
    level: "unknown",
    sentence: "MPTCP does not work to {target}, and what was seen does not tell the cause.",
    seen: "The causes listed with this verdict look the same from here.",
    why:
      "A server that does not speak MPTCP, a middlebox that removes the option and a TCP proxy give the client the same " +
      "packets, and so do other causes. Only the other end knows what arrived there.",
    evidence: "Several causes fit everything that was seen.",
    fix: BOTH_ENDS,
  },
};
