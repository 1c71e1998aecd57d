import { Endpoint } from "../../../lib/base/endpoint.ts";
import type { PathJson } from "../../../lib/base/path_json.ts";
import { envelope } from "../../../lib/base/result.ts";
import { planProbe, type ProbeOptions, type ProbePlan } from "../../../lib/probe/options.ts";
import { withoutPaths, withoutQuic } from "../../../lib/probe/quic/outcome.ts";
import type { QuicCheckJson } from "../../../lib/probe/quic/result.ts";
import type { CheckJson, MptcpCheckJson, ProbeEndpoint, ProbeResult } from "../../../lib/probe/result.ts";
import type { WatchJson } from "../../../lib/probe/watch_event.ts";

/** A path of a result, from 192.0.2.1 to 198.51.100.1. */
export function path(id: number, fields: Partial<PathJson> = {}): PathJson {
  return {
    id,
    local: `192.0.2.${id + 1}:5000${id}`,
    remote: "198.51.100.1:443",
    interface: `eth${id}`,
    state: "active",
    status: "available",
    rtt_ms: 12.5,
    min_rtt_ms: 12,
    cwnd_bytes: 14_480,
    mtu: 1500,
    bytes_sent: 100,
    bytes_received: 200,
    bytes_retransmitted: 0,
    delivery_rate_bps: 1_000_000,
    ...fields,
  };
}

/** A check that worked. */
export function check(fields: Partial<CheckJson> = {}): CheckJson {
  return {
    status: "yes",
    reason: null,
    ms: 10.25,
    detail: {
      error: null,
      data: { kind: "http", status: "yes", ms: 11, text: "HTTP 200 from nginx" },
      server: null,
    },
    paths: [path(0)],
    ...fields,
  };
}

/** A check that was not made. */
export const SKIPPED: CheckJson = {
  status: "skipped",
  reason: "not here",
  ms: null,
  detail: null,
  paths: [],
};

/** A check of MPTCP that worked over one path. */
export function mptcp(fields: Partial<MptcpCheckJson> = {}): MptcpCheckJson {
  return {
    ...check(),
    negotiated_after_connect: true,
    negotiated_after_data: true,
    fallback: null,
    joins: [],
    joins_skipped: null,
    events_skipped: null,
    syn_mirror: null,
    ...fields,
  };
}

/** A check of MPTCP that came to no connection. */
export function mptcpWithout(fields: Partial<CheckJson>): MptcpCheckJson {
  return mptcp({
    ms: null,
    paths: [],
    negotiated_after_connect: null,
    negotiated_after_data: null,
    ...fields,
  });
}

/** A check of QUIC that worked. */
export function quic(fields: Partial<QuicCheckJson> = {}): QuicCheckJson {
  return {
    ...withoutQuic(check({ ms: 30.5, detail: { error: null, data: null, server: null } })),
    answered: true,
    version: "1",
    alpn: "h3",
    alpn_offered: ["h3", "hq-interop"],
    retry: false,
    cipher_suite: "TLS_AES_128_GCM_SHA256",
    group: "x25519",
    ...fields,
  };
}

/** Everything about one address. */
export function endpoint(fields: Partial<ProbeEndpoint> = {}): ProbeEndpoint {
  return {
    address: "198.51.100.1",
    family: 4,
    port: 443,
    interface: "eth0",
    tcp: check(),
    mptcp: mptcp(),
    quic: withoutQuic(SKIPPED),
    mpquic: withoutPaths(SKIPPED),
    ...fields,
  };
}

/** What is planned for a target. */
export function plan(options: ProbeOptions = {}, target: string = "198.51.100.1:443"): ProbePlan {
  return planProbe(Endpoint.parse(target), options);
}

/** What was seen of a connection that was kept for five seconds. */
export function watch(fields: Partial<WatchJson> = {}): WatchJson {
  return {
    address: "198.51.100.1",
    source: "events",
    source_reason: null,
    looked_at: "sock_diag",
    kept_by: "perf",
    started_at: "2026-11-21T10:00:00.000Z",
    duration_ms: 5000,
    events: [],
    dropped: 0,
    counters: { MPTcpExtSubflowStale: 0, MPTcpExtSubflowRecover: 0 },
    counters_shared: "no",
    end: "time",
    error: null,
    ...fields,
  };
}

/** A whole result. */
export function result(fields: Partial<ProbeResult> = {}): ProbeResult {
  return {
    ...envelope({
      schema: "mpt.probe/1",
      host: { os: "linux", kernel: "6.18.44", deno: "2.9.6", cpus: 2 },
      startedAtMs: Date.UTC(2026, 10, 21, 10),
      durationMs: 812,
    }),
    target: { host: "198.51.100.1", port: 443 },
    dns: null,
    endpoints: [endpoint()],
    watch: null,
    ...fields,
  };
}
