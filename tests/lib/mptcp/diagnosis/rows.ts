/** One row for each cause: what both ends recorded, and what follows from it with both and with one end. */
import type { DiagnosisCode, Evidence, MirrorEvidence } from "../../../../lib/mptcp/diagnosis/mod.ts";
import { JOIN_ROWS } from "./join_rows.ts";
import { counters, FIRST, JOIN, mirrored, type Parts } from "./recorded.ts";
import { type Expected, ONE_SUBFLOW, type Row, SHAKEN, TAKEN, WORKS } from "./row.ts";

const FELL_BACK = { afterConnect: "no", afterData: "no", atEnd: "no" } as const;
const FELL_BACK_LATE = { afterConnect: "yes", afterData: "no", atEnd: "no" } as const;
const AMBIGUOUS: Expected[number] = ["fallback-cause-ambiguous", "proved"];
const HANDSHAKE: Expected = [
  AMBIGUOUS,
  ["peer-without-mptcp", "possible"],
  ["option-stripped-syn", "possible"],
  ["option-stripped-synack", "possible"],
  ["tcp-proxy", "possible"],
];
const AFTER: Expected = [
  AMBIGUOUS,
  ["option-stripped-after-handshake", "possible"],
  ["option-stripped-data", "possible"],
  ["add-addr-stripped", "possible"],
];
const SYN_OR_SYNACK: Expected = [
  AMBIGUOUS,
  ["syn-dropped", "possible"],
  ["synack-dropped", "possible"],
];
const BY_CHANCE: Expected = [
  AMBIGUOUS,
  ["path-lossy", "possible"],
  ["syn-dropped", "possible"],
  ["synack-dropped", "possible"],
];
const tcpServer: Partial<Evidence["server"]> = { inForce: "tcp", subflows: [] };

const CLEAN_MIRROR: MirrorEvidence = {
  option: "yes",
  nops: 1,
  ttl: 63,
  local: "10.77.1.1:50000",
  seenAs: "10.77.1.1:50000",
  sameMss: "yes",
};

const fallback = (name: string, server: string, both: Expected, more: Parts = {}): Row => ({
  name,
  parts: {
    mptcp: FELL_BACK,
    client: { counters: counters("MPCapableSYNTX 1 MPCapableFallbackSYNACK 1"), subflows: ONE_SUBFLOW },
    ...more,
    server: { ...tcpServer, counters: counters(server), ...more.server },
  },
  both,
  one: HANDSHAKE,
});

/** No SYN with the option was answered; what the server counted. */
const withoutAnswer = (counted: string): Parts => ({
  mptcp: { ...unconnected("timed-out"), ms: 5000 },
  client: {
    counters: counters("MPCapableSYNTX 1 MPCapableSYNTXDrop 1"),
    subflows: "unknown",
    bytes: "unknown",
  },
  server: { ...tcpServer, counters: counters(counted) },
});

