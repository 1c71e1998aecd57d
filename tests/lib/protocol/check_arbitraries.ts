import fc from "fast-check";
import { Endpoint } from "../../../lib/base/endpoint.ts";
import { ENDPOINT_FLAGS } from "../../../lib/mptcp/path_manager_json.ts";
import { TCP_STATE_NAMES } from "../../../lib/mptcp/subflow_json.ts";
import type { CheckAnswer } from "../../../lib/protocol/check.ts";
import type { CheckMptcp } from "../../../lib/protocol/check_mptcp.ts";
import { addresses } from "../base/arbitraries.ts";
import { paths } from "./arbitraries.ts";

const plain = { noNullPrototype: true } as const;

function maybe<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(values, { nil: null });
}

const counts = maybe(fc.maxSafeNat());
const facts = maybe(fc.boolean());
const ends = fc.tuple(addresses, fc.nat(65535)).map(([ip, port]) => Endpoint.of(ip, port).address);

/** Counters by name; gauges may go down. */
const counters: fc.Arbitrary<Readonly<Record<string, number>>> = fc.dictionary(
  fc.stringMatching(/^(MPTcp|Tcp)Ext[A-Za-z]{1,10}$/),
  fc.maxSafeInteger().map((value) => value === 0 ? 0 : value),
  { maxKeys: 4, noNullPrototype: true },
);

const subflows = fc.record({
  local: ends,
  remote: ends,
  tcp_state: fc.constantFrom(...TCP_STATE_NAMES),
  flags: maybe(fc.stringMatching(/^[MmJjBbecv]{0,9}$/)),
  join: facts,
  fully_established: facts,
  backup: facts,
  id_local: counts,
  id_remote: counts,
  retransmits: counts,
  total_retransmits: counts,
  backoff: counts,
  bytes_sent: counts,
  bytes_acked: counts,
  bytes_received: counts,
  bytes_retransmitted: counts,
  last_ack_ms: counts,
}, plain);

/** The part of a check answer about MPTCP. */
const mptcpParts: fc.Arbitrary<CheckMptcp> = fc.record({
  counter_window: maybe(fc.record({
    ms: fc.nat(),
    counters,
    other_connections: counts,
    established_before: counts,
    shared: fc.constantFrom("yes", "no", "unknown"),
  }, plain)),
  subflows: maybe(fc.array(subflows, { maxLength: 3 })),
  mptcp: maybe(fc.record({
    token: fc.nat(0xffff_ffff),
    fallback: fc.boolean(),
    remote_key: fc.boolean(),
    checksum: facts,
    bytes_sent: counts,
    bytes_acked: counts,
    bytes_received: counts,
    bytes_retransmitted: counts,
    retransmits: counts,
    add_addr_signal: counts,
    add_addr_accepted: counts,
    extra_subflows: counts,
  }, plain)),
  path_manager: maybe(fc.record({
    kind: fc.constantFrom("kernel", "userspace"),
    subflows_max: fc.nat(64),
    add_addr_accepted_max: fc.nat(64),
    allow_join_initial_address: facts,
    checksum_enabled: facts,
    endpoints: fc.array(
      fc.record({
        id: fc.nat(255),
        address: addresses.map(String),
        port: maybe(fc.nat(65535)),
        interface: maybe(fc.stringMatching(/^[a-z0-9]{1,15}$/)),
        flags: fc.subarray([...ENDPOINT_FLAGS]),
      }, plain),
      { maxLength: 3 },
    ),
  }, plain)),
}, plain);

const words = fc.stringMatching(/^[ -~]{0,20}$/);

const basics: fc.Arbitrary<Omit<CheckAnswer, keyof CheckMptcp>> = fc.record({
  schema: fc.constant("mpt.check/1" as const),
  server: fc.record({
    name: words,
    version: words,
    instance: fc.option(words.filter((text) => text !== ""), { nil: null }),
  }, { noNullPrototype: true }),
  defer_accept: fc.option(fc.boolean(), { nil: null }),
  listener: fc.option(fc.constantFrom("tcp" as const, "mptcp" as const), { nil: null }),
  transport: fc.constantFrom("tcp", "mptcp", "quic", "mpquic"),
  fallback: fc.boolean(),
  local: words,
  remote: words,
  paths: fc.array(paths, { maxLength: 3 }),
  counters,
  addresses: fc.array(words, { maxLength: 3 }),
  syn_mirror_port: fc.option(fc.nat(65535), { nil: null }),
  limits: fc.record({
    max_bytes: fc.maxSafeNat(),
    max_duration_ms: fc.maxSafeNat(),
    token_required: fc.boolean(),
  }, { noNullPrototype: true }),
}, { noNullPrototype: true });

/** Any answer that a server may give. */
export const answers: fc.Arbitrary<CheckAnswer> = fc.tuple(basics, mptcpParts).map(([basic, mptcp]) => ({
  ...basic,
  ...mptcp,
}));
