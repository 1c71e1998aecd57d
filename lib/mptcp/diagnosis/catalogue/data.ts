import type { CatalogueEntry } from "./entry.ts";

const LATE =
  "The connection comes up as MPTCP and is plain TCP a moment later. Nothing tells the application.";
const PASS = "let TCP option 30 pass on the way in packets of all kinds; no setting of the two ends helps";

/** What goes wrong once a connection is established. */
export const DATA_ENTRIES: {
  readonly [
    K in
      | "option-stripped-after-handshake"
      | "option-stripped-data"
      | "add-addr-stripped"
      | "data-dropped"
      | "option-stripped-midstream"
      | "checksum-failure"
  ]: CatalogueEntry;
} = {
  "option-stripped-after-handshake": {
    level: "fail",
    sentence:
      "Something on the way to {target} removes the MPTCP option from everything after the SYN and the SYN/ACK.",
    seen: LATE,
    why: "A middlebox lets options pass in the handshake only.",
    evidence:
      "The client counts the SYN/ACK (MPCapableSYNACKRX) and then a fallback (MPCapableDataFallback), the server a " +
      "third packet without the option (MPCapableFallbackACK).",
    fix: PASS,
  },
  "option-stripped-data": {
    level: "fail",
    sentence: "Something on the way to {target} removes the MPTCP option from data packets.",
    seen: LATE,
    why: "A middlebox lets the handshake pass and rewrites the options of packets with data (DSS).",
    evidence:
      "The whole handshake carried the option at both ends (MPCapableACKRX), and the first data did not " +
      "(MPCapableDataFallback). The server may go on believing in MPTCP.",
    fix: PASS,
  },
  "add-addr-stripped": {
    level: "warn",
    sentence:
      "Something on the way from {target} removes or drops ADD_ADDR, by which the server announces its addresses.",
    seen:
      "No further path to the addresses of the server; where the option is removed and not the packet, the whole connection " +
      "falls back to TCP.",
    why:
      "The announcement travels in a packet without data. Without its option that is a plain ACK, in which the kernel sees " +
      "a connection without MPTCP.",
    evidence:
      "The server counts AddAddrTx and no EchoAdd, the client no AddAddr; after the fallback MPCapableDataFallback at " +
      "the client and DssFallback at the server.",
    fix:
      "on the server, not to announce: ip mptcp endpoint delete id ID; here, to open paths from this end: " +
      "ip mptcp endpoint add ADDRESS dev DEV subflow",
  },
  "data-dropped": {
    level: "fail",
    sentence:
      "Something on the way to {target} drops packets with MPTCP data: the connection comes up and hangs.",
    seen:
      "MPTCP connects and then nothing moves, for minutes, until the application gives up. Plain TCP works.",
    why:
      "A middlebox discards data packets with an option that it does not know (DSS). There is no fallback for that.",
    evidence:
      "Data is retransmitted without an acknowledgement, while plain TCP carries the same. mpt serve saw the whole " +
      "handshake (MPCapableACKRX) and no fallback.",
    fix: "let TCP option 30 pass on the way; until then use plain TCP to this server",
  },
  "option-stripped-midstream": {
    level: "fail",
    sentence:
      "Something on the way to {target} began to remove or change the MPTCP option in mid-connection{subject}.",
    seen: "With one path the transfer hangs for good; with several the path is reset and the others go on.",
    why:
      "A middlebox changed its mind: a route changed, a proxy took over an established connection, a rule was added. One end " +
      "falls back, the other does not.",
    evidence:
      "TCP acknowledges or delivers bytes that MPTCP does not; DssFallback or DSSCorruptionFallback at one end; a subflow reset with the reason " +
      "6, middlebox interference.",
    fix: PASS,
  },
  "checksum-failure": {
    level: "fail",
    sentence:
      "Something on the way to {target} changes the payload {subject}: the checksum of MPTCP does not fit.",
    seen: "A path is reset; with a single path the connection falls back, or hangs.",
    why:
      "An application level gateway rewrites addresses or headers inside the payload. Without net.mptcp.checksum_enabled " +
      "nobody notices, and data arrives changed or displaced.",
    evidence: "DataCsumErr at the end that received it, MPFailTx there and MPFailRx at the other.",
    fix: "switch off the gateway's helper on the way, or encrypt what it rewrites",
  },
};