export const ROWS: readonly Row[] = [
  { name: "two paths and nothing in the way", parts: {}, both: [WORKS], one: [WORKS] },
  fallback("the server listens with plain TCP", "", [["peer-without-mptcp", "proved"]], {
    server: { listener: "tcp" },
  }),
  fallback("the option is blanked out in the SYN", "", [["option-stripped-syn", "proved"]], {
    mirror: { ...CLEAN_MIRROR, option: "no", nops: 4 },
  }),
  fallback("the option does not arrive, and there is no mirror", "", [["option-stripped-syn", "likely"]]),
  fallback("a proxy takes the probed port alone", "", [["tcp-proxy", "likely"]], {
    server: { seesClientAt: "10.78.1.254:33000" },
    mirror: CLEAN_MIRROR,
  }),
  fallback("a proxy takes every port", "", [["tcp-proxy", "likely"]], {
    server: { seesClientAt: "10.78.1.254:33000" },
    mirror: { ...CLEAN_MIRROR, option: "no", seenAs: "10.78.1.254:33001" },
    plainMirror: { ...CLEAN_MIRROR, option: "no", seenAs: "10.78.1.254:33002", sameMss: "no" },
  }),
  fallback("another source address and no option: a proxy, or translation and a filter", "", [
    AMBIGUOUS,
    ["option-stripped-syn", "possible"],
    ["tcp-proxy", "possible"],
  ], { server: { seesClientAt: "10.78.1.254:33000" } }),
  fallback("the option is removed from the SYN/ACK", "MPCapableSYNRX 1 MPCapableFallbackACK 1", [
    ["option-stripped-synack", "proved"],
  ]),
  fallback("the server has no token left", "MPCapableSYNRX 1 MPFallbackTokenInit 1", [
    ["peer-without-mptcp", "proved"],
  ]),
  {
    name: "everything after the SYN is stripped",
    parts: {
      mptcp: FELL_BACK_LATE,
      client: { counters: counters(`${SHAKEN} MPCapableDataFallback 1`), subflows: ONE_SUBFLOW },
      server: { ...tcpServer, counters: counters("MPCapableSYNRX 1 MPCapableFallbackACK 1") },
    },
    both: [["option-stripped-after-handshake", "proved"]],
    one: AFTER,
  },
  {
    name: "only the data is stripped",
    parts: {
      mptcp: FELL_BACK_LATE,
      client: { counters: counters(`${SHAKEN} MPCapableDataFallback 1`), subflows: ONE_SUBFLOW },
      server: { counters: counters(`${TAKEN} MPTCPRetrans 5`), subflows: [mirrored(FIRST)] },
    },
    both: [["option-stripped-data", "proved"]],
    one: AFTER,
  },
  {
    name: "ADD_ADDR is stripped, and the connection falls back before the first look",
    parts: {
      mptcp: FELL_BACK,
      client: { counters: counters(`${SHAKEN} MPCapableDataFallback 1`), subflows: ONE_SUBFLOW },
      server: { ...tcpServer, counters: counters(`${TAKEN} AddAddrTx 1 DssFallback 1`) },
    },
    both: [["add-addr-stripped", "likely"]],
    one: AFTER,
  },
  {
    name: "ADD_ADDR is stripped, and the connection falls back after the first data",
    parts: {
      mptcp: FELL_BACK_LATE,
      client: { counters: counters(`${SHAKEN} MPCapableDataFallback 1`), subflows: ONE_SUBFLOW },
      server: { ...tcpServer, counters: counters(`${TAKEN} AddAddrTx 1 DssFallback 1`) },
    },
    both: [["add-addr-stripped", "likely"]],
    one: AFTER,
  },
  {
    name: "SYNs with the option are dropped",
    parts: {
      mptcp: { ...FELL_BACK, ms: 3054 },
      client: {
        counters: counters("MPCapableSYNTX 1 MPCapableSYNTXDrop 1 Blackhole 1"),
        subflows: ONE_SUBFLOW,
      },
      server: { ...tcpServer, counters: counters("") },
    },
    both: [["syn-dropped", "proved"], ["blackhole-active", "proved"]],
    one: [...SYN_OR_SYNACK, ["blackhole-active", "proved"]],
  },
  {
    name: "three SYNs were lost by chance, where plain TCP loses packets too",
    parts: {
      tcp: { ms: 1054, resent: "yes" },
      mptcp: { ...FELL_BACK, ms: 3354 },
      client: {
        counters: counters("MPCapableSYNTX 1 MPCapableSYNTXDrop 1 Blackhole 1"),
        subflows: ONE_SUBFLOW,
      },
      server: { ...tcpServer, counters: counters("") },
    },
    both: [...BY_CHANCE, ["blackhole-active", "proved"]],
    one: [...BY_CHANCE, ["blackhole-active", "proved"]],
  },
  {
    name: "three SYN/ACKs were lost by chance, and then one came that was too late",
    parts: {
      tcp: { resent: "yes" },
      mptcp: { ...FELL_BACK, ms: 3054 },
      client: { counters: counters("MPCapableSYNTX 1 MPCapableSYNTXDrop 1"), subflows: ONE_SUBFLOW },
      server: { ...tcpServer, counters: counters("MPCapableSYNRX 1 MPCapableFallbackACK 1") },
    },
    both: BY_CHANCE,
    one: BY_CHANCE,
  },
  {
    name: "every SYN/ACK was lost by chance, where plain TCP loses packets too",
    parts: {
      tcp: { resent: "yes" },
      ...withoutAnswer("MPCapableSYNRX 1"),
    },
    both: BY_CHANCE,
    one: BY_CHANCE,
  },
  {
    name: "the next connection after that",
    parts: {
      mptcp: FELL_BACK,
      client: { counters: counters("MPCapableSYNTXDisabled 1"), subflows: ONE_SUBFLOW },
      server: { ...tcpServer, counters: counters("") },
    },
    both: [["blackhole-active", "proved"]],
    one: [["blackhole-active", "proved"]],
  },
  {
    name: "SYN/ACKs with the option are dropped",
    parts: {
      ...withoutAnswer("MPCapableSYNRX 1"),
    },
    both: [["synack-dropped", "proved"]],
    one: [AMBIGUOUS, ["synack-dropped", "possible"], ["syn-dropped", "possible"]],
  },
  {
    name: "a filter drops SYNs with the option, and what follows them",
    parts: {
      ...withoutAnswer(""),
    },
    both: [["syn-dropped", "proved"]],
    one: [AMBIGUOUS, ["synack-dropped", "possible"], ["syn-dropped", "possible"]],
  },
  {
    name: "SYN/ACKs with the option are dropped, and the server answers with cookies",
    parts: {
      mptcp: { ...FELL_BACK, ms: 3054 },
      client: {
        counters: counters("MPCapableSYNTX 1 MPCapableSYNTXDrop 1 Blackhole 1"),
        subflows: ONE_SUBFLOW,
      },
      server: { ...tcpServer, counters: counters("MPCapableSYNRX 3 SyncookiesSent 4", "yes") },
    },
    both: [["synack-dropped", "likely"], ["blackhole-active", "proved"]],
    one: [...SYN_OR_SYNACK, ["blackhole-active", "proved"]],
  },
  {
    name: "the probe gave up before the kernel left the option out",
    parts: {
      mptcp: { ...unconnected("timed-out"), ms: 1000 },
      client: { counters: counters("MPCapableSYNTX 1"), subflows: "unknown", bytes: "unknown" },
      server: { ...tcpServer, counters: counters("") },
    },
    // One SYN or two may be lost by chance.
    both: [["syn-dropped", "likely"]],
    one: SYN_OR_SYNACK,
  },
  {
    name: "SYNs with the option are reset",
    parts: {
      mptcp: { ...unconnected("refused"), ms: 1 },
      client: { counters: counters("MPCapableSYNTX 1"), subflows: "unknown", bytes: "unknown" },
      server: { ...tcpServer, counters: counters("") },
    },
    both: [["syn-rejected", "likely"]],
    one: [["syn-rejected", "likely"]],
  },
  {
    name: "the host is dead",
    parts: {
      tcp: { outcome: "timed-out", ms: 5000, data: "not-sent", transfer: "not-sent" },
      mptcp: { ...unconnected("timed-out"), ms: 5000 },
      client: {
        counters: counters("MPCapableSYNTX 1 MPCapableSYNTXDrop 1"),
        subflows: "unknown",
        bytes: "unknown",
      },
      server: {
        kind: "unknown",
        counters: "unknown",
        subflows: "unknown",
        listener: "unknown",
        inForce: "unknown",
        seesClientAt: null,
      },
    },
    both: [["mptcp-fails", "proved"]],
    one: [["mptcp-fails", "proved"]],
  },
  {
    name: "packets with data are dropped",
    parts: {
      mptcp: { data: "silent", transfer: "not-sent", afterData: "unknown" },
      client: {
        counters: counters(SHAKEN),
        subflows: [{ ...FIRST, complete: "no", retransmitting: "yes" }],
        bytes: { subflowsAcked: 1, connectionAcked: 0, subflowsReceived: 0, connectionReceived: 0 },
      },
      server: { counters: counters(TAKEN), subflows: "unknown", inForce: "unknown" },
      joins: { waitedMs: 0 },
    },
    both: [["data-dropped", "proved"]],
    one: [["data-dropped", "likely"]],
  },
  {
    name: "data got no answer, where plain TCP loses packets too",
    parts: {
      tcp: { resent: "yes" },
      mptcp: { transfer: "silent" },
      client: {
        counters: counters(SHAKEN),
        subflows: [{ ...FIRST, retransmitting: "yes" }],
        bytes: { subflowsAcked: 20, connectionAcked: 20, subflowsReceived: 900, connectionReceived: 900 },
      },
      server: { counters: counters(TAKEN), subflows: "unknown" },
      joins: { waitedMs: 0 },
    },
    both: [AMBIGUOUS, ["path-lossy", "possible"], ["data-dropped", "possible"]],
    one: [AMBIGUOUS, ["path-lossy", "possible"], ["data-dropped", "possible"]],
  },
  {
    name: "options are stripped in mid-connection, upwards",
    parts: {
      mptcp: { transfer: "silent" },
      client: {
        counters: counters(`${SHAKEN} MPTCPRetrans 1300`),
        subflows: ONE_SUBFLOW,
        bytes: {
          subflowsAcked: 70_001,
          connectionAcked: 30_000,
          subflowsReceived: 900,
          connectionReceived: 900,
        },
      },
      server: { ...tcpServer, counters: counters(`${TAKEN} DssFallback 1`) },
      joins: { waitedMs: 0 },
    },
    both: [["option-stripped-midstream", "proved"]],
    one: [["option-stripped-midstream", "likely"]],
  },
  {
    name: "options are stripped in mid-connection, downwards",
    parts: {
      mptcp: { transfer: "silent" },
      client: {
        counters: counters(SHAKEN),
        subflows: ONE_SUBFLOW,
        bytes: {
          subflowsAcked: 28,
          connectionAcked: 27,
          subflowsReceived: 90_000,
          connectionReceived: 40_000,
        },
      },
      server: { counters: counters(`${TAKEN} MPTCPRetrans 1800`), subflows: "unknown" },
      joins: { waitedMs: 0 },
    },
    both: [["option-stripped-midstream", "likely"]],
    one: [["option-stripped-midstream", "likely"]],
  },
  {
    name: "options are stripped in mid-connection, and this end notices and closes",
    parts: {
      mptcp: { transfer: "closed" },
      client: { counters: counters(`${SHAKEN} DssFallback 1`), subflows: ONE_SUBFLOW },
      server: { counters: counters(`${TAKEN} MPTCPRetrans 5`), subflows: "unknown" },
      joins: { waitedMs: 0 },
    },
    both: [["option-stripped-midstream", "proved"]],
    one: [["option-stripped-midstream", "proved"]],
  },
  {
    name: "a transfer over MPTCP hangs, and no subflow can be seen",
    parts: {
      mptcp: { transfer: "silent" },
      client: { counters: counters(SHAKEN), subflows: "unknown", bytes: "unknown" },
      server: { counters: "unknown", subflows: "unknown" },
      joins: { waitedMs: 0 },
    },
    both: [AMBIGUOUS, ["data-dropped", "possible"], ["option-stripped-midstream", "possible"]],
    one: [AMBIGUOUS, ["data-dropped", "possible"], ["option-stripped-midstream", "possible"]],
  },
  {
    name: "packets with data are dropped in mid-connection, on the way back",
    parts: {
      mptcp: { transfer: "silent" },
      client: {
        counters: counters(SHAKEN),
        subflows: ONE_SUBFLOW,
        bytes: {
          subflowsAcked: 128,
          connectionAcked: 128,
          subflowsReceived: 47_000,
          connectionReceived: 47_000,
        },
      },
      server: { counters: counters(TAKEN), subflows: "unknown" },
      joins: { waitedMs: 0 },
    },
    both: [["data-dropped", "likely"]],
    one: [AMBIGUOUS, ["data-dropped", "possible"], ["option-stripped-midstream", "possible"]],
  },
  {
    name: "one of two paths is stripped in mid-connection",
    parts: {
      client: {
        counters: counters(`${SHAKEN} MPJoinSynTx 1 MPJoinSynAckRx 1 MPRstRx 1`),
        subflows: [FIRST, JOIN],
      },
      events: [{
        kind: "subflow-closed",
        local: "10.77.2.1",
        remote: "10.78.1.2",
        error: "ECONNRESET",
        resetReason: 6,
        denyInitialJoins: "unknown",
      }],
    },
    both: [["option-stripped-midstream", "likely"], WORKS],
    one: [["option-stripped-midstream", "likely"], WORKS],
  },
  {
    name: "the payload is changed, and the checksum shows it at the server",
    parts: {
      mptcp: { atEnd: "no", transfer: "silent" },
      client: { counters: counters(`${SHAKEN} MPFailRx 1`), subflows: ONE_SUBFLOW },
      server: { ...tcpServer, counters: counters(`${TAKEN} DataCsumErr 1 MPFailTx 1 DssFallback 1`) },
    },
    both: [["checksum-failure", "proved"]],
    one: [["checksum-failure", "likely"]],
  },
  {
    name: "the payload is changed on one of two paths, and the other goes on",
    parts: {
      client: { counters: counters(`${SHAKEN} MPJoinSynTx 1 MPJoinSynAckRx 1 MPFailRx 1 MPRstRx 1`) },
      server: {
        counters: counters(`${TAKEN} MPJoinSynRx 1 MPJoinAckRx 1 DataCsumErr 1 MPFailTx 1 MPRstTx 1`),
      },
      joins: { lost: ["10.77.2.1"] },
    },
    both: [["checksum-failure", "proved"], WORKS],
    one: [["checksum-failure", "likely"], WORKS],
  },
  {
    name: "address translation on the way",
    parts: { server: { seesClientAt: "10.78.1.254:33000", subflows: "unknown" } },
    both: [WORKS, ["nat", "proved"]],
    one: [WORKS],
  },
  ...JOIN_ROWS,
  here("the kernel has no MPTCP", { host: { mptcp: "missing" } }, "kernel-without-mptcp"),
  here("MPTCP is switched off", { host: { mptcp: "disabled" } }, "mptcp-disabled"),
  here("MPTCP is forbidden", { host: { mptcp: "forbidden" } }, "forbidden"),
  here("there is no route", {}, "mptcp-unknown"),
  {
    name: "this host ran out of tokens",
    parts: {
      mptcp: FELL_BACK,
      client: { counters: counters("MPFallbackTokenInit 1"), subflows: ONE_SUBFLOW },
      server: { ...tcpServer, counters: counters("") },
    },
    both: [["fallback-by-this-host", "proved"]],
    one: [["fallback-by-this-host", "proved"]],
  },
];

function unconnected(outcome: Evidence["mptcp"]["outcome"]): Evidence["mptcp"] {
  const unknown = { afterConnect: "unknown", afterData: "unknown", atEnd: "unknown" } as const;
  return { ...unknown, outcome, ms: "unknown", data: "not-sent", transfer: "not-sent" };
}

function here(name: string, parts: Parts, code: DiagnosisCode): Row {
  const expected: Expected = [[code, "proved"]];
  const nothing: Parts = {
    mptcp: unconnected("failed-here"),
    client: { counters: "unknown", subflows: "unknown", bytes: "unknown" },
  };
  return { name, parts: { ...nothing, ...parts }, both: expected, one: expected };
}
